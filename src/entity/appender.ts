import type { Cancel, Clock } from '../core/clock.ts'
import { TributaryError } from '../core/errors.ts'
import type { EntityKey } from '../core/ids.ts'
import type { Position } from '../core/position.ts'
import type { Tier } from '../core/tier.ts'
import { mergeSound } from '../crdt/merge.ts'
import type { SoundUpdate } from '../crdt/scan.ts'
import type { Appended, Author, Log, NewEntry } from '../log/log.ts'
import type { Batch } from './batch.ts'
import type { Member } from './member.ts'
import { newEntry } from './new-entry.ts'

/** How safe what has landed is. */
export type Saved = Pick<Appended, 'tier' | 'replicas'>

/** A batch that has been fanned out and waits for the log. */
export interface Unlogged {
  readonly batch: Batch
  /** The place that its authors were told: at most that of the batch. */
  readonly seq: number
  /** When the first of its updates came, on the monotonic clock. */
  readonly since: number
  readonly authors: readonly Author[]
  /** Who has not been sent it, having written all of it. */
  readonly single: Member | null
}

/** An entry that is as it must be: one that was under way once, or what a heal appends. */
export interface Made {
  readonly entry: NewEntry
  /** The batches that it is made of; none of what heals. */
  readonly unlogged: readonly Unlogged[]
  /** Of the first of those, or of what heals: the place in the fan-out order. */
  readonly seq: number
}

export interface AppenderContext {
  readonly clock: Clock
  readonly log: Log
  nextEntryId(): string
}

/** What becomes of what was pushed; the entity's. */
export interface AppenderSink {
  /** This is durable, at that position. `since`: when the append began. */
  landed(made: Made, position: Position, since: number): void
  /** The first failure of an entry; it is tried again until it lands. */
  failing(error: TributaryError): void
  /** What of an update was taken without its content, for the entry that has it; `null` for nothing. */
  emptied(update: SoundUpdate): Uint8Array | null
}

/** An entry that is being appended. */
interface Flight extends Made {
  readonly since: number
  retries: number
  /** It has failed, and waits to be tried again. */
  cancelRetry: Cancel | null
}

/** One entry takes in at most so much of what waited. */
const ENTRY_BYTES = 8 * 1024 * 1024
const RETRY_FIRST_MS = 100
const RETRY_MOST_MS = 2_000
/** Of all appenders that have nothing to append: it is exchanged, never pushed to. */
const NONE: (Unlogged | Made)[] = []

/**
 * The way of one entity's batches into its log: one append under way at a time, so that the log never
 * holds an entry without those that it builds on. What waits meanwhile becomes one entry. An append
 * that fails has left nothing behind, and is tried again under the same id until it lands.
 *
 * While it is paused nothing is appended: its log is being looked at, and what waits may have to be
 * put in another order.
 */
export class Appender {
  readonly #context: AppenderContext
  readonly #key: EntityKey
  readonly #sink: AppenderSink
  #waiting: (Unlogged | Made)[] = NONE
  #flight: Flight | null = null
  /** Called when what was under way at the pause has an end; `null` while it is not paused. */
  #paused: (() => void)[] | null = null
  #tier: Tier | null = null
  #replicas = 0
  #closed = false

  constructor(context: AppenderContext, key: EntityKey, sink: AppenderSink) {
    this.#context = context
    this.#key = key
    this.#sink = sink
  }

  /** How safe the newest is that has landed, and so all before it; `null` before the first. */
  get saved(): Saved | null {
    return this.#tier === null ? null : { tier: this.#tier, replicas: this.#replicas }
  }

  /** Something is not durable yet. */
  get busy(): boolean {
    return this.#flight !== null || this.#waiting.length > 0
  }

  /** Whether an entry of the log is the one that is under way. */
  isOwn(entryId: string): boolean {
    return entryId === this.#flight?.entry.id
  }

  /** The place of the oldest batch that is not durable; `null` when all are. */
  get oldest(): number | null {
    const first = this.#flight ?? this.#waiting[0]
    return first === undefined ? null : first.seq
  }

  push(unlogged: Unlogged | Made): void {
    if (this.#waiting.length === 0) this.#waiting = [unlogged]
    else this.#waiting.push(unlogged)
    this.#next()
  }

  // ---- while a log is healed

  /**
   * Appends nothing more. Resolves when what is under way has an end, whichever: it then waits again,
   * in front of all others, and under the same id.
   */
  pause(): Promise<void> {
    this.#paused ??= []
    const flight = this.#flight
    if (flight !== null && flight.cancelRetry !== null) {
      flight.cancelRetry()
      this.#putBack(flight)
    }
    if (this.#flight === null) return Promise.resolve()
    return new Promise((resolve) => this.#paused?.push(resolve))
  }

  /** What waits, in its order. Only while it is paused. */
  get queue(): readonly (Unlogged | Made)[] {
    return this.#waiting
  }

  /** This waits instead. */
  replace(queue: (Unlogged | Made)[]): void {
    this.#waiting = queue
  }

  resume(): void {
    this.#paused = null
    this.#next()
  }

  #putBack({ entry, unlogged, seq }: Flight): void {
    this.#flight = null
    this.#waiting = [{ entry, unlogged, seq }, ...this.#waiting]
  }

  #settlePause(flight: Flight): void {
    this.#putBack(flight)
    for (const settle of this.#paused?.splice(0) ?? []) settle()
  }

  /** Forgets what waits. Idempotent. */
  close(): void {
    this.#closed = true
    this.#flight?.cancelRetry?.()
    this.#waiting = NONE
    this.#flight = null
    for (const settle of this.#paused?.splice(0) ?? []) settle()
  }

  #next(): void {
    if (this.#closed || this.#paused !== null || this.#flight !== null) return
    const [first] = this.#waiting
    if (first === undefined) return
    const { entry, unlogged, seq } = isMade(first) ? first : this.#make(first)
    const taken = isMade(first) ? 1 : unlogged.length
    this.#waiting = taken === this.#waiting.length ? NONE : this.#waiting.slice(taken)
    this.#flight = {
      entry,
      unlogged,
      seq,
      since: this.#context.clock.monotonic(),
      retries: 0,
      cancelRetry: null,
    }
    this.#append(this.#flight)
  }

  /** As many of those that wait as make one entry; the first alone if Yjs fails at merging them. */
  #make(first: Unlogged): Made {
    const all: Unlogged[] = []
    let bytes = 0
    for (const next of this.#waiting) {
      if (isMade(next) || bytes >= ENTRY_BYTES) break
      all.push(next)
      bytes += next.batch.update.length
    }
    try {
      return this.#entryOf(all, mergeSound(all.map(({ batch }) => batch.update)))
    } catch {
      return this.#entryOf([first], first.batch.update)
    }
  }

  #entryOf(unlogged: readonly Unlogged[], update: SoundUpdate): Made {
    const what = { authors: authorsOf(unlogged), origin: 'session', update } as const
    const entry = newEntry(this.#context, what, this.#sink.emptied(update))
    return { entry, unlogged, seq: unlogged[0]?.seq ?? 0 }
  }

  #append(flight: Flight): void {
    this.#context.log.append(this.#key, flight.entry).then(
      (appended) => {
        if (this.#flight !== flight) return
        // In which history it landed is what is being found out.
        if (this.#paused !== null) {
          this.#settlePause(flight)
          return
        }
        this.#flight = null
        this.#tier = appended.tier
        this.#replicas = appended.replicas
        this.#sink.landed(flight, appended.position, flight.since)
        this.#next()
      },
      (cause: unknown) => this.#retry(flight, TributaryError.from(cause)),
    )
  }

  #retry(flight: Flight, error: TributaryError): void {
    if (this.#flight !== flight) return
    if (this.#paused !== null) {
      this.#settlePause(flight)
      return
    }
    if (flight.retries === 0) this.#sink.failing(error)
    const wait = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** flight.retries++)
    flight.cancelRetry = this.#context.clock.after(wait, () => {
      flight.cancelRetry = null
      this.#append(flight)
    })
  }
}

export const isMade = (one: Unlogged | Made): one is Made => 'entry' in one

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
