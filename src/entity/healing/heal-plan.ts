import { ORIGIN, type Position } from '../../core/position.ts'
import type { Intake } from '../../crdt/intake.ts'
import { Knowledge } from '../../crdt/knowledge.ts'
import { mergeSound } from '../../crdt/merge.ts'
import type { SoundUpdate, UpdateScan } from '../../crdt/scan.ts'
import { scanUpdate } from '../../crdt/scan-update.ts'
import { type StoredFault, takeStored } from '../../crdt/take-stored.ts'
import type { Entry, NewEntry } from '../../log/log.ts'
import type { State } from '../states.ts'

/** What an entity has in memory when its log turns out to be another one. */
export interface Had {
  /** Everything known. Learns what the log has besides. */
  readonly knowledge: Knowledge
  /** Where the snapshot ends that the tail continues, and itself as long as it is in memory. */
  readonly basePosition: Position
  readonly base: State | null
  /** Behind it, in fan-out order; without what waits for the log. */
  readonly tail: Iterable<SoundUpdate>
  /** Entries that this node has appended not long ago, in their order. */
  readonly held: Iterable<NewEntry>
  /** What waits for the log, in its order: as it will be appended, or as it was once under way. */
  readonly waiting: readonly Waiting[]
}

export interface Waiting {
  readonly update: SoundUpdate
  /** Of one that was under way: under that id it may be in the log. */
  readonly id: string | null
}

/** What the log has. */
export interface Found {
  readonly state: State
  readonly entries: readonly Entry[]
}

/** What heals: an entry of this node's as it was, or what has no entry of its own any more. */
export type Repair =
  | { readonly is: 'held'; readonly entry: NewEntry }
  | { readonly is: 'rest'; readonly update: SoundUpdate }

export interface HealPlan {
  /** What the log has once all of this is in it. */
  readonly knowledge: Knowledge
  /** What the log has behind its snapshot. */
  readonly tail: readonly { readonly offset: number; readonly update: SoundUpdate }[]
  /** What the log lacks, in its order: before what waits, and the little that builds on that. */
  readonly before: readonly Repair[]
  readonly after: readonly Repair[]
  /** What becomes of each that waits: it is in the log already, or builds on what is nowhere now. */
  readonly waiting: readonly ('append' | 'append-as-new' | 'logged' | 'unclosed')[]
  /** What the log has and nobody here knew. */
  readonly news: readonly SoundUpdate[]
  /** What builds on something that neither log nor memory has. */
  readonly unclosed: readonly SoundUpdate[]
  /** Entries of the log that could not be taken, or not whole. */
  readonly faults: readonly { readonly offset: number; readonly why: StoredFault }[]
}

/** Updates are merged into one repair up to this. */
const REPAIR_BYTES = 8 * 1024 * 1024

/**
 * What has to be done so that the log has everything that this node has, and this node what the log
 * has. By structs and by deletes: state vectors alone do not show a delete that was lost. [L71]
 *
 * What is lacking is taken in an order in which everything is closed, so that no reader of the log
 * ever sees a gap that stays: own entries of the last minute as they were, the snapshot in memory,
 * then own entries and the tail side by side, as they once followed one another. [L72]
 */
export function planHeal(had: Had, found: Found): HealPlan {
  const { state, entries } = found
  const { knowledge, tail, faults } = readFound(found)
  const { base, basePosition } = had
  const sameBase = isSamePlace(basePosition, state.position)
  const news = newsOf(had.knowledge, sameBase ? null : state, entries)

  const ids = new Set(entries.map(({ id }) => id))
  // A snapshot does not say which entries it has passed over because they were not closed then.
  const hides = !sameBase && state.position.offset > ORIGIN.offset
  const lack = new Lack(knowledge, (id) => hides || ids.has(id))
  lack.held(had.held)
  if (base !== null && !sameBase) lack.take(base.update)
  // Of a snapshot that is not in memory at least this is.
  const isLost = base === null && !sameBase && basePosition.offset > ORIGIN.offset
  if (isLost) lack.take(deletesOf(had.knowledge))
  for (const update of had.tail) lack.take(update)
  for (const update of news) lack.take(update)
  lack.theRest()
  const before = lack.repairs()

  const waiting = had.waiting.map((one) => lack.waits(one))
  lack.again()
  const after = lack.repairs()
  return { knowledge, tail, before, after, waiting, news, unclosed: lack.unclosed, faults }
}

/** The check is chained over all entry ids: where it is the same, so is all that was covered. */
const isSamePlace = (one: Position, other: Position): boolean =>
  one.offset === other.offset && one.check === other.check

/** What is known of a log: by its snapshot, and by what it has behind that. */
export function readFound({ state, entries }: Found) {
  const knowledge = new Knowledge(new Map(state.stateVector), state.deleteSet)
  const tail: { offset: number; update: SoundUpdate }[] = []
  const faults: { offset: number; why: StoredFault }[] = []
  for (const { position, update: bytes } of entries) {
    const { offset } = position
    const { update, fault } = takeStored(knowledge, bytes)
    if (update !== null) tail.push({ offset, update })
    if (fault !== null) faults.push({ offset, why: fault })
  }
  return { knowledge, tail, faults }
}

/** Those that nobody will ever take. */
export const malformedOf = (faults: HealPlan['faults']) =>
  faults.flatMap(({ offset, why }) => (why === 'malformed' ? [{ offset, why } as const] : []))

function newsOf(
  knowledge: Knowledge,
  state: State | null,
  entries: readonly Entry[],
): SoundUpdate[] {
  const news: SoundUpdate[] = []
  const stored = entries.map(({ update }) => update)
  for (const bytes of state === null ? stored : [state.update, ...stored]) {
    const { update } = takeStored(knowledge, bytes)
    if (update !== null) news.push(update)
  }
  return news
}

/** An update of all that is deleted, and nothing else. */
function deletesOf(knowledge: Knowledge): SoundUpdate {
  const deletes = knowledge.encodeDeletes()
  const update = new Uint8Array(deletes.length + 1)
  update.set(deletes, 1)
  return update as SoundUpdate
}

/** Gathers what a knowledge lacks, and takes it over. */
class Lack {
  unclosed: SoundUpdate[] = []
  readonly #knowledge: Knowledge
  readonly #mayBeLogged: (id: string) => boolean
  #held: NewEntry[] = []
  #nextHeld = 0
  #repairs: Repair[] = []
  #rest: SoundUpdate[] = []
  #restBytes = 0
  /** How often something was taken. */
  #taken = 0

  /** @param mayBeLogged whether the log may have an entry of that id: it is not appended again then. */
  constructor(knowledge: Knowledge, mayBeLogged: (id: string) => boolean) {
    this.#knowledge = knowledge
    this.#mayBeLogged = mayBeLogged
  }

  held(entries: Iterable<NewEntry>): void {
    this.#held = [...entries]
    this.#advance()
  }

  /** What is lacking of an update; of one that is not closed, what is. */
  take(update: SoundUpdate): void {
    const brought = this.#take(scanUpdate(update), 'part')
    if (brought.unclosed) this.unclosed.push(update)
    if (brought.update === null) return
    this.#add(brought.update)
    this.#advance()
  }

  /** Own entries that never became whole, as far as they are closed. */
  theRest(): void {
    const rest = this.#held.slice(this.#nextHeld)
    this.#nextHeld = this.#held.length
    for (const { update } of rest) this.take(update)
  }

  /** What could not be taken may build on what was taken behind it. */
  again(): void {
    for (let before = -1; this.unclosed.length > 0 && before !== this.#taken; ) {
      before = this.#taken
      for (const update of this.unclosed.splice(0)) this.take(update)
    }
  }

  waits({ update, id }: Waiting): HealPlan['waiting'][number] {
    const scan = scanUpdate(update)
    const { update: brought, unclosed } = this.#knowledge.take(scan)
    if (unclosed) {
      this.unclosed.push(update)
      return 'unclosed'
    }
    if (brought === null) return 'logged'
    this.#knowledge.learn(scanUpdate(update))
    this.#taken++
    return id !== null && this.#mayBeLogged(id) ? 'append-as-new' : 'append'
  }

  /** Those since the last call. */
  repairs(): Repair[] {
    this.#flush()
    const repairs = this.#repairs
    this.#repairs = []
    return repairs
  }

  #take(scan: UpdateScan, how: 'whole' | 'part'): Pick<Intake, 'update' | 'unclosed'> {
    const { update, unclosed } = this.#knowledge.take(scan)
    if (update === null || (unclosed && how === 'whole')) return { update: null, unclosed }
    this.#knowledge.learn(scanUpdate(update))
    this.#taken++
    return { update, unclosed }
  }

  /** Own entries, up to the first that builds on what is not here yet. */
  #advance(): void {
    for (; this.#nextHeld < this.#held.length; this.#nextHeld++) {
      const entry = this.#held[this.#nextHeld] as NewEntry
      const scan = scanUpdate(entry.update)
      const { bytes } = scan
      const { update, unclosed } = this.#take(scan, 'whole')
      if (unclosed) return
      if (update === null) continue
      const isWhole = update === bytes && !this.#mayBeLogged(entry.id)
      if (isWhole) {
        this.#flush()
        this.#repairs.push({ is: 'held', entry })
      } else {
        this.#add(update)
      }
    }
  }

  #add(update: SoundUpdate): void {
    if (this.#restBytes + update.length > REPAIR_BYTES) this.#flush()
    this.#rest.push(update)
    this.#restBytes += update.length
  }

  #flush(): void {
    const rest = this.#rest
    this.#rest = []
    this.#restBytes = 0
    for (const update of merged(rest)) this.#repairs.push({ is: 'rest', update })
  }
}

/** One update; several only if Yjs fails at merging them. */
export function merged(updates: readonly SoundUpdate[]): readonly SoundUpdate[] {
  if (updates.length === 0) return []
  try {
    return [mergeSound(updates)]
  } catch {
    return updates
  }
}
