import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { until } from '../support/deadline.ts'
import { update } from '../support/frames.ts'
import { inParallel } from '../support/in-parallel.ts'
import type { RawClient } from '../support/raw-client.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'
import { ownStageTest, type Stage } from '../support/stage.ts'

const ROUNDS = 400
const FIRST_LOADS = 200
const seed = seedOfRun()

const marksOf = (doc: Y.Doc): readonly string[] => doc.getArray<string>('marks').toArray()

/** A socket that tells its peers what is done to its document, and applies what they do. */
async function editor(stage: Stage, id: string, doc = new Y.Doc()) {
  const raw = await stage.raw(id)
  await raw.join(doc)
  doc.on('update', (bytes: Uint8Array, origin: unknown) => {
    if (origin !== raw) raw.send(update(bytes))
  })
  return { raw, doc }
}

const hasHeard = (raw: RawClient, mark: string): boolean => marksOf(raw.doc()).includes(mark)

describe('one entity, loaded once', () => {
  ownStageTest(
    `[E10] the last client leaves while another joins, ${ROUNDS} times: nothing is lost (seed ${seed})`,
    async (stage) => {
      // Let go of the moment nobody is there, looked for every millisecond.
      await stage.start(['--pace-idle', '1ms'])
      const random = new Seeded(seed)
      const ids = Array.from({ length: 4 }, () => stage.entity())
      await inParallel(ids, ids.length, async (id) => {
        const marks: string[] = []
        let here = await editor(stage, id)
        for (let round = 0; round < ROUNDS / ids.length; round++) {
          const mark = `m${round}`
          marks.push(mark)
          here.doc.getArray('marks').push([mark])
          if (random.chance(0.7)) await here.raw.settled()
          const leaving = here.raw.close()
          if (random.chance(0.5)) await leaving
          await pause(random.int(0, 3))
          // Its own document goes along, as that of a tab that is opened again: it may be ahead.
          const next = await editor(stage, id, here.doc)
          await leaving
          expect(marksOf(next.doc), id).toEqual(marks)
          here = next
        }
        await here.raw.settled()
        await here.raw.close()
        const cold = await editor(stage, id)
        expect(marksOf(cold.doc), id).toEqual(marks)
        await cold.raw.close()
      })
      const loads = (await stage.metrics()).sum('load_seconds_count')
      expect(loads, 'times that one was loaded anew').toBeGreaterThan(ROUNDS / 10)
    },
    { timeout: 120_000 },
  )

  ownStageTest(
    `[E10] ${FIRST_LOADS} times three first clients at once: one load, and each sees the others`,
    async (stage) => {
      await stage.start()
      const ids = Array.from({ length: FIRST_LOADS }, () => stage.entity())
      await inParallel(ids, 4, async (id) => {
        const editors = await Promise.all([1, 2, 3].map(() => editor(stage, id)))
        for (const [n, { doc }] of editors.entries()) doc.getArray('marks').push([`of ${n}`])
        for (const [n, { raw }] of editors.entries()) {
          const others = [0, 1, 2].filter((other) => other !== n)
          await until(`${id} ${n} hears the others`, stage.deadline, () =>
            others.every((other) => hasHeard(raw, `of ${other}`)),
          )
        }
        for (const { raw } of editors) await raw.close()
      })
      expect((await stage.metrics()).sum('load_seconds_count')).toBe(FIRST_LOADS)
    },
    { timeout: 120_000 },
  )
})
