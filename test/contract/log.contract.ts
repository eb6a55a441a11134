import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  FIRST_CHECK,
  generationOf,
  NO_EPOCH,
  ORIGIN,
  type Position,
} from '../../src/core/position.ts'
import type { Entry, LogRead } from '../../src/log/log.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'
import {
  appendAll,
  collect,
  entry,
  key,
  Notes,
  names,
  type OpenStore,
  SET_ASIDE_BYTES,
  type TestStore,
  textsOf,
  update,
} from './store.ts'

const A = key('a')
const B = key('notes/ä %41 🌊')

/** Every promise of the port, on one adapter. */
export function logContract(name: string, open: OpenStore): void {
  describe(`log: ${name}`, () => {
    let store: TestStore
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store.close())

    const read = async (after: Position, entity = A) =>
      entriesOf(await store.log.read(entity, after))
    const texts = async (after: Position, entity = A) =>
      textsOf((await read(after, entity)).entries)

    describe('append', () => {
      test('[L1] offsets are contiguous and in the order of the calls', async () => {
        const ids = names('a', 1, 300)
        const positions = await appendAll(store.log, A, ids)
        expect(positions.map((position) => position.offset)).toEqual(ids.map((_, i) => i + 1))
        expect(await texts(ORIGIN)).toEqual(ids)
      })

      test('[L1] entities do not disturb each other, whatever the interleaving', async () => {
        const seed = seedOfRun()
        const random = new Seeded(seed)
        const expected = new Map([A, B, key('c')].map((entity) => [entity, [] as string[]]))
        const all: Promise<unknown>[] = []
        for (let i = 0; i < 400; i++) {
          const entity = random.pick([...expected.keys()])
          expected.get(entity)?.push(`x${i}`)
          all.push(store.log.append(entity, entry(`x${i}`)))
          if (random.chance(0.05)) await all.at(-1)
        }
        await Promise.all(all)
        for (const [entity, ids] of expected) {
          expect(await texts(ORIGIN, entity), `seed ${seed}`).toEqual(ids)
        }
      })

      test('[L2] the check is chained over the ids', async () => {
        const positions = await appendAll(store.log, A, ['one', 'zwei', 'τρία'])
        let check = FIRST_CHECK
        for (const [i, id] of ['one', 'zwei', 'τρία'].entries()) {
          check = createHash('sha1').update(`${check}${id}`).digest('hex').slice(0, 16)
          expect(positions[i]?.check).toBe(check)
        }
      })

      test('[L3] the first append mints the incarnation, all others keep it', async () => {
        expect((await read(ORIGIN)).head).toEqual(ORIGIN)
        const [first, second] = await appendAll(store.log, A, ['a1', 'a2'])
        expect(first?.epoch).toMatch(/^0\.[0-9a-z]{12}$/)
        expect(second?.epoch).toBe(first?.epoch)
        await store.reopen()
        const [third] = await appendAll(store.log, A, ['a3'])
        expect(third).toMatchObject({ epoch: first?.epoch, offset: 3 })
        const [other] = await appendAll(store.log, B, ['b1'])
        expect(other?.epoch).not.toBe(first?.epoch)
        expect(other?.epoch).not.toBe(NO_EPOCH)
      })

      test('an entry comes back as it was appended', async () => {
        const expected = { epoch: '3.abc', offset: 17, check: '0123456789abcdef' } as const
        const rich = entry('k3v9x.1', {
          authors: [
            { actor: 'anonymous', session: 'süß 🌊', clients: [] },
            { actor: '', session: 's2', clients: [0, 1, 127, 128, 2 ** 32, 2 ** 53 - 1] },
          ],
          origin: 'heal',
          time: 1_790_000_000_123,
          update: Uint8Array.from({ length: 1000 }, (_, i) => i) as never,
          expected,
        })
        const plain = entry('k3v9x.2', { authors: [], origin: 'local', update: update('') })
        const [at1, at2] = await Promise.all([
          store.log.append(A, rich),
          store.log.append(A, plain),
        ])
        const back = [
          { ...rich, position: at1.position },
          { ...plain, position: at2.position },
        ]
        expect(bare((await read(ORIGIN)).entries)).toEqual(bare(back))
        await store.reopen()
        expect(bare((await read(ORIGIN)).entries)).toEqual(bare(back))
      })

      test('an append names the tier of its log', async () => {
        const { tier } = await store.log.append(A, entry('a1'))
        expect(tier).toBe(store.log.tier)
      })

      test('a large entry keeps its place among small ones', async () => {
        const large = entry('large', { update: new Uint8Array(3_000_000).fill(7) as never })
        await Promise.all([
          store.log.append(A, entry('a1')),
          store.log.append(A, large),
          store.log.append(A, entry('a3')),
        ])
        await store.reopen()
        const { entries } = await read(ORIGIN)
        expect(entries.map(({ id, update }) => [id, update.length])).toEqual([
          ['a1', 2],
          ['large', 3_000_000],
          ['a3', 2],
        ])
        expect(entries[1]?.update.every((byte) => byte === 7)).toBe(true)
      })

      test('[L4] order does not depend on the time an entry tells', async () => {
        const times = [5_000, 4_000, 0, 9_000, 1]
        await Promise.all(times.map((time, i) => store.log.append(A, entry(`a${i + 1}`, { time }))))
        await store.reopen()
        const { entries } = await read(ORIGIN)
        expect(entries.map((one) => one.time)).toEqual(times)
      })
    })

    describe('expect', () => {
      test('[L5] an append that expects the end of the log is taken', async () => {
        const first = await store.log.append(A, entry('a1'), { expect: ORIGIN })
        await store.log.append(A, entry('a2'), { expect: first.position })
        expect(await texts(ORIGIN)).toEqual(['a1', 'a2'])
      })

      test('[L5] one that expects anything else is a conflict and leaves nothing', async () => {
        const [first, second] = await appendAll(store.log, A, ['a1', 'a2'])
        const wrong: Position[] = [
          ORIGIN,
          first as Position,
          { ...(second as Position), check: first?.check as string },
          { ...(second as Position), epoch: '0.another' },
          { ...(second as Position), epoch: '1.another' },
          { ...(second as Position), offset: 3 },
        ]
        for (const expected of wrong) {
          const append = store.log.append(A, entry('b'), { expect: expected })
          await expect(append).rejects.toMatchObject({ code: 'conflict' })
        }
        await store.log.append(A, entry('a3'), { expect: second as Position })
        expect(await texts(ORIGIN)).toEqual(['a1', 'a2', 'a3'])
      })

      test('[L5] of two that expect the same, one is taken; those around it go on', async () => {
        const base = await store.log.append(A, entry('a1'))
        const outcomes = await Promise.allSettled([
          store.log.append(A, entry('x'), { expect: base.position }),
          store.log.append(A, entry('y'), { expect: base.position }),
          store.log.append(A, entry('a3')),
        ])
        expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
        expect(await texts(ORIGIN)).toEqual(['a1', 'x', 'a3'])
      })
    })

    describe('the same id again', () => {
      test('[L6] is the same entry, also within one group and with its old condition', async () => {
        const one = store.log.append(A, entry('a1'), { expect: ORIGIN })
        const again = store.log.append(A, entry('a1'), { expect: ORIGIN })
        expect((await again).position).toEqual((await one).position)
        await appendAll(store.log, A, names('b', 1, 40))
        const later = await store.log.append(A, entry('a1'), { expect: ORIGIN })
        expect(later).toEqual(await one)
        expect((await read(ORIGIN)).entries).toHaveLength(41)
      })

      test('[L6] in another entity is another entry', async () => {
        await store.log.append(A, entry('x'))
        await store.log.append(B, entry('x'))
        expect(await texts(ORIGIN, B)).toEqual(['x'])
      })

      test('[L6] is not told to subscribers twice', async () => {
        const notes = new Notes()
        await store.log.subscribe(A, ORIGIN, notes)
        await store.log.append(A, entry('a1'))
        await store.log.append(A, entry('a1'))
        expect(notes.told).toEqual(['a1'])
      })
    })

    describe('read', () => {
      test('[L7] gives what is behind the position', async () => {
        const positions = await appendAll(store.log, A, names('a', 1, 5))
        for (const [i, position] of positions.entries()) {
          expect(await texts(position)).toEqual(names('a', i + 2, 5))
        }
        const { head, entries } = await read(positions[2] as Position)
        expect(head).toEqual(positions[4])
        expect(entries.map((one) => one.position)).toEqual(positions.slice(3))
      })

      test('[L7] an entity without a log has nothing, and nothing is made by looking', async () => {
        const nothing = { is: 'entries', entries: [], head: ORIGIN, tombstone: null, skipped: [] }
        expect(await store.log.read(A, ORIGIN)).toEqual(nothing)
        expect(await store.log.read(A, { ...ORIGIN, epoch: '0.lost' })).toEqual({
          is: 'reset',
          head: ORIGIN,
        })
        await store.reopen()
        expect(await store.log.read(A, ORIGIN)).toEqual(nothing)
      })

      test('[L7] a position ahead, of another epoch or with another check is a reset', async () => {
        const [first, second] = (await appendAll(store.log, A, ['a1', 'a2'])) as [
          Position,
          Position,
        ]
        const strange: Position[] = [
          { ...second, offset: 3 },
          { ...second, epoch: '0.another' },
          { ...first, epoch: '1.another' },
          { ...first, check: second.check },
          { ...second, check: FIRST_CHECK },
          { epoch: first.epoch, offset: 0, check: first.check },
        ]
        for (const after of strange) {
          expect(await store.log.read(A, after)).toEqual({ is: 'reset', head: second })
        }
        const start = { epoch: first.epoch, offset: 0, check: FIRST_CHECK }
        expect(await texts(start)).toEqual(['a1', 'a2'])
      })
    })

    describe('a data folder put back to an older copy and grown with other content', () => {
      /** a1…a10, a copy, a11…a20; the copy put back, b11…b25. Everything below 11 is shared. */
      async function fork() {
        const shared = await appendAll(store.log, A, names('a', 1, 10))
        const putBack = await store.backup()
        const lost = await appendAll(store.log, A, names('a', 11, 20))
        await putBack()
        const grown = await appendAll(store.log, A, names('b', 11, 25))
        return { shared, lost, grown } as { [part in 'shared' | 'lost' | 'grown']: Position[] }
      }

      test('[L8] offsets come again with other content under the same epoch', async () => {
        const { lost, grown } = await fork()
        expect(grown[0]).toMatchObject({ offset: lost[0]?.offset, epoch: lost[0]?.epoch })
        expect(grown[0]?.check).not.toBe(lost[0]?.check)
      })

      test('[L8] `read` notices it at every offset of the lost branch', async () => {
        const { shared, lost, grown } = await fork()
        const head = grown.at(-1)
        for (const position of lost) {
          expect(await store.log.read(A, position)).toEqual({ is: 'reset', head })
        }
        expect(await texts(shared.at(-1) as Position)).toEqual(names('b', 11, 25))
        expect(await texts(shared[4] as Position)).toEqual([
          ...names('a', 6, 10),
          ...names('b', 11, 25),
        ])
      })

      test('[L8] `subscribe` notices it', async () => {
        const { lost } = await fork()
        for (const position of lost) {
          const notes = new Notes()
          const subscription = await store.log.subscribe(A, position, notes)
          expect(notes.told).toEqual(['reset@25'])
          subscription.close()
        }
      })

      test('[L8] `expect` notices it, also where the new branch ends at the same offset', async () => {
        await appendAll(store.log, A, names('a', 1, 10))
        const putBack = await store.backup()
        const [lost] = await appendAll(store.log, A, ['a11'])
        await putBack()
        await appendAll(store.log, A, ['b11'])
        const append = store.log.append(A, entry('c12'), { expect: lost as Position })
        await expect(append).rejects.toMatchObject({ code: 'conflict' })
      })
    })

    describe('subscribe', () => {
      test('[L9] tells what is there, then what comes, in order', async () => {
        const positions = await appendAll(store.log, A, names('a', 1, 5))
        const notes = new Notes()
        await store.log.subscribe(A, positions[1] as Position, notes)
        expect(notes.told).toEqual(names('a', 3, 5))
        await appendAll(store.log, A, names('a', 6, 40))
        expect(notes.told).toEqual(names('a', 3, 40))
        const { entries } = await read(positions[1] as Position)
        expect(bare(notes.entries)).toEqual(bare(entries))
      })

      test('[L9] an own append is told before it resolves', async () => {
        const notes = new Notes()
        await store.log.subscribe(A, ORIGIN, notes)
        for (const id of names('a', 1, 5)) {
          const { position } = await store.log.append(A, entry(id))
          expect(notes.last).toEqual(position)
        }
      })

      test('[L9] nothing falls between what is there and what comes', async () => {
        const seed = seedOfRun()
        const random = new Seeded(seed)
        const appends: Promise<unknown>[] = []
        const subscribed: Promise<Notes>[] = []
        for (let i = 1; i <= 200; i++) {
          appends.push(store.log.append(A, entry(`a${i}`)))
          if (!random.chance(0.1)) continue
          const notes = new Notes()
          subscribed.push(store.log.subscribe(A, ORIGIN, notes).then(() => notes))
          if (random.chance(0.5)) await appends.at(-1)
        }
        await Promise.all(appends)
        for (const notes of await Promise.all(subscribed)) {
          expect(notes.told, `seed ${seed}`).toEqual(names('a', 1, 200))
        }
      })

      test('[L9] a closed subscription hears no more, others do', async () => {
        const [left, stayed] = [new Notes(), new Notes()]
        const subscription = await store.log.subscribe(A, ORIGIN, left)
        await store.log.subscribe(A, ORIGIN, stayed)
        await store.log.append(A, entry('a1'))
        subscription.close()
        subscription.close()
        await store.log.append(A, entry('a2'))
        expect([left.told, stayed.told]).toEqual([['a1'], ['a1', 'a2']])
      })

      test('[L10] at a position of another history it begins with a reset, then goes on', async () => {
        await appendAll(store.log, A, names('a', 1, 3))
        const notes = new Notes()
        await store.log.subscribe(A, { epoch: '0.lost', offset: 2, check: FIRST_CHECK }, notes)
        await store.log.append(A, entry('a4'))
        expect(notes.told).toEqual(['reset@3', 'a4'])
      })

      test('[L11] a sink that throws harms neither the append nor the other sinks', async () => {
        const notes = new Notes()
        let told = 0
        const broken = {
          entry: () => {
            told++
            throw new Error('a bug of its owner')
          },
          reset: () => {},
        }
        await store.log.subscribe(A, ORIGIN, broken)
        await store.log.subscribe(A, ORIGIN, notes)
        await appendAll(store.log, A, ['a1', 'a2'])
        expect(notes.told).toEqual(['a1', 'a2'])
        expect(told).toBe(1)
      })
    })

    describe('remove', () => {
      test('[L12] begins the next generation, empty, with a tombstone', async () => {
        const [, old] = await appendAll(store.log, A, ['a1', 'a2'])
        const head = await store.log.remove(A, new Map([[7, 3]]))
        expect(head).toMatchObject({ offset: 0, check: FIRST_CHECK })
        expect(generationOf(head.epoch)).toBe(1)
        const empty = { is: 'entries', entries: [], head, skipped: [] }
        for (const after of [ORIGIN, head]) {
          expect(await store.log.read(A, after)).toEqual({ ...empty, tombstone: new Map([[7, 3]]) })
        }
        expect(await store.log.read(A, old as Position)).toEqual({ is: 'reset', head })
        const [next] = await appendAll(store.log, A, ['b1'])
        expect(next).toMatchObject({ epoch: head.epoch, offset: 1 })
        await store.reopen()
        expect(await texts(ORIGIN)).toEqual(['b1'])
        expect(await store.log.read(A, old as Position)).toEqual({ is: 'reset', head: next })
      })

      test('[L12] keeps its place among the appends around it', async () => {
        const outcomes = await Promise.all([
          store.log.append(A, entry('a1')),
          store.log.remove(A, new Map([[1, 1]])),
          store.log.append(A, entry('b1')),
          store.log.append(A, entry('b2')),
        ])
        expect(generationOf((await outcomes[0]).position.epoch)).toBe(0)
        expect(generationOf(outcomes[2].position.epoch)).toBe(1)
        expect(await texts(ORIGIN)).toEqual(['b1', 'b2'])
        await store.reopen()
        expect(await texts(ORIGIN)).toEqual(['b1', 'b2'])
      })

      test('[L12] tombstones of several generations merge by the highest clock', async () => {
        await store.log.append(A, entry('a1'))
        await store.log.remove(A, new Map([[1, 10], [2, 20]])) // biome-ignore format: a table
        await store.reopen()
        await store.log.remove(A, new Map([[2, 5], [3, 30], [2 ** 53 - 1, 2 ** 31 - 1]])) // biome-ignore format: a table
        await store.reopen()
        const { tombstone, head } = await read(ORIGIN)
        expect(tombstone).toEqual(
          new Map([
            [1, 10],
            [2, 20],
            [3, 30],
            [2 ** 53 - 1, 2 ** 31 - 1],
          ]),
        )
        expect(generationOf(head.epoch)).toBe(2)
        expect((await read(ORIGIN, B)).tombstone).toBeNull()
      })

      test('[L12] an id of a removed generation is a new entry in the next', async () => {
        await store.log.append(A, entry('a1'))
        await store.log.remove(A, new Map())
        const { position } = await store.log.append(A, entry('a1'))
        expect(generationOf(position.epoch)).toBe(1)
      })

      test('[L12] an entity that has no log can be removed too', async () => {
        const head = await store.log.remove(A, new Map())
        expect(generationOf(head.epoch)).toBe(1)
        expect((await read(ORIGIN)).head).toEqual(head)
      })

      test('[L12] subscribers are told, and then the next generation', async () => {
        const notes = new Notes()
        await store.log.subscribe(A, ORIGIN, notes)
        await store.log.append(A, entry('a1'))
        const head = await store.log.remove(A, new Map())
        expect(notes.last).toEqual(head)
        await store.log.append(A, entry('b1'))
        expect(notes.told).toEqual(['a1', 'reset@0', 'b1'])
      })

      test('[L5] an append that expects a removed generation is a conflict', async () => {
        const { position } = await store.log.append(A, entry('a1'))
        const head = await store.log.remove(A, new Map())
        for (const expected of [position, ORIGIN]) {
          const append = store.log.append(A, entry('b1'), { expect: expected })
          await expect(append).rejects.toMatchObject({ code: 'conflict' })
        }
        await store.log.append(A, entry('b1'), { expect: head })
      })
    })

    describe('damage', () => {
      for (const [how, why] of [
        ['flip', 'damaged'],
        ['later-version', 'not-understood'],
      ] as const) {
        test(`[L13] a ${why} entry is skipped and named, the rest is served`, async () => {
          const positions = await appendAll(store.log, A, names('a', 1, 6))
          await appendAll(store.log, B, ['b1'])
          await store.spoilEntry(A, 3, how)
          await store.spoilEntry(A, 4, how)
          const { entries, skipped, head } = await read(ORIGIN)
          expect(textsOf(entries)).toEqual(['a1', 'a2', 'a5', 'a6'])
          expect(skipped).toEqual([
            { offset: 3, why },
            { offset: 4, why },
          ])
          expect(head).toEqual(positions.at(-1))
          expect(await texts(ORIGIN, B)).toEqual(['b1'])
          expect(await texts(positions[4] as Position)).toEqual(['a6'])
        })

        test(`[L13] after a ${why} last entry the log goes on`, async () => {
          await appendAll(store.log, A, names('a', 1, 3))
          await store.spoilEntry(A, 3, how)
          await appendAll(store.log, A, ['a4', 'a5'])
          await store.reopen()
          const { entries, skipped, head } = await read(ORIGIN)
          expect(textsOf(entries)).toEqual(['a1', 'a2', 'a4', 'a5'])
          expect(skipped).toEqual([{ offset: 3, why }])
          expect(head.offset).toBe(5)
        })
      }

      test('[L13] a subscriber is never led past a damaged entry in silence', async () => {
        await appendAll(store.log, A, names('a', 1, 5))
        await store.spoilEntry(A, 3)
        const notes = new Notes()
        await store.log.subscribe(A, ORIGIN, notes)
        await store.log.append(A, entry('a6'))
        expect(notes.told).toEqual(['reset@5', 'a6'])
      })
    })

    describe('setAside', () => {
      const kept = async () =>
        (await collect(store.log.listSetAside())).map(({ entity, why, bytes }) => [
          entity,
          why,
          bytes.length,
        ])

      test('[L14] keeps what it is given, for export', async () => {
        await store.log.setAside(A, new Uint8Array([1, 2, 3]), 'too large')
        await store.reopen()
        const [one, ...more] = await collect(store.log.listSetAside())
        expect(more).toEqual([])
        expect(one).toMatchObject({ entity: A, why: 'too large' })
        expect([...(one?.bytes ?? [])]).toEqual([1, 2, 3])
        expect(await texts(ORIGIN)).toEqual([])
      })

      test('[L14] is bounded: the oldest go', async () => {
        for (const [i, size] of [400, 300, 200, 300].entries()) {
          await store.log.setAside(i % 2 === 0 ? A : B, new Uint8Array(size), `${i}`)
        }
        // Each counts with 256 bytes beside its own.
        expect(await kept()).toEqual([
          [B, '1', 300],
          [A, '2', 200],
          [B, '3', 300],
        ])
        await store.reopen()
        const most = SET_ASIDE_BYTES - 256
        await store.log.setAside(A, new Uint8Array(most), 'all of it')
        expect(await kept()).toEqual([[A, 'all of it', most]])
        await store.log.setAside(A, new Uint8Array(most + 1), 'more than all')
        expect(await kept()).toEqual([])
      })
    })

    describe('close', () => {
      test('[L15] what is under way is settled first, what comes after is refused', async () => {
        let settled = 0
        const before = names('a', 1, 50).map((id) =>
          store.log.append(A, entry(id)).then(() => settled++),
        )
        const closed = store.log.close()
        const after = store.log.append(A, entry('late'))
        await expect(after).rejects.toMatchObject({ code: 'draining' })
        await closed
        expect(settled).toBe(before.length)
        await store.log.close()
        await expect(store.log.read(A, ORIGIN)).rejects.toMatchObject({ code: 'draining' })
        await store.reopen()
        expect(await texts(ORIGIN)).toEqual(names('a', 1, 50))
      })
    })
  })
}

function entriesOf(read: LogRead): Extract<LogRead, { is: 'entries' }> {
  if (read.is === 'reset') throw new Error('expected entries, got a reset')
  return read
}

/** Updates as plain bytes, whatever kind of array brought them. */
const bare = (entries: readonly Entry[] | readonly object[]) =>
  entries.map((one) => ({ ...one, update: [...(one as Entry).update] }))
