import { NONE, SKIP, type StateVector, type UpdateScan } from './scan.ts'

/** What a reference needs: nothing more, something that will never come, or the row with that number. */
const MET = -1
const NEVER = -2
/** End of a chain of waiting sections. */
const NOBODY = -1

/**
 * How far each section of an update is closed: per section the row behind its last closed struct.
 *
 * A struct is closed when its client's earlier clocks are known or closed, and so are the ids that
 * its origin, right origin and parent name. That is the least fixpoint: structs of two clients that
 * name each other are not closed, as no order exists in which Yjs could take them.
 *
 * A section advances until a struct needs a row of another section, waits at that row, and goes on
 * when the row is taken. A struct waits at most three times, so the time is linear in the structs,
 * times the search for a row, whatever a peer sends. (Passing over all sections until nothing moves
 * is quadratic: two clients that take turns make every pass take one struct.)
 */
export function closedRows(scan: UpdateScan, known: StateVector): Uint32Array {
  return new ClosedTest(scan, known).run()
}

/** The clock behind a struct. */
export const endOf = (scan: UpdateScan, row: number): number =>
  (scan.clock[row] as number) + (scan.length[row] as number)

/**
 * A client's next clock once an update was taken: all of it, or as far as `closedTo` (the answer of
 * `closedRows`) says.
 */
export function nextClock(
  scan: UpdateScan,
  known: StateVector,
  client: number,
  closedTo: Uint32Array | null,
): number {
  const next = known.get(client) ?? 0
  const section = scan.sectionOf(client)
  if (section < 0) return next
  const to = closedTo === null ? scan.sectionTo(section) : (closedTo[section] as number)
  return to === scan.sectionFrom[section] ? next : Math.max(next, endOf(scan, to - 1))
}

/** The first delete over clocks that are neither known nor in the update, or −1. */
export function deleteBeyond(scan: UpdateScan, known: StateVector): number {
  for (let row = 0; row < scan.deletes; row++) {
    const end = (scan.deleteClock[row] as number) + (scan.deleteLength[row] as number)
    if (end > nextClock(scan, known, scan.deleteClient[row] as number, null)) return row
  }
  return -1
}

class ClosedTest {
  readonly #scan: UpdateScan
  readonly #known: StateVector
  /** Per section: its first row that is not taken yet; the client's next clock. */
  readonly #next: Uint32Array
  readonly #reached: Float64Array
  /** Per row the last section that came to wait for it; per section the one that waits with it. */
  readonly #waiting: Int32Array
  readonly #beside: Int32Array
  readonly #ready: number[] = []

  constructor(scan: UpdateScan, known: StateVector) {
    this.#scan = scan
    this.#known = known
    this.#next = scan.sectionFrom.slice(0, scan.sections)
    this.#reached = new Float64Array(scan.sections)
    this.#waiting = new Int32Array(scan.structs).fill(NOBODY)
    this.#beside = new Int32Array(scan.sections).fill(NOBODY)
    for (let section = scan.sections - 1; section >= 0; section--) {
      this.#reached[section] = known.get(scan.sectionClient[section] as number) ?? 0
      this.#ready.push(section)
    }
  }

  run(): Uint32Array {
    for (let section = this.#ready.pop(); section !== undefined; section = this.#ready.pop()) {
      this.#advance(section)
    }
    return this.#next
  }

  #advance(section: number): void {
    const scan = this.#scan
    const known = this.#known.get(scan.sectionClient[section] as number) ?? 0
    const to = scan.sectionTo(section)
    for (let row = this.#next[section] as number; row < to; row++) {
      this.#next[section] = row
      const clock = scan.clock[row] as number
      const end = endOf(scan, row)
      // What is known already is not taken again, so its references do not matter.
      if (end > known) {
        if (clock > (this.#reached[section] as number) || scan.info[row] === SKIP) return
        const need = this.#need(row)
        if (need === NEVER) return
        if (need !== MET) {
          this.#beside[section] = this.#waiting[need] as number
          this.#waiting[need] = section
          return
        }
        this.#reached[section] = end
      }
      for (let w = this.#waiting[row] as number; w !== NOBODY; w = this.#beside[w] as number) {
        this.#ready.push(w)
      }
    }
    this.#next[section] = to
  }

  /** The first need of a struct that is not met. */
  #need(row: number): number {
    const { originClient, originClock, rightClient, rightClock, parentClient, parentClock } =
      this.#scan
    const origin = this.#needOf(originClient[row] as number, originClock[row] as number)
    if (origin !== MET) return origin
    const right = this.#needOf(rightClient[row] as number, rightClock[row] as number)
    if (right !== MET) return right
    return this.#needOf(parentClient[row] as number, parentClock[row] as number)
  }

  #needOf(client: number, clock: number): number {
    if (clock === NONE || clock < (this.#known.get(client) ?? 0)) return MET
    const section = this.#scan.sectionOf(client)
    if (section < 0) return NEVER
    // Ids under the struct's own client lie below its clock (the checker), and that far it is closed.
    if (clock < (this.#reached[section] as number)) return MET
    const row = this.#scan.structOf(section, clock)
    return row < 0 ? NEVER : row
  }
}
