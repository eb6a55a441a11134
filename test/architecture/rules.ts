// The rules of the house, as data. `faults.ts` reads them, `house.test.ts` holds the tree to them.

/**
 * A folder, or a file beside the folders, imports only itself and what has a lower rank. Types
 * count: what cannot be understood without another is not below it.
 */
export const RANKS: Readonly<Record<string, number>> = {
  core: 1,
  wire: 2,
  crdt: 2,
  sqlite: 2,
  ops: 2,
  log: 3,
  snapshots: 3,
  entity: 4,
  session: 5,
  jobs: 5,
  dialects: 6,
  transport: 7,
  http: 7,
  'store.ts': 7,
  'server.ts': 8,
  'main.ts': 9,
  'index.ts': 9,
}

/** Where each package lives: folders, or single files. One that is not here lives nowhere. */
export const HOMES: Readonly<Record<string, readonly string[]>> = {
  ws: ['transport/'],
  'better-sqlite3': ['sqlite/'],
  'better-sqlite3-13': ['sqlite/'],
  hono: ['http/'],
  '@hono/node-server': ['http/'],
  pino: ['ops/'],
  'pino-pretty': ['ops/'],
  'prom-client': ['ops/'],
  zod: ['ops/'],
  'lru-cache': ['entity/', 'session/'],
  lib0: ['wire/', 'crdt/'],
  // Whoever may call yjs has to know that its bytes are checked: few files, each known by name.
  yjs: ['crdt/merge.ts', 'crdt/canonical.ts'],
}

/** These also run in browsers: no Node module and none of its globals. */
export const BROWSER_SAFE: readonly string[] = ['core', 'wire', 'crdt']
export const NODE_GLOBALS: readonly string[] = [
  'Buffer',
  'process',
  'setImmediate',
  'require',
  '__dirname',
]

/** The page and the provider share these with the server, and nothing else. */
export const CLIENT_MAY_IMPORT: readonly string[] = ['core', 'wire', 'crdt']

/** The only file that reads `process.env`. */
export const READS_ENVIRONMENT = 'ops/read-options.ts'

/** The only file that re-exports. */
export const DOOR = 'index.ts'
