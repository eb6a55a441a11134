import { TributaryError } from '../core/errors.ts'
import { closedRows } from './closed.ts'
import { DeleteRanges } from './delete-ranges.ts'
import { type Run, updateOfRuns } from './runs.ts'
import {
  DELETED,
  GC,
  NONE,
  SKIP,
  type SoundUpdate,
  type StateVector,
  type UpdateScan,
} from './scan.ts'

/** What of an update an entity takes. */
export interface Intake {
  /**
   * What is closed and new: the very bytes of the scan when that is all of it, else a copy cut at
   * struct boundaries; null when nothing is left.
   */
  readonly update: SoundUpdate | null
  /** Something was cut off because it is not closed: the sender has to be asked for what it lacks. */
  readonly unclosed: boolean
  /** The client ids whose structs `update` brings. */
  readonly clients: readonly number[]
  /** How many of them had no struct here before. */
  readonly newClients: number
}

/** Rough memory of one entry of the state vector. */
const CLIENT_BYTES = 48

/**
 * What an entity has: the next clock of every client, and what was deleted. It decides about each
 * update without a document.
 *
 * - `take` says what of an update is closed (everything it builds on is here) and new. It changes
 *   nothing: whether the update is accepted is decided elsewhere.
 * - `learn` then takes over what was accepted.
 *
 * The deletes of a snapshot are decoded when an update with deletes first asks for them: most
 * entities are opened, read and left. Until then what is learned lies beside them.
 *
 * @example
 * const scan = checkUpdate(bytes)
 * const { update } = knowledge.take(scan)
 * if (update !== null) knowledge.learn(update === scan.bytes ? scan : checkUpdate(update))
 */
export class Knowledge {
  /** The true state vector: what may be announced. Only `learn` changes it. */
  readonly known: StateVector
  #deletes = new DeleteRanges()
  #undecoded: (() => Uint8Array | null) | null

  /**
   * @param known taken over, not copied.
   * @param deleteSet gives the encoded delete set that belongs to it, on first need.
   */
  constructor(known: StateVector = new Map(), deleteSet: (() => Uint8Array | null) | null = null) {
    this.known = known
    this.#undecoded = deleteSet
  }

  /** Memory held, in bytes, roughly. */
  get bytes(): number {
    return this.known.size * CLIENT_BYTES + this.#deletes.bytes
  }

  /** Everything deleted, in the bytes of a Yjs delete set. */
  encodeDeletes(): Uint8Array {
    return this.#allDeletes().encode()
  }

  /**
   * Takes over the delete set of a new snapshot, which holds the one before it and besides the
   * deletes that no update names (what was put into a deleted parent, what lost a concurrent set).
   */
  adoptDeletes(deleteSet: () => Uint8Array | null): void {
    this.#undecoded = deleteSet
  }

  /** What of the update is closed and new. */
  take(scan: UpdateScan): Intake {
    // The case of nearly every update, and the one that has to cost nothing: all of it is taken.
    if (this.#structsAreNew(scan) && this.#deletesAreNew(scan)) return this.#all(scan)
    return this.#part(scan)
  }

  /**
   * Takes over what an accepted update brings.
   *
   * @param scan of an update that is closed: an intake's, an entry's, a neutered one.
   * @throws {TributaryError} `damaged` when it leaves a gap or deletes what is not there; nothing
   *   was taken over then.
   */
  learn(scan: UpdateScan): void {
    this.#refuseGaps(scan)
    for (let section = 0; section < scan.sections; section++) this.#learnSection(scan, section)
    for (let row = 0; row < scan.deletes; row++) {
      const client = scan.deleteClient[row] as number
      this.#deletes.add(client, scan.deleteClock[row] as number, scan.deleteLength[row] as number)
    }
  }

  #learnSection(scan: UpdateScan, section: number): void {
    const client = scan.sectionClient[section] as number
    const next = this.known.get(client) ?? 0
    const to = scan.sectionTo(section)
    for (let row = scan.sectionFrom[section] as number; row < to; row++) {
      const content = (scan.info[row] as number) & 0x1f
      if (content !== GC && content !== DELETED) continue
      // Of a struct that is half known only the new half is its own: the known one may be alive.
      const from = Math.max(scan.clock[row] as number, next)
      const end = endOf(scan, row)
      if (from < end) this.#deletes.add(client, from, end - from)
    }
    const end = endOf(scan, to - 1)
    if (end > next) this.known.set(client, end)
  }

  #refuseGaps(scan: UpdateScan): void {
    for (let section = 0; section < scan.sections; section++) {
      const client = scan.sectionClient[section] as number
      const next = this.known.get(client) ?? 0
      const first = scan.sectionFrom[section] as number
      const to = scan.sectionTo(section)
      let isGap = (scan.clock[first] as number) > next
      for (let row = first; row < to && !isGap; row++) {
        isGap = scan.info[row] === SKIP && endOf(scan, row) > next
      }
      if (isGap) throw new TributaryError('damaged', `clocks of client ${client} are missing`)
    }
    const missing = this.#deletesBeyond(scan)
    if (missing >= 0) {
      const client = scan.deleteClient[missing] as number
      throw new TributaryError(
        'damaged',
        `clocks of client ${client} are deleted before they exist`,
      )
    }
  }

  /** The first delete over clocks that are neither known nor in the update, or −1. */
  #deletesBeyond(scan: UpdateScan): number {
    for (let row = 0; row < scan.deletes; row++) {
      const end = (scan.deleteClock[row] as number) + (scan.deleteLength[row] as number)
      if (end > this.#next(scan, scan.deleteClient[row] as number)) return row
    }
    return -1
  }

  /** A client's next clock once all of the update was taken. */
  #next(scan: UpdateScan, client: number): number {
    const known = this.known.get(client) ?? 0
    const section = scan.sectionOf(client)
    return section < 0 ? known : Math.max(known, endOf(scan, scan.sectionTo(section) - 1))
  }

  /** Whether every struct is new and builds on what is known or on its own client's. */
  #structsAreNew(scan: UpdateScan): boolean {
    let row = 0
    for (let section = 0; section < scan.sections; section++) {
      const client = scan.sectionClient[section] as number
      const next = this.known.get(client) ?? 0
      if ((scan.clock[row] as number) > next || endOf(scan, row) <= next) return false
      for (const to = scan.sectionTo(section); row < to; row++) {
        if (scan.info[row] === SKIP) return false
        if (!this.#has(client, scan.originClient[row] as number, scan.originClock[row] as number))
          return false
        if (!this.#has(client, scan.rightClient[row] as number, scan.rightClock[row] as number))
          return false
        if (!this.#has(client, scan.parentClient[row] as number, scan.parentClock[row] as number))
          return false
      }
    }
    return true
  }

  /** Whether a struct of `author`'s, all of whose earlier ones are here, can name that id. */
  #has(author: number, client: number, clock: number): boolean {
    // The checker has refused ids of the author's own that are not earlier.
    return clock === NONE || client === author || clock < (this.known.get(client) ?? 0)
  }

  /** Whether no delete is known, and none is of something unknown, if all structs are taken. */
  #deletesAreNew(scan: UpdateScan): boolean {
    if (scan.deletes === 0) return true
    if (this.#deletesBeyond(scan) >= 0) return false
    const deletes = this.#allDeletes()
    for (let row = 0; row < scan.deletes; row++) {
      const clock = scan.deleteClock[row] as number
      const length = scan.deleteLength[row] as number
      if (deletes.overlaps(scan.deleteClient[row] as number, clock, length)) return false
    }
    return true
  }

  #all(scan: UpdateScan): Intake {
    const clients: number[] = []
    for (let s = 0; s < scan.sections; s++) clients.push(scan.sectionClient[s] as number)
    const isNothing = scan.sections === 0 && scan.deletes === 0
    return {
      update: isNothing ? null : scan.bytes,
      unclosed: false,
      clients,
      newClients: this.#countNew(clients),
    }
  }

  #part(scan: UpdateScan): Intake {
    const closedTo = closedRows(scan, this.known)
    const runs: Run[] = []
    let unclosed = false
    for (let section = 0; section < scan.sections; section++) {
      const to = closedTo[section] as number
      if (to < scan.sectionTo(section)) unclosed = true
      const run = this.#newRun(scan, section, to)
      if (run !== null) runs.push(run)
    }
    const deletes = this.#newDeletes(scan, closedTo)
    unclosed ||= deletes.unclosed
    const clients = runs.map((run) => run.client)
    return {
      update: cut(scan, runs, deletes.isAll, deletes.rest),
      unclosed,
      clients,
      newClients: this.#countNew(clients),
    }
  }

  /** The structs of a section that are new, up to the row `to`. */
  #newRun(scan: UpdateScan, section: number, to: number): Run | null {
    const client = scan.sectionClient[section] as number
    const next = this.known.get(client) ?? 0
    let row = scan.sectionFrom[section] as number
    while (row < to && endOf(scan, row) <= next) row++
    if (row === to) return null
    return {
      client,
      clock: scan.clock[row] as number,
      structs: to - row,
      from: scan.at[row] as number,
      to: scan.structEnd(section, to - 1),
    }
  }

  /** The deletes that are new, cut to what is known once the closed structs are taken. */
  #newDeletes(scan: UpdateScan, closedTo: Uint32Array) {
    const rest = new DeleteRanges()
    if (scan.deletes === 0) return { rest, isAll: true, unclosed: false }
    const known = this.#allDeletes()
    let isAll = true
    let unclosed = false
    for (let row = 0; row < scan.deletes; row++) {
      const client = scan.deleteClient[row] as number
      const clock = scan.deleteClock[row] as number
      const length = scan.deleteLength[row] as number
      const room = this.#closedClock(scan, closedTo, client) - clock
      if (room < length) unclosed = true
      const left = Math.min(length, room)
      if (left < length || known.overlaps(client, clock, length)) isAll = false
      if (left <= 0) continue
      known.uncovered(client, clock, left, (from, size) => rest.add(client, from, size))
    }
    return { rest, isAll, unclosed }
  }

  #closedClock(scan: UpdateScan, closedTo: Uint32Array, client: number): number {
    const known = this.known.get(client) ?? 0
    const section = scan.sectionOf(client)
    if (section < 0) return known
    const to = closedTo[section] as number
    return to === scan.sectionFrom[section] ? known : Math.max(known, endOf(scan, to - 1))
  }

  #countNew(clients: readonly number[]): number {
    let count = 0
    for (const client of clients) if (!this.known.has(client)) count++
    return count
  }

  #allDeletes(): DeleteRanges {
    if (this.#undecoded !== null) {
      const bytes = this.#undecoded()
      if (bytes !== null) this.#deletes.addEncoded(bytes)
      this.#undecoded = null
    }
    return this.#deletes
  }
}

const endOf = (scan: UpdateScan, row: number): number =>
  (scan.clock[row] as number) + (scan.length[row] as number)

function cut(
  scan: UpdateScan,
  runs: readonly Run[],
  allDeletes: boolean,
  rest: DeleteRanges,
): SoundUpdate | null {
  if (runs.length === 0 && rest.isEmpty) return null
  let structs = 0
  for (const run of runs) structs += run.structs
  if (allDeletes && structs === scan.structs) return scan.bytes
  const deleteSet = allDeletes ? scan.bytes.subarray(scan.deletesAt) : rest.encode()
  return updateOfRuns(scan.bytes, runs, deleteSet)
}
