import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allDefects, DefectiveCopy } from '../support/defects.ts'

const defects = allDefects()
let copy: DefectiveCopy

beforeAll(async () => {
  copy = await DefectiveCopy.make()
})

afterAll(() => copy.remove())

describe('without a defect', () => {
  const what = defects.map(({ test: file, title }) => JSON.stringify([file, title]))
  for (const which of new Set(what)) {
    const [file, title] = JSON.parse(which) as [string, string | null]
    test(`${title ?? 'all'} of ${file} passes in the copy`, async () => {
      const most = Math.max(...defects.filter((one) => one.test === file).map(({ runs }) => runs))
      const outcome = await copy.test({ test: file, title, runs: most })
      expect(outcome).toMatchObject({ failures: [], broken: null })
      expect(outcome.passed).toBeGreaterThan(0)
    })
  }
})

describe('with a defect', () => {
  for (const defect of defects) {
    test(`${defect.test} fails: ${defect.what} (${defect.name})`, async () => {
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
  }
})
