import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allDefects, type Defect, DefectiveCopy, type Outcome } from '../support/defects.ts'

/** As many as there may be in work at once: starting Vitest takes longer than most of the tests. */
const COPIES = 3

/** `DEFECTS=handle-` picks those whose name, test or title has it: all of them take minutes. */
const wanted = process.env.DEFECTS ?? ''
const defects = allDefects().filter(({ name, test, title }) =>
  [name, test, title ?? ''].some((text) => text.includes(wanted)),
)
const copies: DefectiveCopy[] = []
const free: DefectiveCopy[] = []
const waiting: ((copy: DefectiveCopy) => void)[] = []

beforeAll(async () => {
  for (let i = 0; i < COPIES; i++) copies.push(await DefectiveCopy.make())
  free.push(...copies)
})

afterAll(() => {
  for (const copy of copies) copy.remove()
})

async function withCopy(work: (copy: DefectiveCopy) => Promise<void>): Promise<void> {
  const copy = free.pop() ?? (await new Promise<DefectiveCopy>((resolve) => waiting.push(resolve)))
  try {
    await work(copy)
  } finally {
    const next = waiting.shift()
    if (next === undefined) free.push(copy)
    else next(copy)
  }
}

describe('without a defect', () => {
  let outcomes: Map<Defect, Outcome>

  beforeAll(async () => {
    await withCopy(async (copy) => {
      outcomes = await copy.testAll(defects)
    })
  }, 15 * 60_000)

  for (const defect of defects) {
    const { title, test: file, name } = defect
    test(`${title ?? 'all'} of ${file} passes in the copy (${name})`, () => {
      const outcome = outcomes.get(defect)
      expect(outcome).toMatchObject({ failures: [], broken: null })
      expect(outcome?.passed).toBeGreaterThan(0)
    })
  }
})

describe('with a defect', () => {
  for (const defect of defects) {
    test.concurrent(`${defect.test} fails: ${defect.what} (${defect.name})`, async () => {
      await withCopy(async (copy) => {
        await copy.put(defect, 'in')
        try {
          const { failures, broken } = await copy.test(defect)
          expect(broken).toBe(null)
          expect(failures.length, 'tests that noticed').toBeGreaterThan(0)
          console.log(`${defect.name}: ${failures[0]?.split('\n', 1)[0]?.slice(0, 160)}`)
        } finally {
          await copy.put(defect, 'out')
        }
      })
    })
  }
})
