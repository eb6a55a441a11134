import { describe, expect, test } from 'vitest'
import { parseRecording } from '../../scripts/replay/recording.mjs'
import { sequentialTrace } from '../support/generator.ts'
import { replay, runReplay } from '../support/run-replay.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'

const seed = seedOfRun()

describe('npm run replay', { timeout: 60_000 }, () => {
  test(`[Y12] one author, one transaction after another (seed ${seed})`, async () => {
    const trace = sequentialTrace(new Seeded(seed), 1_000)
    const { code, said } = await replay('alone.json', trace)
    expect(said).toMatch(
      /^ok alone\.json: 1000 transactions of 1 author\(s\), 0 of them .* kill -9/,
    )
    expect(code).toBe(0)
  })

  test('[Y12] a recording that ended otherwise fails, and says where', async () => {
    const trace = sequentialTrace(new Seeded(7), 60)
    const { code, said } = await replay('other.json', {
      ...trace,
      endContent: `${trace.endContent.slice(0, 20)}!${trace.endContent.slice(20)}`,
    })
    expect(said).toMatch(/^FAILED .*author 0 differs at 20 .*a new client differs at 20/)
    expect(code).toBe(1)
  })

  test('[Y12] what is not a recording is refused in one line', async () => {
    expect(await replay('no.json', { some: 'thing' })).toEqual({
      code: 1,
      said: 'replay: not a recorded session: it needs `txns` and `endContent`',
    })
    expect((await runReplay()).code).toBe(2)
  })
})

describe('what a recording says about who had seen what', () => {
  test('[Y12] parents become counts per author', () => {
    const patches = [[0, 0, 'x']] as const
    const recording = parseRecording({
      endContent: '',
      txns: [
        { parents: [], agent: 0, patches },
        { parents: [0], agent: 1, patches },
        { parents: [0], agent: 0, patches },
        { parents: [1, 2], agent: 1, patches },
      ],
    })
    expect(recording.transactions.map(({ seen }) => seen)).toEqual([
      [0, 0],
      [1, 0],
      [1, 0],
      [2, 1],
    ])
    expect(recording.concurrent).toBe(1)
  })

  test('[Y12] an author who went on beside his own last transaction cannot be replayed', () => {
    const txns = [0, 1].map(() => ({ parents: [], agent: 0, patches: [[0, 0, 'x'] as const] }))
    expect(() => parseRecording({ endContent: '', txns })).toThrow(/beside an own earlier one/)
  })
})
