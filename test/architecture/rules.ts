// The rules of the house, as data. `faults.ts` reads them, `house.test.ts` holds the tree to them.

/**
 * A folder, or a file beside the folders, imports only itself and what has a lower rank. Types
 * count: what cannot be understood without another is not below it.
 */
export const RANKS: Readonly<Record<string, number>> = {
  core: 1,
  record: 1,
  wire: 2,
  crdt: 2,
  sqlite: 2,
  redis: 2,
  ops: 2,
  bus: 3,
  queue: 3,
  log: 3,
  snapshots: 3,
  access: 3,
  entity: 4,
  session: 5,
  jobs: 5,
  dialects: 6,
  transport: 7,
  http: 7,
  'store.ts': 7,
  'compaction.ts': 7,
  'server.ts': 8,
  'main.ts': 9,
  'index.ts': 9,
}

/** The same for the pages: they import what they share, and never one another. */
export const CLIENT_RANKS: Readonly<Record<string, number>> = {
  field: 1,
  link: 1,
  offline: 1,
  person: 1,
  provider: 1,
  text: 2,
  whiteboard: 2,
  'vite.config.ts': 3,
  'vite.provider.config.ts': 3,
}

/** And inside the whiteboard, which is a house of its own. */
export const WHITEBOARD_RANKS: Readonly<Record<string, number>> = {
  'board-link.ts': 1,
  'show-address.ts': 1,
  geometry: 1,
  model: 2,
  scene: 3,
  editor: 4,
  people: 5,
  tools: 5,
  render: 6,
  input: 6,
  files: 6,
  showoff: 6,
  ui: 7,
  'enter-board.ts': 8,
  'main.ts': 9,
}

/** And inside the provider, which others install: it is built for browsers and for Node. */
export const PROVIDER_RANKS: Readonly<Record<string, number>> = {
  'status.ts': 1,
  'store.ts': 1,
  'channel.ts': 2,
  keep: 2,
  link: 3,
  handle: 4,
  'connect.ts': 5,
  node: 8,
  'index.ts': 9,
}

/** What holds for whatever lies below `root`: a name there is a folder or a file of the table. */
export interface House {
  readonly root: string
  readonly ranks: Readonly<Record<string, number>>
}
export const HOUSES: readonly House[] = [
  { root: 'src/', ranks: RANKS },
  { root: 'client/', ranks: CLIENT_RANKS },
  { root: 'client/whiteboard/', ranks: WHITEBOARD_RANKS },
  { root: 'client/provider/', ranks: PROVIDER_RANKS },
]

/** Where each package lives in `src/`: folders, or single files. One that is not here lives nowhere. */
export const HOMES: Readonly<Record<string, readonly string[]>> = {
  ws: ['transport/'],
  'better-sqlite3': ['sqlite/'],
  'better-sqlite3-13': ['sqlite/'],
  ioredis: ['redis/'],
  hono: ['http/'],
  '@hono/node-server': ['http/'],
  pino: ['ops/'],
  'pino-pretty': ['ops/'],
  'prom-client': ['ops/'],
  zod: ['ops/', 'access/'],
  jose: ['access/'],
  'lru-cache': ['entity/', 'jobs/', 'log/', 'session/'],
  lib0: ['wire/', 'crdt/'],
  // Whoever may call yjs has to know that its bytes are checked: few files, each known by name.
  yjs: ['crdt/merge.ts', 'crdt/canonical.ts'],
}

/** Not everybody has these installed: what begins here loads them when they are needed, and no sooner. */
export const WITHOUT_STORES = {
  from: ['src/main.ts', 'src/index.ts'],
  packages: ['better-sqlite3', 'better-sqlite3-13', 'ioredis'],
} as const

/** The same in `client/`. */
export const CLIENT_HOMES: Readonly<Record<string, readonly string[]>> = {
  // On a board only the model knows that there is a document; a bot brings one along.
  yjs: ['field/', 'provider/', 'text/main.ts', 'whiteboard/model/', 'whiteboard/showoff/'],
  'y-protocols': ['link/', 'provider/', 'text/', 'whiteboard/people/'],
  'y-websocket': ['link/', 'text/main.ts'],
  lib0: ['link/', 'provider/', 'whiteboard/model/', 'whiteboard/showoff/'],
  '@preact/signals-core': [
    ...['editor/', 'people/', 'tools/', 'render/', 'input/', 'files/', 'showoff/', 'ui/'],
    'enter-board.ts',
  ].map((place) => `whiteboard/${place}`),
  rbush: ['whiteboard/scene/'],
  'perfect-freehand': ['whiteboard/scene/'],
  'fractional-indexing': ['whiteboard/model/'],
  'perfect-cursors': ['whiteboard/people/'],
  uqr: ['whiteboard/ui/'],
  ws: ['provider/node/'],
  vite: ['vite.config.ts', 'vite.provider.config.ts'],
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

/** The only part of the client that may import Node's modules: the provider where there is no browser. */
export const CLIENT_IN_NODE = 'client/provider/node/'

/** What a board is and does, without a page around it: tested in Node, and no DOM is in it. */
export const DOM_FREE: readonly string[] = ['geometry', 'model', 'scene', 'editor', 'tools'].map(
  (folder) => `client/whiteboard/${folder}/`,
)
export const DOM_GLOBALS =
  /^(document|window|navigator|location|localStorage|sessionStorage|(HTML|SVG)\w*Element|\w*CanvasRenderingContext2D|\w*Canvas|Path2D|ImageData|\w+Event|requestAnimationFrame|matchMedia|getComputedStyle|devicePixelRatio|ResizeObserver)$/

/** The pages and the provider share these with the server, and nothing else. */
export const CLIENT_MAY_IMPORT: readonly string[] = ['core', 'wire', 'crdt']

/** The only file that reads `process.env`. */
export const READS_ENVIRONMENT = 'ops/read-options.ts'

/** The files that re-export: what others import is named there. */
export const DOORS: readonly string[] = [
  'index.ts',
  'client/provider/index.ts',
  'client/provider/node/index.ts',
]
