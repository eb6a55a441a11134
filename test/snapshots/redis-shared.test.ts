import { hash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Position } from '../../src/core/position.ts'
import type { RedisSnapshots } from '../../src/snapshots/redis.ts'
import type { Snapshot } from '../../src/snapshots/snapshots.ts'
import type { TestStore } from '../contract/store.ts'
import { appendAll, key, names, snapshotAt } from '../contract/store.ts'
import { redisForFile, server } from '../support/redis-scene.ts'
import { NAMES, openRedisStore } from '../support/redis-store.ts'

redisForFile()
let store: TestStore
beforeEach(async () => {
  store = await openRedisStore(server)
})
afterEach(() => store.close())

const A = key('a')
const { meta, stream, snapshots, dirty } = NAMES.keys(A)
const shared = () => store.snapshots as RedisSnapshots
const commit = async (snapshot: Snapshot, replaces: Position | null) =>
  expect(await store.snapshots.commit(A, snapshot, replaces)).toBe('committed')
/** Large bytes as their hash: comparing them one by one takes seconds. */
const brief = (value: object | null): unknown =>
  value === null
    ? null
    : Object.fromEntries(
        Object.entries(value).map(([name, each]) => [
          name,
          each instanceof Uint8Array
            ? hash('sha1', each)
            : typeof each === 'object'
              ? brief(each as object | null)
              : each,
        ]),
      )
const large = (position: Position) => ({
  ...snapshotAt(position, 'x'.repeat(600_000)),
  // From one piece into the next.
  deleteSet: new Uint8Array(300_000).fill(7),
})

describe('[J8] what the newest snapshot covers', () => {
  test('is told to whoever has all of it, with what it takes to begin from there', async () => {
    const [, second, last] = (await appendAll(store.log, A, ['a1', 'a2', 'a3'])) as Position[]
    expect(await shared().covered(A, last as Position, false), 'there is none').toBeNull()
    for (const make of [snapshotAt, large]) {
      const now = await store.snapshots.load(A)
      const made = make(second as Position)
      await commit(made, now?.position ?? null)
      const { position, depth, deleteSet, update } = made
      const told = { position, depth, bytes: update.length, deleteSet }
      for (const snapshot of [null, made]) {
        const covered = await shared().covered(A, last as Position, snapshot !== null)
        expect(brief(covered)).toEqual(brief({ ...told, snapshot }))
      }
      expect(await shared().covered(A, second as Position, false)).not.toBeNull()
    }
  })

  test('is not told to who has less', async () => {
    const [first, second] = (await appendAll(store.log, A, ['a1', 'a2'])) as [Position, Position]
    await commit(snapshotAt(second), null)
    expect(await shared().covered(A, first, true)).toBeNull()
  })

  test('nor when the log does not go through it, nor to who has another history', async () => {
    const [, second] = (await appendAll(store.log, A, ['a1', 'a2'])) as [Position, Position]
    const before = [await server.client.dumpBuffer(meta), await server.client.dumpBuffer(stream)]
    const [third, fourth] = (await appendAll(store.log, A, ['a3', 'a4'])) as [Position, Position]
    // A replica that lacked the last two has become the master, and has grown past them.
    for (const [i, name] of [meta, stream].entries()) {
      await server.client.restore(name, 0, before[i] as Buffer, 'REPLACE')
    }
    const [, other] = (await appendAll(store.log, A, ['b3', 'b4', 'b5'])) as [Position, Position]
    expect([other.epoch, other.offset]).toEqual([fourth.epoch, fourth.offset])
    await commit(snapshotAt(second), null)
    expect(await shared().covered(A, other, true), 'both have it').not.toBeNull()
    expect(
      await shared().covered(A, fourth, true),
      'what is here is not what the log has',
    ).toBeNull()

    // One of the lost branch that is there nevertheless.
    const record = await server.client.hgetBuffer(snapshots, 'n')
    await server.client.del(snapshots)
    await server.client.restore(meta, 0, before[0] as Buffer, 'REPLACE')
    await server.client.restore(stream, 0, before[1] as Buffer, 'REPLACE')
    expect(await appendAll(store.log, A, ['a3', 'a4'])).toEqual([third, fourth])
    await commit(snapshotAt(third), null)
    await server.client.restore(meta, 0, before[0] as Buffer, 'REPLACE')
    await server.client.restore(stream, 0, before[1] as Buffer, 'REPLACE')
    const [, again] = (await appendAll(store.log, A, ['b3', 'b4'])) as [Position, Position]
    expect(await shared().covered(A, again, true), 'the log does not go through it').toBeNull()
    await server.client.hset(snapshots, 'n', record as Buffer)
    expect(await shared().covered(A, again, true), 'the one before does').not.toBeNull()
  })

  test('is not told when it is damaged', async () => {
    const [, last] = (await appendAll(store.log, A, ['a1', 'a2'])) as [Position, Position]
    await commit(snapshotAt(last), null)
    await store.spoilSnapshot(A)
    expect(await shared().covered(A, last, true)).toBeNull()
    await commit(large(last), null)
    const [pieces = ''] = await server.client.keys('*:p*')
    await server.client.hset(pieces, 2, Buffer.alloc(100))
    for (const whole of [true, false]) expect(await shared().covered(A, last, whole)).toBeNull()
  })
})

describe('[J10] an entity that comes to rest', () => {
  const keysLeft = async () => (await server.client.keys('*')).sort()

  for (const [what, make] of [
    ['small', snapshotAt],
    ['large', large],
  ] as const) {
    test(`has its newest snapshot twice and an empty stream: a ${what} one`, async () => {
      const positions = await appendAll(store.log, A, names('a', 1, 9))
      const made = make(positions[8] as Position)
      await commit(make(positions[4] as Position), null)
      await commit(made, positions[4] as Position)
      expect(await server.client.xlen(stream)).toBe(4)
      expect(await server.client.exists(dirty)).toBe(1)
      expect(await shared().rest(A)).toBe('rested')
      expect(await server.client.xlen(stream)).toBe(0)
      expect(await server.client.exists(dirty)).toBe(0)
      const left = await keysLeft()
      expect(left).toHaveLength(what === 'small' ? 3 : 5)

      // Either copy is enough.
      await store.spoilSnapshot(A)
      expect(brief(await store.snapshots.load(A))).toEqual(brief(made))
      expect(await shared().rest(A), 'a damaged one is made anew').toBe('rested')
      await server.client.hdel(snapshots, 'o')
      expect(brief(await store.snapshots.load(A))).toEqual(brief(made))
      expect(await shared().rest(A)).toBe('rested')
      const kept = async () =>
        (await server.client.hmgetBuffer(snapshots, 'n', 'o')).map((record) =>
          hash('sha1', record ?? ''),
        )
      const both = await kept()

      // Once it is there, nothing is written any more.
      expect(await shared().rest(A)).toBe('rested')
      expect(await kept()).toEqual(both)
      await appendAll(store.log, A, ['b1'])
      const read = await store.log.read(A, made.position)
      expect(read.is === 'entries' && read.entries.map(({ position }) => position.offset)).toEqual([
        10,
      ])
    })
  }

  test('after one compaction already', async () => {
    const [only] = (await appendAll(store.log, A, ['a1'])) as [Position]
    await commit(snapshotAt(only), null)
    expect(await server.client.xlen(stream)).toBe(1)
    expect(await shared().rest(A)).toBe('rested')
    expect(await server.client.xlen(stream)).toBe(0)
  })

  test('makes up for a trim that was cut off', async () => {
    const [only] = (await appendAll(store.log, A, ['a1'])) as [Position]
    const before = [await server.client.dumpBuffer(meta), await server.client.dumpBuffer(stream)]
    await commit(snapshotAt(only), null)
    await commit(snapshotAt(only), only)
    for (const [i, name] of [meta, stream].entries()) {
      await server.client.restore(name, 0, before[i] as Buffer, 'REPLACE')
    }
    expect(await shared().rest(A)).toBe('rested')
    expect(await server.client.xlen(stream)).toBe(0)
  })

  test('loses nothing that is written meanwhile', async () => {
    const [only] = (await appendAll(store.log, A, ['a1'])) as [Position]
    await commit(snapshotAt(only), null)
    await appendAll(store.log, A, ['a2'])
    expect(await shared().rest(A)).toBe('rested')
    expect(await server.client.xlen(stream)).toBe(1)
    expect(await server.client.exists(dirty)).toBe(1)
  })

  test('needs a snapshot', async () => {
    await appendAll(store.log, A, ['a1'])
    expect(await shared().rest(A)).toBe('nothing')
    expect(await server.client.xlen(stream)).toBe(1)
  })

  test('[J11] is trimmed up to an entry of a later version, and no further', async () => {
    const positions = await appendAll(store.log, A, names('a', 1, 6))
    await commit(snapshotAt(positions[5] as Position), null)
    await store.spoilEntry(A, 4, 'later-version')
    // A node that knows the later version has made that snapshot: for this one it stays as it is.
    expect(await shared().rest(A)).toBe('rested')
    const rows = await server.client.xrange(stream, '-', '+')
    expect(rows.map(([id]) => id)).toEqual(['4-0', '5-0', '6-0'])
    expect(await server.client.exists(dirty)).toBe(1)
  })
})
