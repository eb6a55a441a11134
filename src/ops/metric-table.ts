import { type ErrorCode, errorTable } from '../core/errors.ts'

const CODES = Object.keys(errorTable) as ErrorCode[]

/**
 * What is measured. A row is a metric: `updatesIn` is exposed as `tributary_updates_in_total`.
 * The README's table is made from these rows.
 *
 * - `counter`: only grows. With a `label` it is one counter per value of it.
 * - `gauge`: now. With a `label` it is one per value of it.
 * - `time`: a histogram that is told milliseconds and shown in seconds, as Prometheus wants them.
 * - `amount`: a histogram of a count or of bytes.
 */
// biome-ignore format: a table is read in rows
export const metricTable = {
  sockets: { kind: 'gauge', what: 'open sockets' },
  sessions: { kind: 'gauge', what: 'sessions: one client on one entity' },
  tenantSessions: { kind: 'gauge', label: 'tenant', values: ['default'], most: 100, what: 'sessions per tenant: of the first 100 that came, and all others' },
  tenantUpdates: { kind: 'counter', label: 'tenant', values: ['default'], most: 100, what: 'updates received from sessions, per tenant' },
  tenantBytesIn: { kind: 'counter', label: 'tenant', values: ['default'], most: 100, what: 'bytes of updates received from sessions, per tenant' },
  entities: { kind: 'gauge', name: 'entities_open', what: 'entities in memory' },
  tier: { kind: 'gauge', label: 'tier', values: ['memory', 'process', 'disk'], what: '1 for the tier in force' },
  redisUp: { kind: 'gauge', what: '1 while the node is connected with its Redis, and Redis takes what is written' },
  redisReplicas: { kind: 'gauge', what: 'replicas of Redis that had everything when they were last waited for' },
  outboxBytes: { kind: 'gauge', what: 'bytes accepted for sessions and not yet taken by their sockets' },
  pendingBytes: { kind: 'gauge', what: 'bytes of updates that are not yet durable' },
  cacheBytes: { kind: 'gauge', what: 'bytes of snapshots kept in memory' },
  eventLoopDelay: { kind: 'gauge', name: 'event_loop_delay_seconds', label: 'quantile', values: ['0.5', '0.99', '1'], what: 'how late the event loop is, since the last reading' },

  updatesIn: { kind: 'counter', what: 'updates received from sessions' },
  updatesOut: { kind: 'counter', what: 'updates handed to sessions, merged ones counted once' },
  bytesIn: { kind: 'counter', what: 'bytes of messages received' },
  bytesOut: { kind: 'counter', what: 'bytes of messages sent' },
  repeated: { kind: 'counter', name: 'updates_repeated', what: 'updates that brought nothing new' },
  unclosed: { kind: 'counter', name: 'updates_unclosed', what: 'updates cut because something they build on is not known' },
  questions: { kind: 'counter', what: 'times a client was asked for what its updates build on' },
  neutered: { kind: 'counter', name: 'updates_neutered', what: 'updates stored without their content, being over a limit' },
  setAside: { kind: 'counter', what: 'originals set aside' },
  refusals: { kind: 'counter', label: 'code', values: CODES, what: 'requests, updates and sessions refused' },
  conflations: { kind: 'counter', what: 'queues of slow sessions replaced by one merged update' },
  unknownMessages: { kind: 'counter', what: 'messages of a kind this server does not know' },
  awarenessDropped: { kind: 'counter', what: 'awareness states dropped: not newer, not the owner\'s, or over a limit' },
  nodes: { kind: 'gauge', what: 'nodes that know each other, this one among them' },
  subscriptionsDead: { kind: 'counter', what: 'times the subscriptions to Redis brought nothing any more and were made anew' },
  busSent: { kind: 'counter', name: 'bus_messages_sent', what: 'messages published for other nodes, those about presence included' },
  busDropped: { kind: 'counter', name: 'bus_messages_dropped', what: 'messages for other nodes that could not be published' },
  redisReconnections: { kind: 'counter', what: 'times the connection with Redis was there again' },
  redisFailures: { kind: 'counter', label: 'reason', values: ['full', 'replica', 'disk', 'replicas', 'denied', 'busy', 'slow', 'refused', 'unreachable'], what: 'calls to Redis that failed' },
  damaged: { kind: 'counter', name: 'stored_values_damaged', what: 'stored entries and snapshots found damaged' },
  notUnderstood: { kind: 'counter', name: 'stored_values_not_understood', what: 'stored entries and snapshots of a later version, passed over and kept' },
  compactions: { kind: 'counter', label: 'result', values: ['committed', 'stale', 'failed'], what: 'compactions' },
  heldBytes: { kind: 'gauge', what: 'memory for entries that were appended not long ago, kept in case that Redis loses them' },
  heldEntries: { kind: 'gauge', what: 'such entries' },
  holdReach: { kind: 'gauge', name: 'hold_seconds', what: 'how far back these entries reach, at most 60' },
  healing: { kind: 'gauge', what: 'entities whose log has turned out to be another one, and is being healed' },
  heals: { kind: 'counter', label: 'result', values: ['nothing', 'appended', 'failed'], what: 'times that a log was healed: it lacked nothing, what it lacked was appended, or did not stay there' },
  healedBytes: { kind: 'counter', what: 'bytes of updates that were appended again because a log had lost them' },
  adoptions: { kind: 'counter', what: 'snapshots of the cluster from which an open entity goes on' },
  handlerErrors: { kind: 'counter', what: 'errors caught at a connection that nobody expected' },

  batchUpdates: { kind: 'amount', what: 'updates merged into one entry', buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] },
  tickTime: { kind: 'time', what: 'length of an entity\'s tick', buckets: [8, 16, 20, 25, 33, 50, 75, 100, 150, 250] },
  appendTime: { kind: 'time', what: 'from the append of an entry to its being durable', buckets: [0.5, 1, 2, 5, 10, 20, 50, 100, 250, 500, 1_000, 5_000] },
  ackTime: { kind: 'time', what: 'from the arrival of an update to its being durable', buckets: [1, 2, 5, 10, 20, 50, 100, 250, 500, 1_000, 5_000] },
  fanoutTime: { kind: 'time', what: 'from the arrival of an update to its being written to the other sessions', buckets: [0.5, 1, 2, 5, 10, 20, 50, 100, 250, 500, 1_000, 5_000] },
  loadTime: { kind: 'time', what: 'from the first session of an entity to its being loaded', buckets: [1, 2, 5, 10, 20, 50, 100, 250, 500, 1_000, 5_000] },
  compactionTime: { kind: 'time', what: 'duration of a compaction', buckets: [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000, 60_000] },
} as const satisfies Record<string, MetricRow>

export interface MetricRow {
  readonly kind: 'counter' | 'gauge' | 'time' | 'amount'
  /** Exposed name without prefix and suffix, where it is not the row's own in snake case. */
  readonly name?: string
  readonly label?: string
  /** Every value the label can have; with `most`, those that are shown from the start. */
  readonly values?: readonly string[]
  /** Of a label whose values are not all known beforehand: so many are told apart. */
  readonly most?: number
  /** Upper bounds; milliseconds for `time`. */
  readonly buckets?: readonly number[]
  readonly what: string
}

export type MetricTable = typeof metricTable
export type MetricName = keyof MetricTable

/** @example exposedName('tickTime') // 'tributary_tick_seconds' */
export function exposedName(name: MetricName): string {
  const row: MetricRow = metricTable[name]
  const base = row.name ?? name.replace(/Time$/, '').replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)
  const suffix = { counter: '_total', gauge: '', time: '_seconds', amount: '' }[row.kind]
  return `tributary_${base}${suffix}`
}
