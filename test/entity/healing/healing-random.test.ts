import { expect, test } from 'vitest'
import { healRuns } from '../../support/heal-runs.ts'

test('[L70] [L71] whatever a log loses, it ends as the union of what all had, deletes included', async () => {
  expect(await healRuns(20)).toBeGreaterThan(0.3)
})
