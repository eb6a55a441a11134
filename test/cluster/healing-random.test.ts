import { expect, test } from 'vitest'
import { healRuns } from '../support/heal-runs.ts'

test('[L70] [L71] [L72] 500 times: whatever a log loses, it ends as the union of what all had', async () => {
  expect(await healRuns(500)).toBeGreaterThan(0.5)
}, 300_000)
