import { explained } from './remedies.ts'

/** Why a call to Redis failed, in one word: the label of a metric. */
export type Failure = keyof typeof failureTable

interface Row {
  /** First words of what Redis says, or part of what the client says. */
  readonly of: RegExp
  /** What it means, for people; what was said stands behind it where that tells more. */
  readonly what: string
  readonly quotes: boolean
}

/** In the order in which they are looked for; the last one fits everything. */
// biome-ignore format: a table is read in rows
const failureTable = {
  full: { of: /^OOM/, what: 'Redis is full (maxmemory) and takes nothing until there is room', quotes: false },
  replica: { of: /^READONLY|^MASTERDOWN/, what: 'Redis is a replica and takes nothing', quotes: false },
  disk: { of: /^MISCONF/, what: 'Redis cannot write to its disk, and takes nothing', quotes: false },
  replicas: { of: /^NOREPLICAS/, what: 'Redis has too few replicas to take anything (min-replicas-to-write)', quotes: false },
  denied: { of: /^(NOAUTH|WRONGPASS|NOPERM)/, what: 'Redis does not let us', quotes: true },
  busy: { of: /^(LOADING|BUSY|TRYAGAIN|CLUSTERDOWN|MOVED|ASK|UNBLOCKED|ERR max number of clients)/, what: 'Redis cannot answer now', quotes: true },
  slow: { of: /timed out/i, what: 'Redis does not answer in time', quotes: false },
  refused: { of: /^(ERR|[A-Z]{3,}) /, what: 'Redis refused a call', quotes: true },
  unreachable: { of: /^/, what: 'Redis cannot be reached', quotes: true },
} as const satisfies Record<string, Row>

const ROWS = Object.entries(failureTable) as [Failure, Row][]

/** @example failureOf(new Error('OOM command not allowed when used memory > maxmemory')) // 'full' */
export function failureOf(error: Error): Failure {
  const found = ROWS.find(([, { of }]) => of.test(error.message))
  return found === undefined ? 'unreachable' : found[0]
}

/** One line for people. */
export function inWords(error: Error): string {
  const { what, quotes } = failureTable[failureOf(error)]
  return quotes ? `${what}: ${explained(error.message)}` : what
}

/** Whether Redis says by that reply that it cannot now, and nothing of what it was asked. */
export const isInability = (reply: Error): boolean =>
  !(['refused', 'slow', 'unreachable'] as Failure[]).includes(failureOf(reply))

/** What keeps Redis from taking anything, although it answers: it is over when something was taken. */
export const TAKES_NOTHING: ReadonlySet<Failure> = new Set([
  ...(['full', 'replica', 'disk', 'replicas', 'denied', 'slow'] as const),
])
