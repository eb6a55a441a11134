import { defineConfig } from 'vitest/config'

/** Bytes with a structure on checker and dialect, for as long as `npm run fuzz` is told. */
export default defineConfig({
  test: {
    name: 'fuzz',
    include: ['test/fuzz/long/*.fuzz-long.ts'],
    globalSetup: ['test/support/build.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // The fuzzers end by themselves; what wedges one is ended by `scripts/fuzz.mjs`.
    testTimeout: 24 * 60 * 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
  },
})
