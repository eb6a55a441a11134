import { TributaryError } from '../core/errors.ts'
import { HAS_ORIGIN, HAS_RIGHT, NONE, TYPE, type UpdateScan } from './scan.ts'

/** How deep types may be nested in types of the same update. */
const MOST_NESTED = 64

/**
 * Holds that the structs of a scanned update can be taken in some order, each after the ones it
 * names, and that its types are not nested too deep.
 *
 * Structs that wait for one another in a ring (each of its own client's section, so no rule about a
 * single section sees it) name only what the update holds, and still Yjs can take none of them:
 * they would stay pending in every replica for ever. And deleting a type recurses into the types
 * inside it, in every replica.
 *
 * @throws {TributaryError} `malformed`
 */
export function checkOrder(scan: UpdateScan): void {
  const mayBeDeep = countTypes(scan) > MOST_NESTED
  if (scan.sections < 2 && !mayBeDeep) return
  const walk = new Walk(scan, mayBeDeep)
  for (let section = 0; section < scan.sections; section++) walk.finish(section)
}

const isType = (info: number): boolean => (info & 0x1f) === TYPE

function countTypes(scan: UpdateScan): number {
  let types = 0
  for (let row = 0; row < scan.structs; row++) {
    if (isType(scan.info[row] as number)) types++
  }
  return types
}

/**
 * Takes the structs as Yjs would: a section from its first struct on, and when a struct names one
 * that another section holds and has not yet given, that section first. The sections that wait form
 * a stack; one that is waited for and is itself on the stack closes a ring. Each struct is looked at
 * once for every section it waits for, so at most four times.
 */
class Walk {
  readonly #scan: UpdateScan
  /** The next row of each section. */
  readonly #next: Uint32Array
  readonly #isWaiting: Uint8Array
  /** Per struct, how many types of the update it stands in; null where that cannot be too many. */
  readonly #level: Uint8Array | null
  /** The clock that the section found by `#blocker` has to give. */
  #wanted = 0

  constructor(scan: UpdateScan, mayBeDeep: boolean) {
    this.#scan = scan
    this.#next = scan.sectionFrom.slice(0, scan.sections)
    this.#isWaiting = new Uint8Array(scan.sections)
    this.#level = mayBeDeep ? new Uint8Array(scan.structs) : null
  }

  /** Takes a section to its end. */
  finish(section: number): void {
    const scan = this.#scan
    const waiting = [section]
    const wanted = [Number.POSITIVE_INFINITY]
    this.#isWaiting[section] = 1
    while (waiting.length > 0) {
      const here = waiting[waiting.length - 1] as number
      const row = this.#next[here] as number
      const isDone =
        row === scan.sectionTo(here) || (scan.clock[row] as number) > (wanted.at(-1) as number)
      if (isDone) {
        this.#isWaiting[here] = 0
        waiting.pop()
        wanted.pop()
        continue
      }
      const blocker = this.#blocker(row, here)
      if (blocker < 0) {
        this.#take(row)
        this.#next[here] = row + 1
        continue
      }
      if (this.#isWaiting[blocker] === 1) this.#fail('structs wait for one another', row)
      this.#isWaiting[blocker] = 1
      waiting.push(blocker)
      wanted.push(this.#wanted)
    }
  }

  /** A section that has to give something before the row can be taken, or −1. */
  #blocker(row: number, here: number): number {
    const { originClient, originClock, rightClient, rightClock, parentClient, parentClock } =
      this.#scan
    let section = this.#holds(originClient, originClock, row, here)
    if (section < 0) section = this.#holds(rightClient, rightClock, row, here)
    if (section < 0) section = this.#holds(parentClient, parentClock, row, here)
    return section
  }

  #holds(clients: Float64Array, clocks: Uint32Array, row: number, here: number): number {
    const clock = clocks[row] as number
    if (clock === NONE) return -1
    const scan = this.#scan
    const client = clients[row] as number
    if (client === scan.sectionClient[here]) return -1
    const section = scan.sectionOf(client)
    if (section < 0) return -1
    const to = scan.sectionTo(section)
    const next = this.#next[section] as number
    if (next === to || clock < (scan.clock[next] as number)) return -1
    const end = (scan.clock[to - 1] as number) + (scan.length[to - 1] as number)
    if (clock >= end) return -1
    this.#wanted = clock
    return section
  }

  /** Notes how deep a struct stands. With an origin Yjs takes its parent, else the right one's. */
  #take(row: number): void {
    const levels = this.#level
    if (levels === null) return
    const { info, originClient, originClock, rightClient, rightClock, parentClient, parentClock } =
      this.#scan
    const flags = info[row] as number
    let level = 0
    if (flags & HAS_ORIGIN) {
      const origin = this.#rowOf(originClient[row] as number, originClock[row] as number)
      if (origin >= 0) level = levels[origin] as number
    } else if (flags & HAS_RIGHT) {
      const right = this.#rowOf(rightClient[row] as number, rightClock[row] as number)
      if (right >= 0) level = levels[right] as number
    } else if (parentClock[row] !== NONE) {
      const parent = this.#rowOf(parentClient[row] as number, parentClock[row] as number)
      if (parent >= 0) level = (levels[parent] as number) + 1
    }
    if (level >= MOST_NESTED && isType(flags)) this.#fail('types are nested too deep', row)
    levels[row] = level
  }

  /** The row that holds an id, or −1. */
  #rowOf(client: number, clock: number): number {
    const section = this.#scan.sectionOf(client)
    return section < 0 ? -1 : this.#scan.structOf(section, clock)
  }

  #fail(reason: string, row: number): never {
    throw new TributaryError('malformed', `${reason} at byte ${this.#scan.at[row]}`)
  }
}
