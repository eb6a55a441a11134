import { expect, test } from 'vitest'
import { tabsRuns } from '../support/tabs-runs.ts'

/** A life takes a tenth of a second. */
const RUNS = Number(process.env.TABS_RUNS ?? 20)
/** The same each time: `SEED=` and `TABS_RUNS=` look elsewhere. */
const seed = Number(process.env.SEED ?? 1)

test(`[U97] ${RUNS} lives of tabs that freeze, die and are cleared end well (seeds from ${seed})`, async () => {
  expect(await tabsRuns(seed, RUNS)).toBeGreaterThan(RUNS)
})
