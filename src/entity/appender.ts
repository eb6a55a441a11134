import type { Cancel, Clock } from '../core/clock.ts'
import { TributaryError } from '../core/errors.ts'
import type { EntityKey } from '../core/ids.ts'
import type { Position } from '../core/position.ts'
import { mergeSound } from '../crdt/merge.ts'
import type { SoundUpdate } from '../crdt/scan.ts'
import type { Author, Log, NewEntry } from '../log/log.ts'
import type { Batch } from './batch.ts'
import type { Member } from './member.ts'

/** A batch that has been fanned out and waits for the log. */
export interface Unlogged {
  readonly batch: Batch
  /** When the first of its updates came, on the monotonic clock. */
  readonly since: number
  readonly authors: readonly Author[]
  /** Who has not been sent it, having written all of it. */
  readonly single: Member | null
}

export interface AppenderContext {
  readonly clock: Clock
  readonly log: Log
  nextEntryId(): string
}

/** What becomes of what was pushed; the entity's. */
export interface AppenderSink {
  /** These are durable, at that position. `since`: when the append began. */
  landed(unlogged: readonly Unlogged[], position: Position, since: number): void
  /** The first failure of an entry; it is tried again until it lands. */
  failing(error: TributaryError): void
}

/** Batches that are written as one entry. */
interface Flight {
  readonly entry: NewEntry
  readonly unlogged: readonly Unlogged[]
  readonly since: number
  retries: number
}

/** One entry takes in at most so much of what waited. */
const ENTRY_BYTES = 8 * 1024 * 1024
const RETRY_FIRST_MS = 100
const RETRY_MOST_MS = 2_000

/**
 * The way of one entity's batches into its log: one append under way at a time, so that the log never
 * holds an entry without those that it builds on. What waits meanwhile becomes one entry. An append
 * that fails has left nothing behind, and is tried again under the same id until it lands.
 */
export class Appender {
  readonly #context: AppenderContext
  readonly #key: EntityKey
  readonly #sink: AppenderSink
  #waiting: Unlogged[] = []
  #flight: Flight | null = null
  #cancelRetry: Cancel | null = null
  #closed = false

  constructor(context: AppenderContext, key: EntityKey, sink: AppenderSink) {
    this.#context = context
    this.#key = key
    this.#sink = sink
  }

  /** Something is not durable yet. */
  get busy(): boolean {
    return this.#flight !== null || this.#waiting.length > 0
  }

  /** Whether an entry of the log is the one that is under way. */
  isOwn(entryId: string): boolean {
    return entryId === this.#flight?.entry.id
  }

  push(unlogged: Unlogged): void {
    this.#waiting.push(unlogged)
    this.#next()
  }

  /** Forgets what waits. Idempotent. */
  close(): void {
    this.#closed = true
    this.#cancelRetry?.()
    this.#waiting = []
    this.#flight = null
  }

  #next(): void {
    if (this.#closed || this.#flight !== null || this.#waiting.length === 0) return
    const { unlogged, update } = this.#take()
    const entry: NewEntry = {
      id: this.#context.nextEntryId(),
      authors: authorsOf(unlogged),
      origin: 'session',
      time: this.#context.clock.wall(),
      update,
    }
    this.#flight = { entry, unlogged, since: this.#context.clock.monotonic(), retries: 0 }
    this.#append(this.#flight)
  }

  /** As many of those that wait as make one entry; the first alone if Yjs fails at merging them. */
  #take(): { unlogged: Unlogged[]; update: SoundUpdate } {
    let count = 0
    let bytes = 0
    do {
      bytes += this.#waiting[count++]?.batch.update.length ?? 0
    } while (count < this.#waiting.length && bytes < ENTRY_BYTES)
    const updates = this.#waiting.slice(0, count).map(({ batch }) => batch.update)
    try {
      const update = mergeSound(updates)
      return { unlogged: this.#waiting.splice(0, count), update }
    } catch {
      return { unlogged: this.#waiting.splice(0, 1), update: updates[0] as SoundUpdate }
    }
  }

  #append(flight: Flight): void {
    this.#context.log.append(this.#key, flight.entry).then(
      ({ position }) => {
        if (this.#flight !== flight) return
        this.#flight = null
        this.#sink.landed(flight.unlogged, position, flight.since)
        this.#next()
      },
      (cause: unknown) => this.#retry(flight, TributaryError.from(cause)),
    )
  }

  #retry(flight: Flight, error: TributaryError): void {
    if (this.#flight !== flight) return
    if (flight.retries === 0) this.#sink.failing(error)
    const wait = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** flight.retries++)
    this.#cancelRetry = this.#context.clock.after(wait, () => this.#append(flight))
  }
}

function authorsOf(unlogged: readonly Unlogged[]): readonly Author[] {
  const [first, ...others] = unlogged
  if (first !== undefined && others.length === 0) return first.authors
  const bySession = new Map<string, { author: Author; clients: Set<number> }>()
  for (const author of unlogged.flatMap(({ authors }) => authors)) {
    const known = bySession.get(author.session)
    if (known === undefined) {
      bySession.set(author.session, { author, clients: new Set(author.clients) })
    } else {
      for (const client of author.clients) known.clients.add(client)
    }
  }
  return Array.from(bySession.values(), ({ author, clients }) => ({
    ...author,
    clients: [...clients],
  }))
}
