import type Binding from 'better-sqlite3'

/** From here on version 12 aborts the process when a statement is collected: decision 005. */
const NEEDS_13 = 22

const major = Number.parseInt(process.versions.node, 10)
const binding = await (major < NEEDS_13 ? import('better-sqlite3') : import('better-sqlite3-13'))

/** better-sqlite3, in the version that this Node can run. Both have the same interface and format. */
export const Database: typeof Binding = binding.default

export type Connection = Binding.Database
