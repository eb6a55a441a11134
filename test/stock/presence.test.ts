import { describe, expect } from 'vitest'
import { until } from '../support/deadline.ts'
import { type AwarenessEntry, awareness, query, step1 } from '../support/frames.ts'
import { startLoneClient } from '../support/lone-client.ts'
import type { RawClient } from '../support/raw-client.ts'
import { type Stage, stageTest, stockTest } from '../support/stage.ts'
import { STOCK_VERSIONS, type StockClient } from '../support/stock-clients.ts'

/** Every entry about that client that came over this wire. */
const entriesAbout = (raw: RawClient, client: number): readonly AwarenessEntry[] =>
  raw.received.flatMap((message) =>
    message.is === 'awareness' ? message.entries.filter((entry) => entry.client === client) : [],
  )

/** A wire that listens, speaks for nobody and answers nothing. */
async function listener(stage: Stage, id: string): Promise<RawClient> {
  const raw = await stage.raw(id)
  raw.send(step1())
  await raw.next('step2')
  return raw
}

const sees = (client: StockClient, other: number): boolean =>
  client.awareness.getStates().has(other)

describe('leaving', () => {
  for (const version of STOCK_VERSIONS) {
    stockTest(`[A6] a killed ${version} is gone for the others within 1 s`, async (stage) => {
      const id = stage.entity()
      const others = STOCK_VERSIONS.map((other) => stage.stock(other, id))
      await Promise.all(others.map((other) => other.synced()))
      const lone = await startLoneClient(stage, version, id, 'lone')
      await until('it is seen', stage.deadline, () => others.every((o) => sees(o, lone.client)))
      lone.kill()
      await until('it is gone', 1_000, () => others.every((other) => !sees(other, lone.client)))
    })
  }

  stockTest('[A6] who leaves is announced with a newer clock and no state', async (stage) => {
    const id = stage.entity()
    const leaver = await stage.stock('3.1.0', id).synced()
    leaver.awareness.setLocalState({ name: 'ann' })
    const raw = await listener(stage, id)
    const about = () => entriesAbout(raw, leaver.doc.clientID)
    await until('it is there', stage.deadline, () => about().length > 0)
    const last = about().at(-1)?.clock as number
    leaver.die()
    await until('it is gone', 1_000, () => about().at(-1)?.state === null)
    expect(about().at(-1)?.clock).toBe(last + 1)
  })

  for (const version of STOCK_VERSIONS) {
    stockTest(`[A3] a ${version} that sets its state to null leaves no ghost`, async (stage) => {
      const id = stage.entity()
      const [one, two] = await Promise.all([
        stage.stock(version, id).synced(),
        stage.stock('2.1.0', id).synced(),
      ])
      one.awareness.setLocalState({ name: 'one' })
      two.awareness.setLocalState({ name: 'two' })
      await until('it is seen', stage.deadline, () => sees(two, one.doc.clientID))
      one.awareness.setLocalState(null)
      await until('it is gone', 1_000, () => !sees(two, one.doc.clientID))

      const late = await stage.stock('3.1.0', id).synced()
      await until('those who are there', stage.deadline, () => sees(late, two.doc.clientID))
      expect(sees(late, one.doc.clientID)).toBe(false)
      // Whoever was gone may come back on the same socket.
      one.awareness.setLocalState({ name: 'one again' })
      await until('it is back', stage.deadline, () => sees(two, one.doc.clientID))
      await until('for all', stage.deadline, () => sees(late, one.doc.clientID))
    })
  }
})

describe('what is not newer goes nowhere', () => {
  stockTest('[A4] one change among ten clients is passed on once', async (stage) => {
    const id = stage.entity()
    const clients = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        stage.stock(STOCK_VERSIONS[n % 3] as (typeof STOCK_VERSIONS)[number], id).synced(),
      ),
    )
    await allSeeAll(stage, clients)
    const raw = await listener(stage, id)
    raw.send(query())
    await quiet(stage, clients)

    const frames = framesOf(clients)
    const before = raw.received.length
    const [first] = clients as [StockClient]
    first.awareness.setLocalState({ cursor: 7 })
    await until('all know', stage.deadline, () =>
      clients.every((c) => c.awareness.getStates().get(first.doc.clientID)?.cursor === 7),
    )
    await quiet(stage, clients)
    const heard = raw.received.slice(before).filter((message) => message.is === 'awareness')
    expect(heard.flatMap((message) => message.entries)).toHaveLength(1)
    // Each of the others hears of it once and the author, at most, hears itself.
    expect(framesOf(clients) - frames).toBeLessThanOrEqual(10)
  })

  stageTest('[A4] [A12] what an owner repeats is not passed on', async (stage) => {
    const id = stage.entity()
    const raw = await stage.raw(id)
    raw.send(step1())
    // Who says who they are is told at once who is here; else that comes later, and is no repetition.
    raw.send(awareness({ client: 5, clock: 1, state: {} }))
    await raw.next('step2')
    const owner = await stage.raw(id)
    owner.send(step1())
    for (let n = 0; n < 5; n++) owner.send(awareness({ client: 77, clock: 3, state: { n: 1 } }))
    owner.send(awareness({ client: 77, clock: 2, state: { n: 'old' } }))
    await owner.settled()
    await until('the first', stage.deadline, () => entriesAbout(raw, 77).length > 0)
    owner.send(awareness({ client: 77, clock: 3, state: { n: 1 } }))
    await owner.settled()
    owner.send(awareness({ client: 77, clock: 4, state: { n: 2 } }))
    const heard = () => entriesAbout(raw, 77).map((entry) => (entry.state as { n: number }).n)
    await until('the last', stage.deadline, () => heard().at(-1) === 2)
    expect(heard()).toEqual([1, 2])
  })

  stockTest('[A4] a change of everybody among ten costs each a bounded share', async (stage) => {
    const id = stage.entity()
    const clients = await Promise.all(
      Array.from({ length: 10 }, () => stage.stock('3.1.0', id).synced()),
    )
    await allSeeAll(stage, clients)
    await quiet(stage, clients)
    const frames = framesOf(clients)
    for (const [n, client] of clients.entries()) client.awareness.setLocalState({ n })
    await until('all know all', stage.deadline, () =>
      clients.every((client) =>
        clients.every((other, n) => client.awareness.getStates().get(other.doc.clientID)?.n === n),
      ),
    )
    await quiet(stage, clients)
    // A relay without clocks makes 100 frames at each client of this, and batching makes it fewer.
    expect(framesOf(clients) - frames).toBeLessThanOrEqual(10 * 12)
  })
})

describe('false departures', () => {
  for (const version of STOCK_VERSIONS) {
    stockTest(`[A1] a ${version} that is back before its old socket died`, async (stage) => {
      const id = stage.entity()
      const proxy = await stage.proxy()
      const tab = stage.stock(version, id, { door: stage.doorAt(proxy.port) })
      await tab.synced()
      tab.awareness.setLocalState({ name: 'ann', n: 1 })
      const { clientID } = tab.doc
      const raw = await listener(stage, id)
      await until('it is there', stage.deadline, () => entriesAbout(raw, clientID).length > 0)

      proxy.freeze()
      tab.drop()
      await until('a second socket', stage.deadline, () => tab.sockets.length === 2)
      await tab.synced()
      const before = entriesAbout(raw, clientID).length
      tab.awareness.setLocalState({ name: 'ann', n: 2 })
      await until('it goes on', stage.deadline, () =>
        entriesAbout(raw, clientID)
          .slice(before)
          .some((entry) => (entry.state as { n: number } | null)?.n === 2),
      )
      // Now the server learns that the first socket is gone: only this one, not the user.
      proxy.cutFrozen()
      const fresh = await listener(stage, id)
      fresh.send(query())
      await until('who is there', stage.deadline, () => entriesAbout(fresh, clientID).length > 0)
      tab.awareness.setLocalState({ name: 'ann', n: 3 })
      await until('it still goes on', stage.deadline, () =>
        entriesAbout(fresh, clientID).some((e) => (e.state as { n: number } | null)?.n === 3),
      )
      expect(entriesAbout(raw, clientID).filter((entry) => entry.state === null)).toEqual([])
    })
  }

  stageTest('[A2] a sibling that reports a user as gone is not believed', async (stage) => {
    const id = stage.entity()
    const owner = await stage.stock('3.1.0', id).synced()
    owner.awareness.setLocalState({ name: 'ann' })
    const { clientID } = owner.doc
    const raw = await listener(stage, id)
    await until('it is there', stage.deadline, () => entriesAbout(raw, clientID).length > 0)
    const { clock } = entriesAbout(raw, clientID).at(-1) as AwarenessEntry

    const sibling = await stage.raw(id)
    sibling.send(step1())
    sibling.send(awareness({ client: 77, clock: 1, state: { name: 'sibling' } }))
    await sibling.next('step2')
    // What y-websocket sends when it loses its connection: all others, as null, at an equal clock.
    sibling.send(awareness({ client: clientID, clock, state: null }))
    sibling.send(awareness({ client: clientID, clock: clock + 1, state: null }))
    sibling.send(awareness({ client: clientID, clock: clock + 5, state: { name: 'forged' } }))
    await sibling.settled()
    sibling.send(awareness({ client: 77, clock: 2, state: { name: 'sibling', last: true } }))
    await until('the sibling itself', stage.deadline, () =>
      entriesAbout(raw, 77).some((entry) => (entry.state as { last?: boolean })?.last === true),
    )
    const states = entriesAbout(raw, clientID).map((entry) => entry.state)
    expect(new Set(states.map((state) => JSON.stringify(state)))).toEqual(
      new Set(['{"name":"ann"}']),
    )
    expect(owner.awareness.getLocalState()).toEqual({ name: 'ann' })
  })
})

describe('who is told what', () => {
  stageTest('[Y3] a question for awareness is answered with everybody', async (stage) => {
    const id = stage.entity()
    const clients = await Promise.all(
      STOCK_VERSIONS.map((version) => stage.stock(version, id).synced()),
    )
    for (const client of clients) client.awareness.setLocalState({ name: client.version })
    const raw = await listener(stage, id)
    await until('all states', stage.deadline, () =>
      clients.every(({ doc }) => entriesAbout(raw, doc.clientID).length > 0),
    )
    const before = raw.received.length
    raw.send(query())
    await until('the answer', stage.deadline, () => {
      const answer = raw.received.slice(before).find((message) => message.is === 'awareness')
      return answer?.is === 'awareness' && answer.entries.length === 3
    })
    const answer = raw.received.slice(before).find((message) => message.is === 'awareness')
    const states = answer?.is === 'awareness' ? answer.entries.map((entry) => entry.state) : []
    expect(new Set(states.map((state) => (state as { name: string }).name))).toEqual(
      new Set(STOCK_VERSIONS),
    )
  })

  stageTest(
    '[A7] [A8] a joiner is told of the others, and of itself nothing it would believe',
    async (stage) => {
      const id = stage.entity()
      const other = await stage.stock('3.1.0', id).synced()
      other.awareness.setLocalState({ name: 'other' })
      const joiner = await stage.raw(id)
      joiner.send(step1())
      joiner.send(awareness({ client: 4711, clock: 3, state: { name: 'joiner' } }))
      await until(
        'the other',
        stage.deadline,
        () => entriesAbout(joiner, other.doc.clientID).length > 0,
      )
      await until('the joiner is seen', stage.deadline, () => sees(other, 4711))
      await joiner.settled()
      // A state of its own at another clock would overwrite it; a null only makes its client go above.
      const own = entriesAbout(joiner, 4711).filter((entry) => entry.state !== null)
      expect(own.filter((entry) => entry.clock !== 3)).toEqual([])
    },
  )
})

/** A provider's first state has clock 0, which its peers ignore: each has to say something first. */
async function allSeeAll(stage: Stage, clients: readonly StockClient[]): Promise<void> {
  for (const client of clients) client.awareness.setLocalState({ name: client.version })
  await until('all see all', stage.deadline, () =>
    clients.every((client) => client.present.length === clients.length),
  )
}

const framesOf = (clients: readonly StockClient[]): number =>
  clients.reduce(
    (sum, client) => sum + client.sockets.reduce((frames, socket) => frames + socket.framesIn, 0),
    0,
  )

/** Until no client has heard anything for 200 ms. */
async function quiet(stage: Stage, clients: readonly StockClient[]): Promise<void> {
  let last = framesOf(clients)
  let since = performance.now()
  await until('quiet', stage.deadline, () => {
    const now = framesOf(clients)
    if (now !== last) {
      last = now
      since = performance.now()
    }
    return performance.now() - since > 200
  })
}
