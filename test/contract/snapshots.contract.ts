import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FIRST_CHECK, ORIGIN, type Position } from '../../src/core/position.ts'
import type { Snapshot } from '../../src/snapshots/snapshots.ts'
import {
  appendAll,
  collect,
  entry,
  key,
  names,
  type OpenStore,
  snapshotAt,
  type TestStore,
  textsOf,
} from './store.ts'

const A = key('a')
const B = key('notes/ä %41 🌊')

/** Every promise of the port, on one adapter with the log it lies beside. */
export function snapshotsContract(name: string, open: OpenStore): void {
  describe(`snapshots: ${name}`, () => {
    let store: TestStore
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store.close())

    const grow = (letter: string, from: number, to: number, entity = A) =>
      appendAll(store.log, entity, names(letter, from, to))
    const commit = (snapshot: Snapshot, replaces: Position | null, entity = A) =>
      store.snapshots.commit(entity, snapshot, replaces)
    const load = async (entity = A) => plain(await store.snapshots.load(entity))
    /** The first offset the log still holds, by asking for everything behind each position. */
    const firstKept = async (positions: readonly Position[]) => {
      for (const position of positions) {
        const read = await store.log.read(A, position)
        if (read.is === 'entries') return position.offset + 1
      }
      return null
    }

    /** Entries 1–10, 11–20, 21–30, a snapshot at the end of the first two runs. */
    async function twoGenerations() {
      const positions: Position[] = []
      positions.push(...(await grow('a', 1, 10)))
      const first = snapshotAt(positions[9] as Position)
      expect(await commit(first, null)).toBe('committed')
      positions.push(...(await grow('a', 11, 20)))
      const second = snapshotAt(positions[19] as Position)
      expect(await commit(second, first.position)).toBe('committed')
      positions.push(...(await grow('a', 21, 30)))
      return { positions, first, second }
    }

    describe('load', () => {
      test('[L20] an entity without one has none', async () => {
        expect(await load()).toBeNull()
        await grow('a', 1, 1)
        expect(await load()).toBeNull()
      })

      test('[L20] gives the newest as it was committed', async () => {
        const { second } = await twoGenerations()
        expect(await load()).toEqual(plain(second))
        await store.reopen()
        expect(await load()).toEqual(plain(second))
        expect(await load(B)).toBeNull()
      })

      test('[L45] what was loaded may be spoiled by who loaded it', async () => {
        await twoGenerations()
        const before = await load()
        const mine = await store.snapshots.load(A)
        for (const part of ['update', 'stateVector', 'deleteSet', 'index'] as const) {
          mine?.[part].fill(0xff)
        }
        expect(await load()).toEqual(before)
      })

      test('[L91] what it says of what was taken without its content comes back with it', async () => {
        const positions = await grow('a', 1, 4)
        const emptied = Uint8Array.of(0, 5, 1, 7, 1, 0, 3)
        const large = new Uint8Array(600_000).fill(7)
        const said = [
          { emptied },
          { emptied, update: large as never },
          { emptied: large.slice(0, 300_000) },
          {},
        ]
        let before: Position | null = null
        for (const [i, more] of said.entries()) {
          const snapshot: Snapshot = { ...snapshotAt(positions[i] as Position), ...more }
          expect(await commit(snapshot, before)).toBe('committed')
          before = snapshot.position
          for (const _ of [1, 2]) {
            const back = await store.snapshots.load(A)
            expect(plain(back)).toEqual(plain(snapshot))
            back?.emptied?.fill(0xff)
            if (i === 1) await store.reopen()
          }
        }
      })

      test('[L20] empty parts come back as empty parts', async () => {
        const [position] = await grow('a', 1, 1)
        const none = new Uint8Array()
        const parts = { update: none, stateVector: none, deleteSet: none, index: none, depth: 0 }
        await commit({ position: position as Position, ...parts }, null)
        await store.reopen()
        expect(await load()).toEqual(plain({ position: position as Position, ...parts }))
      })

      test('[L20] a damaged newest one is passed over: the older one and its entries are there', async () => {
        const { positions, first } = await twoGenerations()
        await store.spoilSnapshot(A)
        expect(await load()).toEqual(plain(first))
        const read = await store.log.read(A, first.position)
        expect(read.is === 'entries' && textsOf(read.entries)).toEqual(names('a', 11, 30))
        expect(read.head).toEqual(positions.at(-1))
      })

      test('[L20] the next compaction builds on what could be loaded', async () => {
        const { positions, first } = await twoGenerations()
        await store.spoilSnapshot(A)
        expect((await load())?.position).toEqual(first.position)
        const third = snapshotAt(positions[29] as Position)
        expect(await commit(third, first.position)).toBe('committed')
        expect(await load()).toEqual(plain(third))
        expect(await firstKept(positions), 'trimmed to the older whole one').toBe(11)
        await store.spoilSnapshot(A)
        expect(await load()).toEqual(plain(first))
      })

      test('[L20] both damaged: none, and the log says so', async () => {
        const { positions } = await twoGenerations()
        await commit(snapshotAt(positions[29] as Position), positions[19] as Position)
        await store.spoilSnapshot(A)
        await load()
        await store.spoilSnapshot(A)
        expect(await load()).toBeNull()
        expect((await store.log.read(A, ORIGIN)).is).toBe('reset')
      })
    })

    describe('commit', () => {
      test('[L21] is stale when another snapshot came first', async () => {
        const { positions, first, second } = await twoGenerations()
        const third = snapshotAt(positions[29] as Position)
        expect(await commit(third, first.position)).toBe('stale')
        expect(await commit(third, null)).toBe('stale')
        expect(await load()).toEqual(plain(second))
        expect(await commit(third, second.position)).toBe('committed')
      })

      test('[L21] is stale when it claims to replace what is not there', async () => {
        const [position] = await grow('a', 1, 1)
        expect(await commit(snapshotAt(position as Position), position as Position)).toBe('stale')
        expect(await load()).toBeNull()
      })

      test('[L21] is stale when the log does not go through its position', async () => {
        const { positions, second } = await twoGenerations()
        const [at25, at30] = [positions[24], positions[29]] as [Position, Position]
        const strange: Position[] = [
          { ...at30, check: at25.check },
          { ...at25, check: FIRST_CHECK },
          { ...at30, epoch: '0.another' },
          { ...at30, epoch: '1.another' },
          { ...at30, offset: 31 },
        ]
        for (const position of strange) {
          expect(await commit(snapshotAt(position), second.position)).toBe('stale')
        }
        expect(await commit(snapshotAt(ORIGIN), null, B)).toBe('stale')
        expect(await load()).toEqual(plain(second))
        expect(await firstKept(positions)).toBe(11)
      })

      test('[L21] is stale when it is older than what it replaces', async () => {
        const { positions, second } = await twoGenerations()
        const older = snapshotAt(positions[14] as Position)
        expect(await commit(older, second.position)).toBe('stale')
        expect(await load()).toEqual(plain(second))
      })

      test('[L21] is stale on the other branch of a fork', async () => {
        const shared = await grow('a', 1, 10)
        const putBack = await store.backup()
        const lost = await grow('a', 11, 20)
        await putBack()
        await grow('b', 11, 25)
        for (const position of lost) expect(await commit(snapshotAt(position), null)).toBe('stale')
        expect(await load()).toBeNull()
        expect(await commit(snapshotAt(shared[9] as Position), null)).toBe('committed')
      })

      test('[L23] of two that race one is committed, the other changes nothing', async () => {
        const { positions, second } = await twoGenerations()
        const rivals = [positions[29], positions[24]].map((position, i) =>
          snapshotAt(position as Position, `rival ${i}`.repeat(100_000)),
        ) as [Snapshot, Snapshot]
        const outcomes = await Promise.all(rivals.map((rival) => commit(rival, second.position)))
        expect([...outcomes].sort()).toEqual(['committed', 'stale'])
        const winner = rivals[outcomes.indexOf('committed')] as Snapshot
        expect(await load()).toEqual(plain(winner))
        await store.reopen()
        expect(await load()).toEqual(plain(winner))
        expect(await collect(store.snapshots.list())).toHaveLength(1)
      })

      test('[L23] an append during a commit is neither covered nor lost', async () => {
        const [, , third] = await grow('a', 1, 3)
        const large = snapshotAt(third as Position, 'x'.repeat(2_000_000))
        const committing = commit(large, null)
        const during = await grow('a', 4, 20)
        expect(await committing).toBe('committed')
        const read = await store.log.read(A, third as Position)
        expect(read.is === 'entries' && textsOf(read.entries)).toEqual(names('a', 4, 20))
        expect(read.head).toEqual(during.at(-1))
      })
    })

    describe('trim', () => {
      test('[L22] follows what the older kept generation covers', async () => {
        const positions = await grow('a', 1, 10)
        await commit(snapshotAt(positions[9] as Position), null)
        expect(await firstKept([ORIGIN, ...positions]), 'one generation').toBe(1)
        positions.push(...(await grow('a', 11, 20)))
        await commit(snapshotAt(positions[19] as Position), positions[9] as Position)
        expect(await firstKept([ORIGIN, ...positions]), 'two').toBe(11)
        positions.push(...(await grow('a', 21, 30)))
        await commit(snapshotAt(positions[29] as Position), positions[19] as Position)
        expect(await firstKept([ORIGIN, ...positions]), 'three').toBe(21)
        await store.reopen()
        expect(await firstKept([ORIGIN, ...positions]), 'opened again').toBe(21)
      })

      test('[L7] a position below the trim is a reset, the one at it is not', async () => {
        const { positions } = await twoGenerations()
        const head = positions.at(-1)
        for (const below of [ORIGIN, ...positions.slice(0, 9)]) {
          expect(await store.log.read(A, below)).toEqual({ is: 'reset', head })
        }
        const read = await store.log.read(A, positions[9] as Position)
        expect(read.is === 'entries' && textsOf(read.entries)).toEqual(names('a', 11, 30))
        const wrong = { ...(positions[9] as Position), check: FIRST_CHECK }
        expect(await store.log.read(A, wrong)).toEqual({ is: 'reset', head })
      })

      test('[L22] a log that is trimmed to nothing keeps its end', async () => {
        const positions = await grow('a', 1, 10)
        const head = positions[9] as Position
        await commit(snapshotAt(head), null)
        // Two generations at the end of the log: the newer one as a compaction with more to
        // collect would make it, from the same entries.
        expect(await commit(snapshotAt(head, 'smaller'), head)).toBe('committed')
        await store.reopen()
        expect(await store.log.read(A, positions[8] as Position)).toEqual({ is: 'reset', head })
        expect(await store.log.read(A, head)).toMatchObject({ is: 'entries', entries: [], head })
        const expected = store.log.append(A, entry('a11'), { expect: head })
        expect((await expected).position).toMatchObject({ offset: 11, epoch: head.epoch })
        expect(textsOf(entriesBehind(await store.log.read(A, head)))).toEqual(['a11'])
      })

      for (const how of ['flip', 'later-version'] as const) {
        test(`[L22] never passes an entry that could not be read (${how})`, async () => {
          const positions = await grow('a', 1, 10)
          await store.spoilEntry(A, 4, how)
          await commit(snapshotAt(positions[9] as Position), null)
          positions.push(...(await grow('a', 11, 20)))
          await commit(snapshotAt(positions[19] as Position), positions[9] as Position)
          expect(await firstKept([ORIGIN, ...positions])).toBe(4)
          const read = await store.log.read(A, positions[2] as Position)
          expect(read.is === 'entries' && read.skipped.map(({ offset }) => offset)).toEqual([4])
          expect(textsOf(entriesBehind(read))).toEqual(names('a', 5, 20))
        })
      }
    })

    describe('generations', () => {
      test('[L25] a removal takes the snapshots along', async () => {
        const { second } = await twoGenerations()
        const head = await store.log.remove(A, new Map([[7, 3]]))
        expect(await load()).toBeNull()
        expect(await collect(store.snapshots.list())).toEqual([])
        expect(await commit(snapshotAt(second.position), null)).toBe('stale')
        const [first] = await grow('b', 1, 1)
        expect(await commit(snapshotAt(first as Position), null)).toBe('committed')
        await store.snapshots.remove(A)
        expect((await load())?.position).toEqual(first)
        await store.reopen()
        expect((await load())?.position).toEqual(first)
        expect(first?.epoch).toBe(head.epoch)
      })

      test('[L25] a removal during a commit makes it stale', async () => {
        const [position] = await grow('a', 1, 1)
        const large = snapshotAt(position as Position, 'x'.repeat(2_000_000))
        const committing = commit(large, null)
        await store.log.remove(A, new Map())
        await committing
        expect(await load()).toBeNull()
        await store.reopen()
        expect(await load()).toBeNull()
        expect(await collect(store.snapshots.list())).toEqual([])
      })
    })

    test('[L26] list names the newest of each entity', async () => {
      const { second } = await twoGenerations()
      const [other] = await grow('b', 1, 1, B)
      await commit(snapshotAt(other as Position, '12345'), null, B)
      const listed = await collect(store.snapshots.list())
      expect(listed.sort((a, b) => a.bytes - b.bytes)).toEqual([
        { entity: B, position: other, bytes: 5 },
        { entity: A, position: second.position, bytes: second.update.length },
      ])
    })

    test('[L24] reads and appends go on while 20 MB are committed', async () => {
      const [position] = await grow('a', 1, 1)
      await grow('b', 1, 1, B)
      const large = { ...snapshotAt(position as Position), update: new Uint8Array(20_000_000) }
      large.update.fill(7)
      let done = false
      const committing = commit(large, null).finally(() => {
        done = true
      })
      let between = 0
      for (; !done; between++) {
        await store.log.append(B, entry(`b${between + 2}`))
        const read = await store.log.read(B, ORIGIN)
        expect(entriesBehind(read)).toHaveLength(between + 2)
        // All or nothing. It may be seen before its commit resolves, which trims the log first.
        const seen = await store.snapshots.load(A)
        if (seen !== null) expect(seen.update.length).toBe(large.update.length)
      }
      expect(await committing).toBe('committed')
      expect(between).toBeGreaterThan(0)
      expect((await store.snapshots.load(A))?.update.length).toBe(20_000_000)
    })
  })
}

const entriesBehind = (read: Awaited<ReturnType<TestStore['log']['read']>>) =>
  read.is === 'entries' ? read.entries : []

/** Bytes as text, whatever kind of array brought them. */
const plain = (snapshot: Snapshot | null) =>
  snapshot && {
    position: snapshot.position,
    depth: snapshot.depth,
    update: hex(snapshot.update),
    stateVector: hex(snapshot.stateVector),
    deleteSet: hex(snapshot.deleteSet),
    index: hex(snapshot.index),
    ...(snapshot.emptied === undefined ? {} : { emptied: hex(snapshot.emptied) }),
  }

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
