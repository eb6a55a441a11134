import { describe, expect, test } from 'vitest'
import { parseRecording } from '../../scripts/replay/recording.mjs'
import { concurrentTrace } from '../support/generator.ts'
import { replay } from '../support/run-replay.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'

const seed = seedOfRun()

describe('npm run replay', () => {
  test(`[Y12] three authors at once, gzipped (seed ${seed})`, async () => {
    const trace = concurrentTrace(new Seeded(seed), 3, 400)
    const { concurrent } = parseRecording(trace)
    expect(concurrent).toBeGreaterThan(50)
    const { code, said } = await replay('together.json.gz', trace)
    expect(said).toMatch(
      new RegExp(`^ok together\\.json\\.gz: 400 transactions of 3 .* ${concurrent} of them`),
    )
    expect(said.split('\n')).toHaveLength(1)
    expect(code).toBe(0)
  })
})
