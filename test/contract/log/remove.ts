import { describe, expect, test } from 'vitest'
import { FIRST_CHECK, generationOf, ORIGIN, type Position } from '../../../src/core/position.ts'
import { appendAll, entry, Notes } from '../store.ts'
import { A, B, type LogScene } from './scene.ts'

/** What it promises about `remove`. */
export function logRemoves(scene: LogScene): void {
  describe('remove', () => {
    test('[L12] begins the next generation, empty, with a tombstone', async () => {
      const [, old] = await appendAll(scene.log, A, ['a1', 'a2'])
      const head = await scene.log.remove(A, new Map([[7, 3]]))
      expect(head).toMatchObject({ offset: 0, check: FIRST_CHECK })
      expect(generationOf(head.epoch)).toBe(1)
      const empty = { is: 'entries', entries: [], head, skipped: [] }
      for (const after of [ORIGIN, head]) {
        expect(await scene.log.read(A, after)).toEqual({ ...empty, tombstone: new Map([[7, 3]]) })
      }
      expect(await scene.log.read(A, old as Position)).toEqual({ is: 'reset', head })
      const [next] = await appendAll(scene.log, A, ['b1'])
      expect(next).toMatchObject({ epoch: head.epoch, offset: 1 })
      await scene.store.reopen()
      expect(await scene.texts(ORIGIN)).toEqual(['b1'])
      expect(await scene.log.read(A, old as Position)).toEqual({ is: 'reset', head: next })
    })

    test('[L12] keeps its place among the appends around it', async () => {
      const outcomes = await Promise.all([
        scene.log.append(A, entry('a1')),
        scene.log.remove(A, new Map([[1, 1]])),
        scene.log.append(A, entry('b1')),
        scene.log.append(A, entry('b2')),
      ])
      expect(generationOf((await outcomes[0]).position.epoch)).toBe(0)
      expect(generationOf(outcomes[2].position.epoch)).toBe(1)
      expect(await scene.texts(ORIGIN)).toEqual(['b1', 'b2'])
      await scene.store.reopen()
      expect(await scene.texts(ORIGIN)).toEqual(['b1', 'b2'])
    })

    test('[L12] tombstones of several generations merge by the highest clock', async () => {
      await scene.log.append(A, entry('a1'))
      await scene.log.remove(A, new Map([[1, 10], [2, 20]])) // biome-ignore format: a table
      await scene.store.reopen()
      await scene.log.remove(A, new Map([[2, 5], [3, 30], [2 ** 53 - 1, 2 ** 31 - 1]])) // biome-ignore format: a table
      await scene.store.reopen()
      const { tombstone, head } = await scene.read(ORIGIN)
      expect(tombstone).toEqual(
        new Map([
          [1, 10],
          [2, 20],
          [3, 30],
          [2 ** 53 - 1, 2 ** 31 - 1],
        ]),
      )
      expect(generationOf(head.epoch)).toBe(2)
      expect((await scene.read(ORIGIN, B)).tombstone).toBeNull()
    })

    test('[L12] an id of a removed generation is a new entry in the next', async () => {
      await scene.log.append(A, entry('a1'))
      await scene.log.remove(A, new Map())
      const { position } = await scene.log.append(A, entry('a1'))
      expect(generationOf(position.epoch)).toBe(1)
    })

    test('[L12] an entity that has no log can be removed too', async () => {
      const head = await scene.log.remove(A, new Map())
      expect(generationOf(head.epoch)).toBe(1)
      expect((await scene.read(ORIGIN)).head).toEqual(head)
    })

    test('[L12] subscribers are told, and then the next generation', async () => {
      const notes = new Notes()
      await scene.log.subscribe(A, ORIGIN, notes)
      await scene.log.append(A, entry('a1'))
      const head = await scene.log.remove(A, new Map())
      expect(notes.last).toEqual(head)
      await scene.log.append(A, entry('b1'))
      expect(notes.told).toEqual(['a1', 'reset@0', 'b1'])
    })

    test('[L5] an append that expects a removed generation is a conflict', async () => {
      const { position } = await scene.log.append(A, entry('a1'))
      const head = await scene.log.remove(A, new Map())
      for (const expected of [position, ORIGIN]) {
        const append = scene.log.append(A, entry('b1'), { expect: expected })
        await expect(append).rejects.toMatchObject({ code: 'conflict' })
      }
      await scene.log.append(A, entry('b1'), { expect: head })
    })
  })
}
