import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** What every project of ours shares. An unhandled error fails a run by Vitest's own default. */
const shared = {
  pool: 'forks',
  testTimeout: 15_000,
  hookTimeout: 30_000,
  teardownTimeout: 10_000,
} as const

export default defineConfig({
  test: {
    // One more than there are cores: many tests wait, for a second that a rule names or for a page.
    maxWorkers: availableParallelism() + 1,
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['architecture', 'browser', 'faults', 'cluster', 'long'].map(
            (it) => `test/${it}/**`,
          ),
          globalSetup: ['test/support/build.ts'],
        },
      },
      {
        test: { ...shared, name: 'architecture', include: ['test/architecture/*.test.ts'] },
      },
      {
        test: {
          ...shared,
          name: 'browser',
          include: ['test/browser/*.test.ts'],
          globalSetup: ['test/support/build.ts'],
          testTimeout: 60_000,
        },
      },
    ],
  },
})
