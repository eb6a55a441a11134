import { build } from '../../scripts/build.mjs'

/**
 * Vitest cannot start a `.ts` worker thread on Node 20, and the command is tested as it ships: both
 * come from `dist/`. Type errors are left to `npm run check`, which reads the tests as well.
 */
export function setup(): void {
  build({ ifStale: true, check: false })
}
