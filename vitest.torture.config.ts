import { defineConfig } from 'vitest/config'

/** Random faults for as long as one likes: `npm run torture -- --minutes 10`, which picks one of the two. */
export default defineConfig({
  test: {
    name: 'torture',
    include: ['test/faults/torture.ts', 'test/cluster/torture.ts'],
    globalSetup: ['test/support/build.ts'],
    pool: 'forks',
    disableConsoleIntercept: true,
    teardownTimeout: 10_000,
  },
})
