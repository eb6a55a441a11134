import { defineConfig } from 'vitest/config'

/** Faults are made for real, with real processes, one scenario at a time: minutes, not seconds. */
export default defineConfig({
  test: {
    name: 'faults',
    include: ['test/faults/**/*.test.ts'],
    globalSetup: ['test/support/build.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 10 * 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
  },
})
