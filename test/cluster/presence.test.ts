import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { unwrap } from '../../src/bus/envelope.ts'
import { Cluster } from '../support/cluster.ts'
import { clusterStockTest } from '../support/cluster-test.ts'
import { until } from '../support/deadline.ts'
import { type AwarenessEntry, step1, update } from '../support/frames.ts'
import { freshPrefix, startLocalNode } from '../support/local-nodes.ts'
import { oneWayTo } from '../support/one-way.ts'
import type { RawClient } from '../support/raw-client.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { type Body, DEADLINE, perform, Stage } from '../support/stage.ts'
import { STOCK_VERSIONS, type StockClient, type StockVersion } from '../support/stock-clients.ts'

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

/** Beside the others: each waits most of the time for what a rule names. */
function besideTest(title: string, body: Body): void {
  test.concurrent(title, { timeout: 90_000 }, () => perform(new Stage(null, 0, DEADLINE), body))
}

const sees = (client: StockClient, other: StockClient): boolean =>
  client.awareness.getStates().has(other.doc.clientID)

const stateOf = (client: StockClient, other: StockClient): unknown =>
  client.awareness.getStates().get(other.doc.clientID)

/** Every entry about that client that came over this wire. */
const entriesAbout = (raw: RawClient, { doc }: StockClient): readonly AwarenessEntry[] =>
  raw.received.flatMap((message) =>
    message.is === 'awareness'
      ? message.entries.filter((entry) => entry.client === doc.clientID)
      : [],
  )

/** A wire that listens, speaks for nobody and answers nothing. */
async function listener(stage: Stage, id: string, door: string): Promise<RawClient> {
  const raw = await stage.raw(id, { door })
  raw.send(step1())
  await raw.next('step2')
  return raw
}

/** One of each version, in turns on the doors, each of whom all others see. */
async function gather(stage: Stage, id: string, doors: readonly string[], count: number) {
  const clients = Array.from({ length: count }, (_, n) =>
    stage.stock(STOCK_VERSIONS[n % 3] as StockVersion, id, {
      door: doors[n % doors.length] as string,
    }),
  )
  await Promise.all(clients.map((client) => client.synced()))
  // A provider's first state has clock 0, which its peers ignore: each has to say something first.
  for (const [n, client] of clients.entries()) client.awareness.setLocalState({ name: `n${n}` })
  await until('all see all', stage.deadline, () =>
    clients.every((client) => clients.every((other) => sees(client, other))),
  )
  return clients
}

/** Two nodes in this process. */
async function twoNodes(stage: Stage, urls: readonly string[] = [redis.url, redis.url]) {
  const prefix = freshPrefix()
  const nodes = await Promise.all(urls.map((url) => startLocalNode(stage, { redis: url, prefix })))
  return { nodes, prefix, doors: nodes.map(({ door }) => door) as [string, string] }
}

describe('awareness between nodes', () => {
  clusterStockTest('[A15] clients of three generations see each other', async (doors, stage) => {
    const id = stage.entity()
    const clients = await gather(stage, id, doors, 3)
    for (const [n, client] of clients.entries()) {
      client.awareness.setLocalState({ cursor: n })
      await until('all know', stage.deadline, () =>
        clients.every((other) => (stateOf(other, client) as { cursor?: number })?.cursor === n),
      )
    }
    // Who comes late is told by every node.
    const late = await stage.stock('2.1.0', id, { door: doors[0] as string }).synced()
    await until('it sees all', stage.deadline, () => clients.every((client) => sees(late, client)))
  })

  besideTest('[A19] who is the first on a node sees who is on others', async (stage) => {
    const { doors } = await twoNodes(stage)
    const id = stage.entity()
    const all = await gather(stage, id, [doors[0]], 3)
    const [ann] = all
    for (const [n, one] of all.entries()) one.awareness.setLocalState({ name: `${n} again` })
    // That goes nowhere: on the other node nobody has the entity open.
    await pause(500)
    const late = await stage.stock('2.1.0', id, { door: doors[1] }).synced()
    // Well before they would say so by themselves, every 15 s.
    await until('it sees all', 8_000, () => late.present.length === 4)
    ann?.die()
    await until('one is gone', stage.deadline, () => late.present.length === 3)
  })

  for (const version of STOCK_VERSIONS) {
    besideTest(
      `[A15] Hocuspocus does not pass setLocalState(null) on to other nodes, a ghost for 31 s: a ${version} here is gone everywhere at once`,
      async (stage) => {
        const { doors } = await twoNodes(stage)
        const id = stage.entity()
        const one = await stage.stock(version, id, { door: doors[0] }).synced()
        const two = await stage.stock('3.1.0', id, { door: doors[1] }).synced()
        one.awareness.setLocalState({ name: 'one' })
        await until('it is seen', stage.deadline, () => sees(two, one))
        one.awareness.setLocalState(null)
        // Well before a ghost would be gone, after 31 s.
        await until('it is gone', 10_000, () => !sees(two, one))
        const late = await stage.stock('2.1.0', id, { door: doors[1] }).synced()
        expect(sees(late, one)).toBe(false)
        one.awareness.setLocalState({ name: 'one again' })
        await until('it is back', stage.deadline, () => sees(two, one))
      },
    )
  }
})

/** Until nothing has come for 200 ms. */
async function quiet(frames: () => number): Promise<void> {
  let last = frames()
  let since = performance.now()
  await until('quiet', DEADLINE, () => {
    if (frames() !== last) {
      last = frames()
      since = performance.now()
    }
    return performance.now() - since > 200
  })
}

/** What takes its time, all of it side by side. */
describe('nodes that go, and what presence costs', () => {
  besideTest('[A15] ten clients on two nodes: one message per change, no storm', async (stage) => {
    const { doors, nodes } = await twoNodes(stage)
    const clients = await gather(stage, stage.entity(), doors, 10)
    const sent = async () => {
      const pages = await Promise.all(
        nodes.map(({ server }) => fetch(`${server.url}/metrics`).then((page) => page.text())),
      )
      return pages.reduce(
        (sum, page) => sum + Number(/tributary_bus_messages_sent_total (\d+)/.exec(page)?.[1]),
        0,
      )
    }
    const frames = () =>
      clients.reduce((sum, { sockets }) => sum + (sockets[0]?.framesIn as number), 0)
    await quiet(frames)

    let [messages, before, since] = [await sent(), frames(), performance.now()]
    const beats = () => ((performance.now() - since) / 2_000 + 2) * nodes.length
    for (let n = 0; n < 10; n++) {
      clients[0]?.awareness.setLocalState({ n })
      await until('all know', stage.deadline, () =>
        clients.every(
          (other) => (stateOf(other, clients[0] as StockClient) as { n: number }).n === n,
        ),
      )
      await quiet(frames)
    }
    // A relay of echoes makes 10 of one change. Some of these may be renewals.
    expect((await sent()) - messages).toBeLessThanOrEqual(10 + beats() + 10)
    expect(frames() - before).toBeLessThanOrEqual(10 * 10 + 10 * 10)

    ;[messages, before, since] = [await sent(), frames(), performance.now()]
    await pause(15_000)
    // Each renews its state once in this time.
    expect((await sent()) - messages).toBeLessThanOrEqual(20 + beats())
    expect(frames() - before).toBeLessThanOrEqual(10 * 20)
  })

  besideTest(
    '[A18] who was on a node that was killed is gone on all others within 10 s, but who is back elsewhere',
    async (stage) => {
      const cluster = await Cluster.start(stage, {
        nodes: 3,
        redis,
        flags: ['--redis-prefix', freshPrefix()],
      })
      const [one, two, three] = cluster.nodes as [
        Cluster['nodes'][0],
        Cluster['nodes'][0],
        Cluster['nodes'][0],
      ]
      const id = stage.entity()
      const [stays, goes] = (await gather(stage, id, [one.door], 2)) as [StockClient, StockClient]
      const watchers = await Promise.all(
        [two, three].map((node) => stage.stock('3.1.0', id, { door: node.door }).synced()),
      )
      const wires = await Promise.all([two, three].map((node) => listener(stage, id, node.door)))
      await until('they are seen', stage.deadline, () =>
        watchers.every((watcher) => sees(watcher, stays) && sees(watcher, goes)),
      )
      goes.provider.shouldConnect = false
      await one.kill()
      one.sendClientsTo(two)
      // With what a busy machine adds. A client would take them for gone after 30 s.
      await until('who left is gone', 20_000, () => watchers.every((w) => !sees(w, goes)), 20)
      stays.awareness.setLocalState({ name: 'still here' })
      await until('the other is there', stage.deadline, () =>
        watchers.every((w) => (stateOf(w, stays) as { name: string }).name === 'still here'),
      )
      for (const wire of wires) {
        expect(entriesAbout(wire, stays).filter(({ state }) => state === null)).toEqual([])
      }
    },
  )

  besideTest(
    '[A14] [A18] who was on a node that stopped in order does not flicker, and is gone within 10 s if they do not come back',
    async (stage) => {
      const prefix = freshPrefix()
      const first = await startLocalNode(stage, { redis: redis.url, prefix })
      const second = await startLocalNode(stage, { redis: redis.url, prefix })
      const id = stage.entity()
      const wire = await stage.proxy(Number(new URL(first.server.url).port))
      const [stays, goes] = (await gather(stage, id, [stage.doorAt(wire.port)], 2)) as [
        StockClient,
        StockClient,
      ]
      const watcher = await stage.stock('3.1.0', id, { door: second.door }).synced()
      const raw = await listener(stage, id, second.door)
      await until(
        'they are seen',
        stage.deadline,
        () => sees(watcher, stays) && sees(watcher, goes),
      )
      wire.plugInto(Number(new URL(second.server.url).port))
      goes.provider.shouldConnect = false
      const closed = first.server.close()
      await until('who left is gone', 10_000, () => !sees(watcher, goes), 20)
      await closed
      stays.awareness.setLocalState({ name: 'still here' })
      await until('the other is there', stage.deadline, () => {
        return (stateOf(watcher, stays) as { name: string }).name === 'still here'
      })
      expect(entriesAbout(raw, stays).filter(({ state }) => state === null)).toEqual([])
    },
  )

  besideTest(
    '[A18] who was on a node that stood still is seen again when it goes on',
    async (stage) => {
      const cluster = await Cluster.start(stage, {
        nodes: 2,
        redis,
        flags: ['--redis-prefix', freshPrefix()],
      })
      const id = stage.entity()
      const [sleeper, other] = cluster.nodes as [Cluster['nodes'][0], Cluster['nodes'][0]]
      const [ann] = (await gather(stage, id, [sleeper.door], 1)) as [StockClient]
      const bob = await stage.stock('3.1.0', id, { door: other.door }).synced()
      bob.awareness.setLocalState({ name: 'bob' })
      await until('both', stage.deadline, () => sees(bob, ann) && sees(ann, bob))
      sleeper.server.signal('SIGSTOP')
      await until('it is taken for gone', 20_000, () => !sees(bob, ann), 20)
      sleeper.server.signal('SIGCONT')
      // Well before it would say so by itself, twice, 15 s apart.
      await until('it is seen again', 12_000, () => sees(bob, ann) && sees(ann, bob), 20)
      ann.awareness.setLocalState({ name: 'awake' })
      await until('it goes on', stage.deadline, () => {
        return (stateOf(bob, ann) as { name: string }).name === 'awake'
      })
      expect(ann.sockets).toHaveLength(1)
    },
  )

  besideTest('[A19] what happened while Redis was away is right when it is back', async (stage) => {
    const own = await startRedis()
    stage.atEnd(() => own.stop())
    const { doors } = await twoNodes(stage, [own.url, own.url])
    const id = stage.entity()
    const [stays, goes] = (await gather(stage, id, [doors[0]], 2)) as [StockClient, StockClient]
    const watcher = await stage.stock('3.1.0', id, { door: doors[1] }).synced()
    await until('both', stage.deadline, () => sees(watcher, stays) && sees(watcher, goes))
    await own.kill()
    await pause(500)
    goes.die()
    stays.awareness.setLocalState({ name: 'said to nobody' })
    const comes = await stage.stock('2.1.0', id, { door: doors[0] }).synced()
    comes.awareness.setLocalState({ name: 'new' })
    await until('they see each other', stage.deadline, () => sees(comes, stays))
    expect(sees(watcher, goes)).toBe(true)
    await own.restart()
    await until('all is right', 8_000, () => {
      const { name } = stateOf(watcher, stays) as { name: string }
      return name === 'said to nobody' && sees(watcher, comes) && !sees(watcher, goes)
    })
  })

  besideTest('[A20] nobody says who they are: one question per node', async (stage) => {
    const { doors, prefix } = await twoNodes(stage)
    const id = stage.entity()
    const heard: Buffer[] = []
    const spy = redis.client.duplicate()
    stage.atEnd(() => spy.disconnect())
    spy.on('pmessageBuffer', (_pattern: Buffer, channel: Buffer, message: Buffer) => {
      if (String(channel).endsWith(`/${id}`)) heard.push(message)
    })
    await spy.psubscribe(`${prefix}*`)
    const [one, two] = await Promise.all(doors.map((door) => stage.raw(id, { door })))
    await Promise.all([one?.join(), two?.join()])
    const doc = new Y.Doc()
    doc.on('update', (bytes: Uint8Array) => one?.send(update(bytes)))
    for (let n = 0; n < 5; n++) doc.getArray('edits').push([n])
    await until('all of it', stage.deadline, () => two?.doc().getArray('edits').length === 5)
    await pause(200)
    const kinds = heard.map((message) => unwrap(message)?.kind ?? 'an entry')
    expect(kinds.filter((kind) => kind !== 'an entry')).toEqual(['who-is-here', 'who-is-here'])
    expect(kinds).toContain('an entry')
  })

  besideTest(
    '[N9] [A19] a subscription that is dead while TCP is healthy is missed for less than 6 s',
    async (stage) => {
      const way = await oneWayTo(redis.port)
      stage.atEnd(() => way.close())
      const { nodes, doors } = await twoNodes(stage, [redis.url, way.url])
      const id = stage.entity()
      const [ann] = (await gather(stage, id, [doors[0]], 1)) as [StockClient]
      const bob = await stage.stock('3.1.0', id, { door: doors[1] }).synced()
      await until('both', stage.deadline, () => sees(bob, ann))
      way.deafen()
      // What was on its way has come.
      await pause(100)
      const deafAt = performance.now()
      ann.awareness.setLocalState({ name: 'said to the deaf' })
      ann.doc.getText().insert(0, 'written for the deaf')
      await until('it is heard', 12_000, () => {
        const { name } = stateOf(bob, ann) as { name: string }
        return name === 'said to the deaf' && bob.doc.getText().length > 0
      })
      // With what a busy machine adds. Where nobody notices it is 15 s: then a node says again who is there.
      expect(performance.now() - deafAt).toBeLessThan(9_000)
      expect(nodes[1]?.logger.events).toContain('redis cannot be reached')
      expect(bob.sockets).toHaveLength(1)
    },
  )
})

describe('sending away', () => {
  const authorise = async (token: string | null) => ({
    actor: token ?? 'nobody',
    may: 'write' as const,
  })

  for (const version of STOCK_VERSIONS) {
    besideTest(
      `[N11] Hocuspocus does not close the socket of who is kicked, 34 s of stalled edits: a ${version} here is told at once, from any node`,
      async (stage) => {
        const prefix = freshPrefix()
        const [one, two] = (await Promise.all(
          [0, 1].map(() => startLocalNode(stage, { redis: redis.url, prefix, authorise })),
        )) as [
          Awaited<ReturnType<typeof startLocalNode>>,
          Awaited<ReturnType<typeof startLocalNode>>,
        ]
        const id = stage.entity()
        const join = (actor: string) =>
          stage.stock(version, id, { door: two.door, params: { token: actor } }).synced()
        const [ann, bob] = await Promise.all([join('ann'), join('bob')])
        expect(two.server.people.count('default', 'ann')).toBe(1)
        one.server.people.kick({ tenant: 'default', actor: 'ann' })
        // Well before the 34 s, here and below.
        await until('it is told', 15_000, () => ann.sockets[0]?.closedWith === 4403)
        if (version === '3.1.0') {
          await pause(1_000)
          expect(ann.sockets).toHaveLength(1)
        } else await until('it comes back', 15_000, () => ann.sockets.length > 1)
        expect(bob.sockets.map(({ closedWith }) => closedWith)).toEqual([null])

        one.server.people.kick({ tenant: 'default', entity: id }, true)
        await until('bob too', 15_000, () => bob.sockets[0]?.closedWith === 1013)
        await until('bob is back', 15_000, () => bob.provider.synced && bob.sockets.length >= 2)
        const told: string[] = []
        two.server.people.onMessage(({ actor, kind }) => told.push(`${actor} ${kind}`))
        one.server.people.send({
          tenant: 'default',
          actor: 'bob',
          kind: 'hello',
          bytes: Buffer.of(1),
        })
        await until('a message', stage.deadline, () => told.length === 1)
        expect(told).toEqual(['bob hello'])
      },
    )
  }

  besideTest('[N11] reaches who is just being let in', async (stage) => {
    const own = await startRedis()
    stage.atEnd(() => own.stop())
    const prefix = freshPrefix()
    const { server, door } = await startLocalNode(stage, { redis: own.url, prefix, authorise })
    await own.kill()
    const options = { door, params: { token: 'ann' }, connect: false }
    const ann = stage.stock('3.1.0', stage.entity(), options)
    ann.provider.connect()
    // What it asks for cannot be loaded now, and it waits.
    await until(
      'it is at the door',
      stage.deadline,
      () => server.people.count('default', 'ann') === 1,
    )
    server.people.kick({ tenant: 'default', actor: 'ann' })
    await until('it is told', 15_000, () => ann.sockets[0]?.closedWith === 4403)
    expect(ann.provider.synced).toBe(false)
    await until(
      'it is forgotten',
      stage.deadline,
      () => server.people.count('default', 'ann') === 0,
    )
    expect(ann.sockets).toHaveLength(1)
  })
})
