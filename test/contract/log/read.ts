import { describe, expect, test } from 'vitest'
import { FIRST_CHECK, ORIGIN, type Position } from '../../../src/core/position.ts'
import { appendAll, entry, Notes, names, textsOf } from '../store.ts'
import { A, B, type LogScene } from './scene.ts'

/** What it promises about `read`, where another history or damage stands there too. */
export function logReads(scene: LogScene): void {
  describe('read', () => {
    test('[L7] gives what is behind the position', async () => {
      const positions = await appendAll(scene.log, A, names('a', 1, 5))
      for (const [i, position] of positions.entries()) {
        expect(await scene.texts(position)).toEqual(names('a', i + 2, 5))
      }
      const { head, entries } = await scene.read(positions[2] as Position)
      expect(head).toEqual(positions[4])
      expect(entries.map((one) => one.position)).toEqual(positions.slice(3))
    })

    test('[L7] an entity without a log has nothing, and nothing is made by looking', async () => {
      const nothing = { is: 'entries', entries: [], head: ORIGIN, tombstone: null, skipped: [] }
      expect(await scene.log.read(A, ORIGIN)).toEqual(nothing)
      expect(await scene.log.read(A, { ...ORIGIN, epoch: '0.lost' })).toEqual({
        is: 'reset',
        head: ORIGIN,
      })
      await scene.store.reopen()
      expect(await scene.log.read(A, ORIGIN)).toEqual(nothing)
    })

    test('[L7] a position ahead, of another epoch or with another check is a reset', async () => {
      const [first, second] = (await appendAll(scene.log, A, ['a1', 'a2'])) as [Position, Position]
      const strange: Position[] = [
        { ...second, offset: 3 },
        { ...second, epoch: '0.another' },
        { ...first, epoch: '1.another' },
        { ...first, check: second.check },
        { ...second, check: FIRST_CHECK },
        { epoch: first.epoch, offset: 0, check: first.check },
      ]
      for (const after of strange) {
        expect(await scene.log.read(A, after)).toEqual({ is: 'reset', head: second })
      }
      const start = { epoch: first.epoch, offset: 0, check: FIRST_CHECK }
      expect(await scene.texts(start)).toEqual(['a1', 'a2'])
    })
  })

  describe('a data folder put back to an older copy and grown with other content', () => {
    /** a1…a10, a copy, a11…a20; the copy put back, b11…b25. Everything below 11 is shared. */
    async function fork() {
      const shared = await appendAll(scene.log, A, names('a', 1, 10))
      const putBack = await scene.store.backup()
      const lost = await appendAll(scene.log, A, names('a', 11, 20))
      await putBack()
      const grown = await appendAll(scene.log, A, names('b', 11, 25))
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
        expect(await scene.log.read(A, position)).toEqual({ is: 'reset', head })
      }
      expect(await scene.texts(shared.at(-1) as Position)).toEqual(names('b', 11, 25))
      expect(await scene.texts(shared[4] as Position)).toEqual([
        ...names('a', 6, 10),
        ...names('b', 11, 25),
      ])
    })

    test('[L8] `subscribe` notices it', async () => {
      const { lost } = await fork()
      for (const position of lost) {
        const notes = new Notes()
        const subscription = await scene.log.subscribe(A, position, notes)
        expect(notes.told).toEqual(['reset@25'])
        subscription.close()
      }
    })

    test('[L8] `expect` notices it, also where the new branch ends at the same offset', async () => {
      await appendAll(scene.log, A, names('a', 1, 10))
      const putBack = await scene.store.backup()
      const [lost] = await appendAll(scene.log, A, ['a11'])
      await putBack()
      await appendAll(scene.log, A, ['b11'])
      const append = scene.log.append(A, entry('c12'), { expect: lost as Position })
      await expect(append).rejects.toMatchObject({ code: 'conflict' })
    })
  })

  describe('damage', () => {
    for (const [how, why] of [
      ['flip', 'damaged'],
      ['later-version', 'not-understood'],
    ] as const) {
      test(`[L13] a ${why} entry is skipped and named, the rest is served`, async () => {
        const positions = await appendAll(scene.log, A, names('a', 1, 6))
        await appendAll(scene.log, B, ['b1'])
        await scene.store.spoilEntry(A, 3, how)
        await scene.store.spoilEntry(A, 4, how)
        const { entries, skipped, head } = await scene.read(ORIGIN)
        expect(textsOf(entries)).toEqual(['a1', 'a2', 'a5', 'a6'])
        expect(skipped).toEqual([
          { offset: 3, why },
          { offset: 4, why },
        ])
        expect(head).toEqual(positions.at(-1))
        expect(await scene.texts(ORIGIN, B)).toEqual(['b1'])
        expect(await scene.texts(positions[4] as Position)).toEqual(['a6'])
      })

      test(`[L13] after a ${why} last entry the log goes on`, async () => {
        await appendAll(scene.log, A, names('a', 1, 3))
        await scene.store.spoilEntry(A, 3, how)
        await appendAll(scene.log, A, ['a4', 'a5'])
        await scene.store.reopen()
        const { entries, skipped, head } = await scene.read(ORIGIN)
        expect(textsOf(entries)).toEqual(['a1', 'a2', 'a4', 'a5'])
        expect(skipped).toEqual([{ offset: 3, why }])
        expect(head.offset).toBe(5)
      })
    }

    test('[L13] a subscriber is never led past a damaged entry in silence', async () => {
      await appendAll(scene.log, A, names('a', 1, 5))
      await scene.store.spoilEntry(A, 3)
      const notes = new Notes()
      await scene.log.subscribe(A, ORIGIN, notes)
      await scene.log.append(A, entry('a6'))
      expect(notes.told).toEqual(['reset@5', 'a6'])
    })
  })
}
