import { afterAll, beforeAll, expect, test } from 'vitest'
import { allDefects, DefectiveCopy, unitGroupsOf } from '../support/defects.ts'

/** As many as there are in work at once: most of the longer ones wait for a process, or a deadline. */
const COPIES = 4

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

for (const group of unitGroupsOf(defects)) {
  const files = new Set(group.map((defect) => defect.test))
  const what = files.size === 1 ? [...files][0] : `each of ${files.size} files`
  test.concurrent(`${what} passes without a defect`, async () => {
    await withCopy(async (copy) => {
      const outcomes = await copy.testAll(group)
      for (const [i, { name }] of group.entries()) {
        expect(outcomes[i], name).toMatchObject({ failures: [], broken: null })
        expect(outcomes[i]?.passed, name).toBeGreaterThan(0)
      }
    })
  })
}

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
