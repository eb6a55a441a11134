import { TributaryError } from '../core/errors.ts'
import { varUintLength, writeVarUint } from '../core/varint.ts'
import { DeleteRanges } from '../crdt/delete-ranges.ts'
import { Reader } from '../crdt/reader.ts'
import { contentOf, DELETED, GC, SKIP, type StateVector, type UpdateScan } from '../crdt/scan.ts'

/** Each by the number that stands for it in a store, for keeps. */
const REASONS = ['update-too-large', 'entity-full'] as const

/** Why an update was taken without its content. */
export type Neutered = (typeof REASONS)[number]

/** For a reason so many ranges are kept at least, and twice as many at most; of one update so many structs. */
const MOST = 1_000

/** What was emptied for one reason. When the newer ones are full, they become the older ones. */
interface Kept {
  older: DeleteRanges | null
  newer: DeleteRanges
  /** So many fit in surely, before they have to be counted again. */
  room: number
}

/**
 * What was taken without its content, and why: whoever sends it once more was not reached by the word
 * of that. What a client's clocks continue is one range. [V33]
 *
 * It is stored with the entries that it is about, and with the snapshots that cover them: [V34]
 *
 * ```
 * emptied = { varUint reason, varUint length, delete set (v1) }, what is older first
 * ```
 *
 * A reason that is not known is passed over.
 */
export class Emptied {
  readonly #kept = new Map<Neutered, Kept>()

  /** All of an update. */
  add(scan: UpdateScan, why: Neutered): void {
    // Whoever sends it again sends its beginning, too.
    let left = MOST
    someContent(scan, (client, clock, length) => {
      this.#note(why, client, clock, length)
      return --left === 0
    })
  }

  /**
   * What an entry or a snapshot says.
   *
   * @param known the next clocks of what was taken: what lies behind them was not, and may be yet.
   *   `null` for all of it.
   */
  learn(bytes: Uint8Array, known: StateVector | null): void {
    try {
      const reader = new Reader(bytes)
      while (reader.left > 0) {
        const why = REASONS[reader.uint()]
        const size = reader.size()
        const from = reader.at
        reader.skip(size)
        if (why === undefined) continue
        const ranges = DeleteRanges.decode(bytes.subarray(from, from + size))
        this.#learn(why, ranges, known)
      }
    } catch (error) {
      // Nothing else is lost with it.
      if (!(error instanceof TributaryError)) throw error
    }
  }

  /** Everything that another remembers, as far as it is known. */
  learnAll(other: Emptied, known: StateVector): void {
    other.#each((why, ranges) => this.#learn(why, ranges, known))
  }

  /** Why something was, whose content is in this again; `null` when nothing was. */
  why(scan: UpdateScan): Neutered | null {
    for (const [why, { older, newer }] of this.#kept) {
      const isEmptied = (client: number, clock: number, length: number) =>
        newer.overlaps(client, clock, length) || older?.overlaps(client, clock, length) === true
      if (someContent(scan, isEmptied)) return why
    }
    return null
  }

  /** What an entry with that update says of what it brings and deletes, encoded; `null` for nothing. */
  within(scan: UpdateScan): Uint8Array | null {
    const found: [Neutered, DeleteRanges][] = []
    this.#each((why, ranges) => {
      const inIt = new DeleteRanges()
      const add = (client: number, clock: number, length: number): boolean => {
        addCovered(inIt, ranges, client, clock, length)
        return false
      }
      someStruct(scan, add)
      for (let row = 0; row < scan.deletes; row++) {
        const client = scan.deleteClient[row] as number
        add(client, scan.deleteClock[row] as number, scan.deleteLength[row] as number)
      }
      if (!inIt.isEmpty) found.push([why, inIt])
    })
    return encoded(found)
  }

  /** All of it; `null` for nothing. */
  encode(): Uint8Array | null {
    const all: [Neutered, DeleteRanges][] = []
    this.#each((why, ranges) => all.push([why, ranges]))
    return encoded(all)
  }

  #learn(why: Neutered, ranges: DeleteRanges, known: StateVector | null): void {
    ranges.forEach((client, clock, length) => {
      const taken = known === null ? length : Math.min(length, (known.get(client) ?? 0) - clock)
      if (taken > 0) this.#note(why, client, clock, taken)
    })
  }

  #note(why: Neutered, client: number, clock: number, length: number): void {
    let kept = this.#kept.get(why)
    if (kept === undefined) {
      kept = { older: null, newer: new DeleteRanges(), room: MOST }
      this.#kept.set(why, kept)
    }
    if (kept.room === 0) {
      kept.room = MOST - kept.newer.size
      if (kept.room === 0) {
        kept.older = kept.newer
        kept.newer = new DeleteRanges()
        kept.room = MOST
      }
    }
    kept.newer.add(client, clock, length)
    kept.room--
  }

  #each(each: (why: Neutered, ranges: DeleteRanges) => void): void {
    for (const [why, { older, newer }] of this.#kept) {
      if (older !== null) each(why, older)
      each(why, newer)
    }
  }
}

/** Adds those of the `length` clocks from `clock` on that are in `ranges`. */
function addCovered(
  to: DeleteRanges,
  ranges: DeleteRanges,
  client: number,
  clock: number,
  length: number,
): void {
  let at = clock
  const upTo = (end: number): void => {
    if (at < end) to.add(client, at, end - at)
  }
  ranges.uncovered(client, clock, length, (from, size) => {
    upTo(from)
    at = from + size
  })
  upTo(clock + length)
}

/** What a snapshot and the entries behind it say, as far as it is known; `null` when nothing does. */
export function emptiedIn(
  base: Uint8Array | null | undefined,
  entries: Iterable<{ readonly emptied?: Uint8Array }>,
  known: StateVector,
): Emptied | null {
  let emptied: Emptied | null = null
  const learn = (bytes: Uint8Array | null | undefined): void => {
    if (bytes === undefined || bytes === null) return
    emptied ??= new Emptied()
    emptied.learn(bytes, known)
  }
  learn(base)
  for (const entry of entries) learn(entry.emptied)
  return emptied
}

function encoded(all: readonly (readonly [Neutered, DeleteRanges])[]): Uint8Array | null {
  if (all.length === 0) return null
  const parts = all.map(([why, ranges]) => [REASONS.indexOf(why), ranges.encode()] as const)
  const bytes = new Uint8Array(
    parts.reduce((sum, [why, { length }]) => {
      return sum + varUintLength(why) + varUintLength(length) + length
    }, 0),
  )
  let at = 0
  for (const [why, ranges] of parts) {
    at = writeVarUint(bytes, at, why)
    at = writeVarUint(bytes, at, ranges.length)
    bytes.set(ranges, at)
    at += ranges.length
  }
  return bytes
}

type Holds = (client: number, clock: number, length: number) => boolean

/** Whether it holds of any struct that has content. */
const someContent = (scan: UpdateScan, holds: Holds): boolean =>
  someStruct(scan, (client, clock, length, info) => {
    if (info === GC || contentOf(info) === DELETED) return false
    return holds(client, clock, length)
  })

/** Whether it holds of any struct. */
function someStruct(
  scan: UpdateScan,
  holds: (...struct: [...Parameters<Holds>, info: number]) => boolean,
): boolean {
  for (let section = 0; section < scan.sections; section++) {
    const client = scan.sectionClient[section] as number
    for (let row = scan.sectionFrom[section] as number; row < scan.sectionTo(section); row++) {
      const info = scan.info[row] as number
      if (info === SKIP) continue
      if (holds(client, scan.clock[row] as number, scan.length[row] as number, info)) return true
    }
  }
  return false
}
