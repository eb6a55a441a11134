import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Minutes each, and most of that is waiting: begun last, they would be alone at the end. */
const LONGEST = ['faults/defects', 'faults/sim-long', 'faults/kill', 'cluster/torture']

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`))
      return place < 0 ? LONGEST.length : place
    }
    // Stable: all others stay as Vitest would run them.
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other))
  }
}

/** What takes minutes: faults made for real, and what is large or slow. */
export default defineConfig({
  test: {
    name: 'faults',
    include: ['test/faults/**/*.test.ts', 'test/cluster/**/*.test.ts', 'test/long/**/*.test.ts'],
    globalSetup: ['test/support/build.ts'],
    pool: 'forks',
    // Most of it waits. One at a time it would take twice as long.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 10 * 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
  },
})
