import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { FIRST_CHECK, NO_EPOCH, ORIGIN, type Position } from '../../../src/core/position.ts'
import type { Entry } from '../../../src/log/log.ts'
import { Seeded, seedOfRun } from '../../support/seeded.ts'
import { appendAll, entry, key, Notes, names, textsOf, update } from '../store.ts'
import { A, B, bare, type LogScene } from './scene.ts'

/** What the port promises about `append`, also when the same entry comes again. */
export function logAppends(scene: LogScene): void {
  describe('append', () => {
    test('[L1] offsets are contiguous and in the order of the calls', async () => {
      const ids = names('a', 1, 300)
      const positions = await appendAll(scene.log, A, ids)
      expect(positions.map((position) => position.offset)).toEqual(ids.map((_, i) => i + 1))
      expect(await scene.texts(ORIGIN)).toEqual(ids)
    })

    test('[L1] entities do not disturb each other, whatever the interleaving', async () => {
      const seed = seedOfRun()
      const random = new Seeded(seed)
      const expected = new Map([A, B, key('c')].map((entity) => [entity, [] as string[]]))
      const all: Promise<unknown>[] = []
      for (let i = 0; i < 400; i++) {
        const entity = random.pick([...expected.keys()])
        expected.get(entity)?.push(`x${i}`)
        all.push(scene.log.append(entity, entry(`x${i}`)))
        if (random.chance(0.05)) await all.at(-1)
      }
      await Promise.all(all)
      for (const [entity, ids] of expected) {
        expect(await scene.texts(ORIGIN, entity), `seed ${seed}`).toEqual(ids)
      }
    })

    test('[L2] the check is chained over the ids', async () => {
      const positions = await appendAll(scene.log, A, ['one', 'zwei', 'τρία'])
      let check = FIRST_CHECK
      for (const [i, id] of ['one', 'zwei', 'τρία'].entries()) {
        check = createHash('sha1').update(`${check}${id}`).digest('hex').slice(0, 16)
        expect(positions[i]?.check).toBe(check)
      }
    })

    test('[L3] the first append mints the incarnation, all others keep it', async () => {
      expect((await scene.read(ORIGIN)).head).toEqual(ORIGIN)
      const [first, second] = await appendAll(scene.log, A, ['a1', 'a2'])
      expect(first?.epoch).toMatch(/^0\.[0-9a-z]{12}$/)
      expect(second?.epoch).toBe(first?.epoch)
      await scene.store.reopen()
      const [third] = await appendAll(scene.log, A, ['a3'])
      expect(third).toMatchObject({ epoch: first?.epoch, offset: 3 })
      const [other] = await appendAll(scene.log, B, ['b1'])
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
      const [at1, at2] = await Promise.all([scene.log.append(A, rich), scene.log.append(A, plain)])
      const back = [
        { ...rich, position: at1.position },
        { ...plain, position: at2.position },
      ]
      expect(bare((await scene.read(ORIGIN)).entries)).toEqual(bare(back))
      await scene.store.reopen()
      expect(bare((await scene.read(ORIGIN)).entries)).toEqual(bare(back))
    })

    test('[L91] what an entry says of what was taken without its content comes back with it', async () => {
      const notes = new Notes()
      await scene.log.subscribe(A, ORIGIN, notes)
      const expected = { epoch: '3.abc', offset: 17, check: '0123456789abcdef' } as const
      const said = [
        { emptied: Uint8Array.of(0, 5, 1, 7, 1, 0, 3) },
        { emptied: Uint8Array.from({ length: 70_000 }, (_, i) => i), expected },
        {},
      ]
      for (const [i, more] of said.entries()) await scene.log.append(A, entry(`a${i}`, more))
      const saidIn = (entries: readonly Pick<Entry, 'emptied' | 'expected'>[]) =>
        entries.map(({ emptied, expected }) => [
          emptied && Buffer.from(emptied).toString('hex'),
          expected,
        ])
      expect(saidIn(notes.entries)).toEqual(saidIn(said))
      expect(saidIn((await scene.read(ORIGIN)).entries)).toEqual(saidIn(said))
      await scene.store.reopen()
      const { entries } = await scene.read(ORIGIN)
      expect(saidIn(entries)).toEqual(saidIn(said))
      expect(textsOf(entries)).toEqual(['a0', 'a1', 'a2'])
    })

    test('an append names the tier of its log', async () => {
      const { tier } = await scene.log.append(A, entry('a1'))
      expect(tier).toBe(scene.log.tier)
    })

    test('a large entry keeps its place among small ones', async () => {
      const large = entry('large', { update: new Uint8Array(3_000_000).fill(7) as never })
      await Promise.all([
        scene.log.append(A, entry('a1')),
        scene.log.append(A, large),
        scene.log.append(A, entry('a3')),
      ])
      await scene.store.reopen()
      const { entries } = await scene.read(ORIGIN)
      expect(entries.map(({ id, update }) => [id, update.length])).toEqual([
        ['a1', 2],
        ['large', 3_000_000],
        ['a3', 2],
      ])
      expect(entries[1]?.update.every((byte) => byte === 7)).toBe(true)
    })

    test('[L4] order does not depend on the time an entry tells', async () => {
      const times = [5_000, 4_000, 0, 9_000, 1]
      await Promise.all(times.map((time, i) => scene.log.append(A, entry(`a${i + 1}`, { time }))))
      await scene.store.reopen()
      const { entries } = await scene.read(ORIGIN)
      expect(entries.map((one) => one.time)).toEqual(times)
    })
  })

  describe('expect', () => {
    test('[L5] an append that expects the end of the log is taken', async () => {
      const first = await scene.log.append(A, entry('a1'), { expect: ORIGIN })
      await scene.log.append(A, entry('a2'), { expect: first.position })
      expect(await scene.texts(ORIGIN)).toEqual(['a1', 'a2'])
    })

    test('[L5] one that expects anything else is a conflict and leaves nothing', async () => {
      const [first, second] = await appendAll(scene.log, A, ['a1', 'a2'])
      const wrong: Position[] = [
        ORIGIN,
        first as Position,
        { ...(second as Position), check: first?.check as string },
        { ...(second as Position), epoch: '0.another' },
        { ...(second as Position), epoch: '1.another' },
        { ...(second as Position), offset: 3 },
      ]
      for (const expected of wrong) {
        const append = scene.log.append(A, entry('b'), { expect: expected })
        await expect(append).rejects.toMatchObject({ code: 'conflict' })
      }
      await scene.log.append(A, entry('a3'), { expect: second as Position })
      expect(await scene.texts(ORIGIN)).toEqual(['a1', 'a2', 'a3'])
    })

    test('[L5] of two that expect the same, one is taken; those around it go on', async () => {
      const base = await scene.log.append(A, entry('a1'))
      const outcomes = await Promise.allSettled([
        scene.log.append(A, entry('x'), { expect: base.position }),
        scene.log.append(A, entry('y'), { expect: base.position }),
        scene.log.append(A, entry('a3')),
      ])
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(await scene.texts(ORIGIN)).toEqual(['a1', 'x', 'a3'])
    })
  })

  describe('the same id again', () => {
    test('[L6] is the same entry, also within one group and with its old condition', async () => {
      const one = scene.log.append(A, entry('a1'), { expect: ORIGIN })
      const again = scene.log.append(A, entry('a1'), { expect: ORIGIN })
      expect((await again).position).toEqual((await one).position)
      await appendAll(scene.log, A, names('b', 1, 40))
      const later = await scene.log.append(A, entry('a1'), { expect: ORIGIN })
      expect(later).toEqual(await one)
      expect((await scene.read(ORIGIN)).entries).toHaveLength(41)
    })

    test('[L6] in another entity is another entry', async () => {
      await scene.log.append(A, entry('x'))
      await scene.log.append(B, entry('x'))
      expect(await scene.texts(ORIGIN, B)).toEqual(['x'])
    })

    test('[L6] is not told to subscribers twice', async () => {
      const notes = new Notes()
      await scene.log.subscribe(A, ORIGIN, notes)
      await scene.log.append(A, entry('a1'))
      await scene.log.append(A, entry('a1'))
      expect(notes.told).toEqual(['a1'])
    })
  })
}
