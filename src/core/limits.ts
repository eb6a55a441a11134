const KB = 1024
const MB = 1024 * KB

/**
 * Everything a peer can grow has a bound, in this one table. Each is an option (`ops/options.ts`
 * makes the flag from the name: `frameBytes` → `--limit-frame-bytes`), and each has a test that
 * reaches it. `what` and `reached` become the README's table.
 */
// biome-ignore format: a table is read in rows
export const limitTable = {
  frameBytes: { default: 64 * MB, what: 'one frame', reached: 'close 1009' },
  updateBytes: { default: 32 * MB, what: 'one update', reached: 'neutered' },
  entityBytes: { default: 128 * MB, what: 'one entity, encoded', reached: 'updates are neutered' },
  entitySessions: { default: 10_000, what: 'sessions on one entity', reached: '503 before the upgrade' },
  addressSockets: { default: 10_000, what: 'sockets of one address', reached: '429 before the upgrade' },
  nodeSockets: { default: 50_000, what: 'sockets of one node', reached: '503 before the upgrade' },
  socketSessions: { default: 256, what: 'entities that are open on one socket at /connect', reached: 'refused' },
  socketOpens: { default: 32, what: 'entities that one such socket has opened at the same time', reached: 'further ones wait' },
  unauthenticatedBytes: { default: 64 * KB, what: 'bytes that a socket at /connect may send before its hello is read; from then until an entity is open, one message may have 16 times as many', reached: 'close 1009' },
  awarenessBytes: { default: 16 * KB, what: 'one awareness state', reached: 'that state is dropped' },
  awarenessDepth: { default: 64, what: 'nesting of one awareness state', reached: 'that state is dropped' },
  sessionClients: { default: 64, what: 'client ids one session speaks for', reached: 'further ids are dropped' },
  sessionNewClients: { default: 120, what: 'new client ids of one session per minute, outside an answer the server asked for', reached: 'reading pauses' },
  sessionMessages: { default: 2_000, what: 'messages of one session per second', reached: 'reading pauses' },
  sessionMessagesBurst: { default: 10_000, what: 'the same, in one burst', reached: 'reading pauses' },
  sessionBytes: { default: 8 * MB, what: 'bytes of one session per second', reached: 'reading pauses' },
  sessionBytesBurst: { default: 64 * MB, what: 'the same, in one burst', reached: 'reading pauses' },
  outboxSoftBytes: { default: 256 * KB, what: 'unsent fan-out of one session', reached: 'conflation' },
  outboxHardBytes: { default: 64 * MB, what: 'unsent bytes of one session, join included', reached: 'the join waits' },
  pendingNodeBytes: { default: 256 * MB, what: 'updates of one node that are not yet durable', reached: 'close 1013' },
  pendingEntityBytes: { default: 64 * MB, what: 'the same of one entity', reached: 'close 1013' },
  heldBytes: { default: 256 * MB, what: 'entries of the last minute, kept in case that Redis loses them', reached: 'close 1013' },
  setAsideBytes: { default: 256 * MB, what: 'originals set aside', reached: 'the oldest go' },
} as const satisfies Record<string, { default: number; what: string; reached: string }>

export type LimitName = keyof typeof limitTable
export type Limits = { readonly [name in LimitName]: number }

/** The paces of the house, in milliseconds unless the name says otherwise. Options too. */
// biome-ignore format: a table is read in rows
export const paceTable = {
  tick: { default: 16, what: 'a busy entity sends at most once in this time, with more than 108 sessions less often: CPU is saved, updates come later' },
  tickMax: { default: 250, what: 'the longest tick under pressure' },
  commit: { default: 10, what: 'a busy log commits at most once in this time' },
  idle: { default: 30_000, what: 'an entity without sessions is unloaded after this time' },
  compactEntries: { default: 500, what: 'an entity is compacted after so many entries, one of more than 64 KB after up to 8 times as many' },
  compactBytes: { default: 256 * KB, what: 'or after so many bytes of entries' },
  compactQuiet: { default: 60_000, what: 'or after this time without a write' },
  takeover: { default: 15_000, what: 'the job of a worker that has been silent for this time is given to another' },
  cacheBytes: { default: 512 * MB, what: 'snapshots kept in memory' },
  ping: { default: 20_000, what: 'a silent socket is pinged after this time' },
  pong: { default: 10_000, what: 'and is dead when this time more brought nothing' },
  hello: { default: 10_000, what: 'a socket at /connect is closed that has not said hello after this time' },
  replicas: { default: 500, what: 'replicas of Redis are waited for this long, with --redis-replicas' },
  stall: { default: 30_000, what: 'a session whose unsent bytes reach no new low for this time is closed' },
  ask: { default: 10_000, what: 'a question to a client is asked again, then given up, after this time' },
  grace: { default: 25_000, what: 'a session whose token has expired is told so, and ends after this time' },
  audit: { default: 4_000, what: 'everything open is compared with its log in Redis once in this time' },
  drain: { default: 3_000, what: 'on shutdown sockets are closed spread over this time at most' },
} as const satisfies Record<string, { default: number; what: string }>

export type PaceName = keyof typeof paceTable
export type Paces = { readonly [name in PaceName]: number }

const defaults = <Name extends string>(table: Record<Name, { default: number }>) =>
  Object.fromEntries(
    Object.entries<{ default: number }>(table).map(([name, row]) => [name, row.default]),
  ) as { [name in Name]: number }

export const DEFAULT_LIMITS: Limits = defaults(limitTable)
export const DEFAULT_PACES: Paces = defaults(paceTable)
