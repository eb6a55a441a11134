import { defineConfig } from 'vitest/config'

/** What takes minutes: faults made for real, and what is large or slow. */
export default defineConfig({
  test: {
    name: 'faults',
    include: ['test/faults/**/*.test.ts', 'test/cluster/**/*.test.ts', 'test/long/**/*.test.ts'],
    globalSetup: ['test/support/build.ts'],
    pool: 'forks',
    // Most of it waits. One at a time it would take thrice as long.
    maxWorkers: 3,
    testTimeout: 10 * 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
  },
})
