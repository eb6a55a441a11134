import { createRequire } from 'node:module'
import type Binding from 'better-sqlite3'
import { TributaryError } from '../core/errors.ts'

/** From here on version 12 aborts the process when a statement is collected: decision 005. */
const NEEDS_13 = 22

/** better-sqlite3, in the version that this Node can run. Both have the same interface and format. */
export const Database: typeof Binding = (await binding()).default

export type Connection = Binding.Database

/** @throws `ERR_MODULE_NOT_FOUND` when it is not installed. */
async function binding(): Promise<{ readonly default: typeof Binding }> {
  const node = Number.parseInt(process.versions.node, 10)
  if (node >= NEEDS_13) {
    // Here both are installed, under two names; elsewhere it has its own, in either version.
    const aside = await import('better-sqlite3-13').catch(() => null)
    if (aside !== null) return aside
  }
  const there = await import('better-sqlite3')
  const { version } = createRequire(import.meta.url)('better-sqlite3/package.json')
  const fits = node >= NEEDS_13 ? 13 : 12
  if (Number.parseInt(version, 10) === fits) return there
  throw new TributaryError(
    'storage',
    `better-sqlite3 ${version} does not run on Node ${node}: npm install better-sqlite3@${fits}`,
  )
}
