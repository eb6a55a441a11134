import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** What every project of ours shares. An unhandled error fails a run by Vitest's own default. */
const shared = {
  pool: 'forks',
  testTimeout: 15_000,
  hookTimeout: 30_000,
  teardownTimeout: 10_000,
} as const

/** Run by another project, or by another config. */
const ELSEWHERE = ['architecture', 'browser', 'faults', 'cluster', 'long'].map(all)
/**
 * Folders whose tests share processes: nothing of them outlives a test, and a new process for each
 * file costs a quarter of a second of CPU. Who replaces a module is not here, nor who needs a stack
 * that no earlier test has made V8 use better.
 */
const PURE = [
  ...['core', 'fuzz', 'record', 'whiteboard', 'wire'].map(all),
  'test/crdt/**/!(poison).test.ts',
]

function all(folder: string): string {
  return `test/${folder}/**/*.test.ts`
}

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
          exclude: [...ELSEWHERE, ...PURE],
          globalSetup: ['test/support/build.ts'],
        },
      },
      {
        test: { ...shared, name: 'pure', include: PURE, isolate: false },
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
