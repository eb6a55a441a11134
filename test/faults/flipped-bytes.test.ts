import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { until } from '../support/deadline.ts'
import { update } from '../support/frames.ts'
import { inParallel } from '../support/in-parallel.ts'
import { ownStageTest, type Stage } from '../support/stage.ts'
import { type Flipped, flipBoth, flipEveryByte } from '../support/stored-flips.ts'

/** Entries after which the entity is compacted. */
const COMPACTED = 4
const MARKS = 2 * COMPACTED + 2

const marksOf = (doc: Y.Doc): readonly string[] => doc.getArray<string>('marks').toArray()

/** Ten entries: four under the older snapshot, four more under the younger, two behind it. */
async function writeTwoGenerations(stage: Stage, id: string): Promise<Y.Doc> {
  const raw = await stage.raw(id)
  await raw.join()
  const doc = new Y.Doc()
  doc.on('update', (bytes: Uint8Array) => raw.send(update(bytes)))
  for (let n = 1; n <= MARKS; n++) {
    doc.getArray('marks').push([`m${n}`])
    await raw.settled()
    if (n % COMPACTED !== 0) continue
    await until('a compaction', stage.deadline, async () => {
      const metrics = await stage.metrics()
      return metrics.sum('compactions_total', { result: 'committed' }) === n / COMPACTED
    })
  }
  return doc
}

/** What somebody who knows nothing is sent. */
async function readCold(stage: Stage, id: string): Promise<readonly string[]> {
  const raw = await stage.raw(id)
  const marks = marksOf(await raw.join())
  await raw.close()
  return marks
}

/** The author comes back, is asked for what is lacking, and answers. */
async function bringBack(stage: Stage, id: string, author: Y.Doc): Promise<void> {
  const raw = await stage.raw(id)
  await raw.join(author)
  await raw.settled()
  await raw.close()
}

describe('a stored byte that flips', () => {
  ownStageTest(
    '[L13] [L20] [L40] every one, once: it is named, and its entity is served without it',
    async (stage) => {
      const data = stage.folder()
      const flags = ['--pace-compact-entries', String(COMPACTED)]
      const server = await stage.start(flags, { data })
      const id = stage.entity()
      const author = await writeTwoGenerations(stage, id)
      const whole = marksOf(author)
      await server.stop()
      const flipped = flipEveryByte(data, id)
      const ids = (...values: readonly Flipped['value'][]) =>
        flipped.filter(({ value }) => values.includes(value)).map((one) => one.id)
      expect(ids('behind').length).toBeGreaterThan(100)
      expect(ids('younger').length).toBeGreaterThan(150)

      const opened = await stage.start([], { data, provoked: /damaged/ })
      // The lines come over a pipe of their own, which may be behind the sockets.
      const named = (copy: string) => {
        const line = opened.output.find((text) => text.includes(`"default/${copy}"`))
        return line?.includes('damaged') === true
      }
      // One copy of the name is enough; of the snapshots the younger one; of the entries those behind it.
      await inParallel(ids('name', 'older', 'covered'), 16, async (copy) => {
        expect(await readCold(stage, copy), copy).toEqual(whole)
      })
      await inParallel(ids('younger'), 16, async (copy) => {
        expect(await readCold(stage, copy), copy).toEqual(whole)
        await until(`${copy} is named`, stage.deadline, () => named(copy))
      })
      await inParallel(ids('behind'), 16, async (copy) => {
        const left = await readCold(stage, copy)
        expect(left.length, copy).toBeLessThan(MARKS)
        expect(left, copy).toEqual(whole.slice(0, left.length))
        expect(left.length, copy).toBeGreaterThanOrEqual(2 * COMPACTED)
        await until(`${copy} is named`, stage.deadline, () => named(copy))
        await bringBack(stage, copy, author)
        expect(await readCold(stage, copy), copy).toEqual(whole)
      })
      // Each is counted once; beside these the heads of older snapshots, which are read along.
      const metrics = await stage.metrics()
      const counted = metrics.sum('stored_values_damaged_total')
      const all = () => flipped.filter((copy) => named(copy.id))
      await until('all that is counted is named', stage.deadline, () => all().length >= counted, 50)
      expect(all().length).toBe(counted)
      expect(all().filter(({ value }) => value === 'name' || value === 'covered')).toEqual([])
      expect(await readCold(stage, id)).toEqual(whole)
    },
    { timeout: 120_000 },
  )

  ownStageTest(
    '[L40] one in each generation: that entity is refused and named, the others are served',
    async (stage) => {
      const data = stage.folder()
      const flags = ['--pace-compact-entries', String(COMPACTED)]
      const server = await stage.start(flags, { data })
      const id = stage.entity()
      const whole = marksOf(await writeTwoGenerations(stage, id))
      await server.stop()
      const lost = flipBoth(data, id)
      const opened = await stage.start([], { data, provoked: /damaged/ })
      const raw = await stage.raw(lost)
      expect((await raw.closed).code).toBe(1011)
      await until('it is named', stage.deadline, () =>
        opened.output.some((line) => line.includes(`default/${lost}`) && line.includes('damaged')),
      )
      expect(await readCold(stage, id)).toEqual(whole)
    },
    {},
  )
})
