import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { generationOf, ORIGIN, type Position } from '../../src/core/position.ts'
import { RedisLog } from '../../src/log/redis.ts'
import { SYSTEM_CLOCK, SYSTEM_RANDOM } from '../../src/ops/system.ts'
import type { RedisLink } from '../../src/redis/link.ts'
import { logContract } from '../contract/log.contract.ts'
import {
  appendAll,
  collect,
  entry,
  key,
  Notes,
  names,
  snapshotAt,
  textsOf,
} from '../contract/store.ts'
import { until } from '../support/deadline.ts'
import { oneWayTo } from '../support/one-way.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import {
  keptCopy,
  NAMES,
  type Node,
  openNode,
  openRedisStore,
  SILENT_NAMES,
} from '../support/redis-store.ts'

let server: RedisServer
beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

logContract('redis', () => openRedisStore(server))

describe('the log in Redis', () => {
  const A = key('a')
  const { meta, stream } = NAMES.keys(A)
  const nodes: Node[] = []
  const join = async (url = server.url) => {
    const node = await openNode(url)
    nodes.push(node)
    return node
  }
  let one: Node
  beforeEach(async () => {
    await server.client.flushall()
    one = await join()
  })
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.close()))
  })

  const entries = async (node = one, after = ORIGIN, entity = A) => {
    const read = await node.log.read(entity, after)
    if (read.is === 'reset') throw new Error('expected entries, got a reset')
    return read
  }
  const texts = async (node = one, after = ORIGIN) => textsOf((await entries(node, after)).entries)
  const hears = (notes: Notes, told: readonly string[]) =>
    until(`${told.at(-1)} is told`, 5_000, () => notes.told.at(-1) === told.at(-1)).then(() =>
      expect(notes.told).toEqual(told),
    )

  describe('an answer that is lost', () => {
    test('[L50] the entry appended again is there once, also with its old condition', async () => {
      const wire = await oneWayTo(server.port)
      const node = await join(wire.url)
      for (const [id, expected] of [
        ['a1', ORIGIN],
        ['a2', undefined],
      ] as const) {
        wire.mute(true)
        const options = expected === undefined ? {} : { expect: expected }
        const lost = node.log.append(A, entry(id), options)
        const behind = node.log.append(A, entry('behind'))
        const failures = Promise.all(
          [lost, behind].map((append) => expect(append).rejects.toMatchObject({ code: 'storage' })),
        )
        const length = Number(id.slice(1))
        await until('it is there', 5_000, async () => (await server.client.xlen(stream)) === length)
        wire.mute(false)
        wire.cut()
        await failures
        await node.link.whenReady()
        const { position } = await node.log.append(A, entry(id), options)
        expect(position.offset).toBe(length)
        expect(await server.client.xlen(stream)).toBe(length)
      }
      expect(await texts()).toEqual(['a1', 'a2'])
      await node.close()
      await wire.close()
    })
  })

  describe('what is lost in Redis', () => {
    test('[L52] after FLUSHALL a log begins anew, under another incarnation', async () => {
      const notes = new Notes()
      await one.log.subscribe(A, ORIGIN, notes)
      const [, before] = await appendAll(one.log, A, ['a1', 'a2'])
      await server.client.flushall()
      const [after] = await appendAll((await join()).log, A, ['b1'])
      expect(after?.offset).toBe(1)
      expect(after?.epoch).not.toBe(before?.epoch)
      expect(await one.log.read(A, before as Position)).toEqual({ is: 'reset', head: after })
      await hears(notes, ['a1', 'a2', 'reset@1'])
    })

    test('[L52] without its meta a log goes on where its stream ends', async () => {
      const notes = new Notes()
      await one.log.subscribe(A, ORIGIN, notes)
      const before = await appendAll(one.log, A, names('a', 1, 3))
      await server.client.del(meta)
      const other = await join()
      // Whoever looks first mints the incarnation, and all see the same.
      const { head } = await entries(other)
      expect(head).toMatchObject({ offset: 3, check: before[2]?.check })
      expect(head.epoch).not.toBe(before[2]?.epoch)
      const [fourth] = await appendAll(other.log, A, ['a4'])
      expect(fourth).toMatchObject({ offset: 4, epoch: head.epoch })
      expect(await texts()).toEqual(names('a', 1, 4))
      expect((await one.log.read(A, before[1] as Position)).is).toBe('reset')
      await hears(notes, ['a1', 'a2', 'a3', 'reset@4'])
    })

    test('[L52] a removal is known without meta too', async () => {
      await appendAll(one.log, A, ['a1'])
      await one.log.remove(A, new Map([[7, 3]]))
      await server.client.del(meta)
      expect((await entries()).tombstone).toEqual(new Map([[7, 3]]))
      const [first] = await appendAll(one.log, A, ['b1'])
      expect(generationOf((first as Position).epoch)).toBe(1)
    })

    test('[L52] a stream that was trimmed to nothing and lost its meta keeps its end', async () => {
      await appendAll(one.log, A, names('a', 1, 3))
      await server.client.xtrim(stream, 'MINID', '4-0')
      await server.client.del(meta)
      const [fourth] = await appendAll(one.log, A, ['a4'])
      expect(fourth?.offset).toBe(4)
      expect((await one.log.read(A, ORIGIN)).is).toBe('reset')
    })

    test('[L51] without its stream a log says what is lacking, and goes on', async () => {
      await appendAll(one.log, A, names('a', 1, 3))
      await server.client.del(stream)
      const { entries: none, skipped, head } = await entries()
      expect(none).toEqual([])
      expect(skipped.map(({ offset, why }) => `${offset} ${why}`)).toEqual([
        '1 damaged',
        '2 damaged',
        '3 damaged',
      ])
      await one.log.append(A, entry('a4'), { expect: head })
      expect(await texts()).toEqual(['a4'])
    })
  })

  describe('a node that has not heard of what became of a log', () => {
    test('[L61] appends nothing to the generation behind a removal', async () => {
      const notes = new Notes()
      await one.log.subscribe(A, ORIGIN, notes)
      await appendAll(one.log, A, ['a1'])
      const silent = logThrough(one.link, { names: SILENT_NAMES })
      const head = await silent.remove(A, new Map())
      await expect(one.log.append(A, entry('a2'))).rejects.toMatchObject({ code: 'storage' })
      await hears(notes, ['a1', 'reset@0'])
      expect(await texts()).toEqual([])
      const { position } = await one.log.append(A, entry('b1'))
      expect(position).toMatchObject({ offset: 1, epoch: head.epoch })
      await silent.close()
    })

    test('[L61] appends nothing to a log that begins anew because it was lost', async () => {
      const notes = new Notes()
      await one.log.subscribe(A, ORIGIN, notes)
      await appendAll(one.log, A, ['a1'])
      await server.client.flushall()
      await expect(one.log.append(A, entry('a2'))).rejects.toMatchObject({ code: 'storage' })
      await hears(notes, ['a1', 'reset@0'])
      expect(await server.client.exists(meta, stream)).toBe(0)
    })

    test('[L61] joins in when somebody else began the log meanwhile', async () => {
      await one.log.subscribe(A, ORIGIN, new Notes())
      const silent = logThrough(one.link, { names: SILENT_NAMES })
      await appendAll(silent, A, ['b1'])
      const { position } = await one.log.append(A, entry('a2'))
      expect(position.offset).toBe(2)
      await silent.close()
    })
  })

  describe('a Redis that takes nothing', () => {
    test('[L62] because it is full', async () => {
      await appendAll(one.log, A, ['a1'])
      await server.client.config('SET', 'maxmemory', '1')
      try {
        const attempts = [
          one.log.append(A, entry('a2')),
          one.log.append(key('b'), entry('b1')),
          one.log.remove(A, new Map()),
          one.log.setAside(A, new Uint8Array(10), 'why'),
        ]
        await Promise.all(
          attempts.map((attempt) => expect(attempt).rejects.toMatchObject({ code: 'storage' })),
        )
        expect(await texts()).toEqual(['a1'])
        // Meta, stream, and the dirty set of the partition.
        expect(await server.client.keys('*')).toHaveLength(3)
      } finally {
        await server.client.config('SET', 'maxmemory', '0')
      }
      const { position } = await one.log.append(A, entry('a2'))
      expect(position.offset).toBe(2)
    })

    test('[L62] because it is a replica', async () => {
      await appendAll(one.log, A, ['a1'])
      await server.client.replicaof('127.0.0.1', 1)
      try {
        const append = one.log.append(A, entry('a2'))
        await expect(append).rejects.toMatchObject({ code: 'storage' })
      } finally {
        await server.client.replicaof('NO', 'ONE')
      }
      await one.link.whenReady()
      await until('it is taken', 5_000, () =>
        one.log.append(A, entry('a2')).then(
          () => true,
          () => false,
        ),
      )
      expect(await texts()).toEqual(['a1', 'a2'])
    })
  })

  describe('what somebody else put there', () => {
    test('[L53] makes way also where no further id was left', async () => {
      await appendAll(one.log, A, ['a1'])
      const last = '18446744073709551615-18446744073709551615'
      await server.client.xadd(stream, last, 'field', 'strange')
      await appendAll(one.log, A, ['a2'])
      expect(await texts()).toEqual(['a1', 'a2'])
    })

    test('[L53] makes way for the next entry, and is set aside', async () => {
      await appendAll(one.log, A, ['a1', 'a2'])
      await server.client.xadd(stream, '2-5', 'x', 'beside')
      await server.client.xadd(stream, '*', 'field', 'strange')
      expect(await texts()).toEqual(['a1', 'a2'])
      const notes = new Notes()
      await one.log.subscribe(A, ORIGIN, notes)
      const [third] = await appendAll(one.log, A, ['a3'])
      expect(third?.offset).toBe(3)
      expect(await texts()).toEqual(['a1', 'a2', 'a3'])
      expect(notes.told).toEqual(['a1', 'a2', 'a3'])
      const aside = await collect(one.log.listSetAside())
      expect(aside.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual([
        'xbeside',
        'fieldstrange',
      ])
    })

    test('[L53] a stream of strange entries without meta is damaged, and left as it is', async () => {
      await server.client.xadd(stream, '*', 'field', 'strange')
      await expect(one.log.append(A, entry('a1'))).rejects.toMatchObject({ code: 'damaged' })
      expect(await server.client.xlen(stream)).toBe(1)
    })

    test('[L53] a meta that is not understood, or a key of another type, is damaged', async () => {
      await appendAll(one.log, A, ['a1'])
      const attempts = () =>
        Promise.allSettled([
          one.log.append(A, entry('a2')),
          one.log.read(A, ORIGIN),
          one.log.remove(A, new Map()),
          one.snapshots.load(A),
        ])
      const codes = (outcomes: readonly PromiseSettledResult<unknown>[]) =>
        outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : 'done'))
      await server.client.set(meta, '2 something later')
      expect(codes(await attempts())).toEqual(Array.from({ length: 4 }, () => 'damaged'))
      expect(await server.client.get(meta)).toBe('2 something later')
      await server.client.del(meta, stream)
      await server.client.lpush(meta, 'x')
      expect(codes(await attempts())).toEqual(Array.from({ length: 4 }, () => 'damaged'))
      await appendAll(one.log, key('b'), ['b1'])
    })
  })

  describe('several nodes', () => {
    test('[L1] two that append to one entity take turns, each in its own order', async () => {
      const two = await join()
      const [here, there] = [new Notes(), new Notes()]
      await one.log.subscribe(A, ORIGIN, here)
      await two.log.subscribe(A, ORIGIN, there)
      const [mine, theirs] = [names('a', 1, 200), names('b', 1, 200)]
      const positions = await Promise.all([
        appendAll(one.log, A, mine),
        appendAll(two.log, A, theirs),
      ])
      const offsets = positions.flat().map(({ offset }) => offset)
      expect(offsets.sort((a, b) => a - b)).toEqual(offsets.map((_, i) => i + 1))
      const order = await texts()
      expect(order.filter((id) => id.startsWith('a'))).toEqual(mine)
      expect(order.filter((id) => id.startsWith('b'))).toEqual(theirs)
      await hears(here, order)
      await hears(there, order)
    })

    test('[L9] one is told what the other appends and removes', async () => {
      const two = await join()
      const notes = new Notes()
      await two.log.subscribe(A, ORIGIN, notes)
      await appendAll(one.log, A, ['a1', 'a2'])
      await one.log.remove(A, new Map())
      await appendAll(one.log, A, ['b1'])
      await hears(notes, ['a1', 'a2', 'reset@0', 'b1'])
    })

    test('[L5] of two that expect the same one is refused', async () => {
      const two = await join()
      const base = await one.log.append(A, entry('a1'))
      const outcomes = await Promise.allSettled([
        one.log.append(A, entry('x'), { expect: base.position }),
        two.log.append(A, entry('y'), { expect: base.position }),
      ])
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    })

    test('[L55] 20 MB are read, not published', async () => {
      const two = await join()
      const notes = new Notes()
      await two.log.subscribe(A, ORIGIN, notes)
      const published: number[] = []
      const listener = server.client.duplicate()
      listener.on('messageBuffer', (_, message: Buffer) => published.push(message.length))
      await listener.subscribe(NAMES.channel(A))
      const large = new Uint8Array(20_000_000).fill(7)
      await one.log.append(A, entry('large', { update: large as never }))
      await one.log.append(A, entry('a2'))
      await until('both are told', 10_000, () => notes.entries.length === 2)
      expect(Buffer.compare(notes.entries[0]?.update as Uint8Array, large)).toBe(0)
      expect(notes.entries[1]?.id).toBe('a2')
      await until('both are published', 5_000, () => published.length === 2)
      expect(Math.max(...published)).toBeLessThan(300)
      listener.disconnect()
    })

    test('[L54] what was not published is read when the next entry comes', async () => {
      const notes = new Notes()
      await one.log.subscribe(A, ORIGIN, notes)
      const silent = logThrough(one.link, { names: SILENT_NAMES })
      await appendAll(silent, A, ['a1', 'a2'])
      await (await join()).log.append(A, entry('a3'))
      await hears(notes, ['a1', 'a2', 'a3'])
      await silent.close()
    })

    test('[L54] what was appended while a node was away is read when it is back', async () => {
      const wire = await oneWayTo(server.port)
      const away = await join(wire.url)
      const notes = new Notes()
      await away.log.subscribe(A, ORIGIN, notes)
      await appendAll(one.log, A, ['a1'])
      await hears(notes, ['a1'])
      wire.mute(true)
      await appendAll(one.log, A, ['a2', 'a3'])
      wire.mute(false)
      wire.cut()
      await hears(notes, ['a1', 'a2', 'a3'])
      await appendAll(one.log, A, ['a4'])
      await hears(notes, names('a', 1, 4))
      await away.close()
      await wire.close()
    })

    test('[L10] y-redis, a reader that is trimmed past while it is away: here it begins anew, and misses nothing after', async () => {
      const wire = await oneWayTo(server.port)
      const away = await join(wire.url)
      const notes = new Notes()
      await away.log.subscribe(A, ORIGIN, notes)
      await appendAll(one.log, A, names('a', 1, 3))
      await hears(notes, names('a', 1, 3))
      wire.mute(true)
      let replaces: Position | null = null
      for (const last of [10, 20]) {
        const [at] = (await appendAll(one.log, A, names('a', last - 6, last))).slice(-1)
        await one.snapshots.commit(A, snapshotAt(at as Position), replaces)
        replaces = at as Position
      }
      await one.snapshots.commit(A, snapshotAt(replaces as Position, 'again'), replaces)
      expect(await server.client.xlen(stream)).toBe(0)
      wire.mute(false)
      wire.cut()
      await hears(notes, [...names('a', 1, 3), 'reset@17'])
      await appendAll(one.log, A, ['a18'])
      await hears(notes, [...names('a', 1, 3), 'reset@17', 'a18'])
      await away.close()
      await wire.close()
    })

    test('[L54] a fork below a subscriber is noticed with the next entry, no connection broken', async () => {
      const notes = new Notes()
      await one.log.subscribe(A, ORIGIN, notes)
      await appendAll(one.log, A, names('a', 1, 9))
      const copy = await Promise.all([meta, stream].map((name) => server.client.dumpBuffer(name)))
      await appendAll(one.log, A, names('a', 10, 12))
      // A replica at 9 was promoted: 10 to 13 come again, with other content.
      for (const [i, name] of [meta, stream].entries()) {
        await server.client.restore(name, 0, copy[i] as Buffer, 'REPLACE')
      }
      const two = await join()
      await appendAll(two.log, A, ['b10'])
      await hears(notes, [...names('a', 1, 12), 'reset@10'])
      await appendAll(two.log, A, names('b', 11, 13))
      await hears(notes, [...names('a', 1, 12), 'reset@10', ...names('b', 11, 13)])
    })

    test('[L54] a fork far below is noticed though the entry that comes has the next offset', async () => {
      const notes = new Notes()
      await one.log.subscribe(A, ORIGIN, notes)
      await appendAll(one.log, A, names('a', 1, 90))
      const failOver = await keptCopy(server.client, A)
      await appendAll(one.log, A, names('a', 91, 100))
      await hears(notes, names('a', 1, 100))
      await failOver()
      // 91' to 100' reach nobody, as with a node that hears the old master; then 101' does.
      const silent = logThrough(one.link, { names: SILENT_NAMES })
      await appendAll(silent, A, names('b', 91, 100))
      const { position } = await (await join()).log.append(A, entry('b101'))
      expect(position.offset).toBe(101)
      await hears(notes, [...names('a', 1, 100), 'reset@101'])
      await silent.close()
    })

    test('[L63] an own entry ahead that a failover has lost is missed, though the next one fits', async () => {
      let answer = () => {}
      const slow = new Promise<void>((resolve) => {
        answer = resolve
      })
      const mine = logThrough(one.link, {
        async run(...call) {
          if (call[0] === 'read' && notes.told.length > 0) await slow
          return await one.link.run(...call)
        },
      })
      const notes = new Notes()
      await mine.subscribe(A, ORIGIN, notes)
      await appendAll(mine, A, names('a', 1, 8))
      const failOver = await keptCopy(server.client, A)
      const silent = logThrough(one.link, { names: SILENT_NAMES })
      await appendAll(silent, A, ['b9', 'b10'])
      // Answered "11", while 9 and 10 have not come.
      const append = mine.append(A, entry('a11')).then(
        () => 'answered',
        ({ code }) => code,
      )
      await until('it is there', 5_000, async () => (await server.client.xlen(stream)) === 11)
      await failOver()
      await appendAll((await join()).log, A, ['c9'])
      await hears(notes, [...names('a', 1, 8), 'c9'])
      answer()
      expect(await append).toBe('storage')
      expect(notes.told.at(-1)).toBe('reset@9')
      await appendAll(mine, A, ['a11'])
      expect(await texts()).toEqual([...names('a', 1, 8), 'c9', 'a11'])
      await Promise.all([mine.close(), silent.close()])
    })

    test('[L56] two databases of one Redis do not hear each other', async () => {
      const other = await join(`${server.url}/1`)
      const notes = new Notes()
      await other.log.subscribe(A, ORIGIN, notes)
      await appendAll(one.log, A, ['a1'])
      await appendAll(other.log, A, ['b1'])
      await hears(notes, ['b1'])
      expect(await texts(other)).toEqual(['b1'])
    })
  })

  describe('reading in pages', () => {
    const MB = new Uint8Array(1_500_000).fill(3) as never
    const large = (letter: string) => names(letter, 1, 7).map((id) => entry(id, { update: MB }))

    test('[L51] gives all of it, in order', async () => {
      for (const each of large('a')) await one.log.append(A, each)
      const read = await entries()
      expect(read.entries.map(({ id }) => id)).toEqual(names('a', 1, 7))
      expect(read.head.offset).toBe(7)
    })

    test('[L51] begins anew when the log is removed between two pages', async () => {
      for (const each of large('a')) await one.log.append(A, each)
      let pages = 0
      const disturbed = logThrough(one.link, {
        async run(...call) {
          if (call[0] === 'read' && ++pages === 2) {
            await one.log.remove(A, new Map())
            await one.log.append(A, entry('b1'))
          }
          return await one.link.run(...call)
        },
      })
      const read = await disturbed.read(A, ORIGIN)
      expect(read.is === 'entries' && textsOf(read.entries)).toEqual(['b1'])
      expect(pages).toBeGreaterThan(2)
      await disturbed.close()
    })
  })

  describe('scripts', () => {
    test('[L57] are sent again when Redis has forgotten them, in the order of the calls', async () => {
      const ids = names('a', 1, 60)
      const appends: Promise<unknown>[] = []
      for (const [i, id] of ids.entries()) {
        if (i % 20 === 10) await server.client.script('FLUSH')
        appends.push(one.log.append(A, entry(id)))
        if (i % 7 === 0) await appends.at(-1)
      }
      await Promise.all(appends)
      expect(await texts()).toEqual(ids)
    })
  })

  /** A log on a link of which some parts are exchanged. */
  const logThrough = (link: RedisLink, parts: Partial<RedisLink>) =>
    new RedisLog(
      {
        names: link.names,
        channels: link.channels,
        run: link.run.bind(link),
        call: link.call.bind(link),
        info: link.info.bind(link),
        onState: link.onState.bind(link),
        state: link.state,
        ...parts,
      } as unknown as RedisLink,
      {
        clock: SYSTEM_CLOCK,
        random: SYSTEM_RANDOM,
        logger: { ...console, with: () => console } as never,
        limits: { setAsideBytes: 1_000 },
        paces: { audit: 600_000 },
        tier: () => 'memory',
      },
    )
})
