import { defineConfig } from 'vitest/config'

/** What takes minutes: faults made for real, one scenario at a time, and what is large or slow. */
export default defineConfig({
  test: {
    name: 'faults',
    include: ['test/faults/**/*.test.ts', 'test/cluster/**/*.test.ts', 'test/long/**/*.test.ts'],
    globalSetup: ['test/support/build.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 10 * 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
  },
})
