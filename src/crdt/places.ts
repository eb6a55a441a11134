import { TributaryError } from '../core/errors.ts'
import {
  ANY,
  contentOf,
  HAS_KEY,
  HAS_ORIGIN,
  HAS_RIGHT,
  JSON_LIST,
  NONE,
  STRING,
  TYPE,
  type UpdateScan,
} from './scan.ts'

/** How deep types may be nested in types of the same update. */
const MOST_NESTED = 64

/**
 * Holds that the structs of a tidy scan can be taken one after the other, and stand where Yjs can
 * bear them. Three things go on between structs, so that no rule about one struct alone sees them:
 *
 * - Structs that wait for one another in a ring. They name only what the update holds, and still
 *   Yjs can take none of them: they would be pending in every replica for ever.
 * - Types in types in types: whoever deletes the outermost recurses into all of them.
 * - Content of more than one clock under a key. Yjs has it only where values that were overwritten
 *   are kept, deleted. When a delete splits one that is not, Yjs takes the first part for deleted
 *   although it is not, and the collection of its map throws.
 *
 * @throws {TributaryError} `malformed`
 */
export function checkPlaces(scan: UpdateScan): void {
  let types = 0
  let hasKeys = false
  let hasLong = false
  for (let row = 0; row < scan.structs; row++) {
    const info = scan.info[row] as number
    if (info & HAS_KEY) hasKeys = true
    if (isSplittable(scan, row)) hasLong = true
    if (isType(info)) types++
  }
  const wantsPlaces = types > MOST_NESTED || (hasKeys && hasLong)
  if (scan.sections < 2 && !wantsPlaces) return
  const walk = new Walk(scan, wantsPlaces)
  for (let section = 0; section < scan.sections; section++) walk.finish(section)
}

const isType = (info: number): boolean => contentOf(info) === TYPE

/** Whether it has content of several clocks, which a delete may split. */
function isSplittable(scan: UpdateScan, row: number): boolean {
  if ((scan.length[row] as number) < 2) return false
  const content = contentOf(scan.info[row] as number)
  return content === STRING || content === ANY || content === JSON_LIST
}

/** In a struct's place: it stands under a key. The bits below say in how many types. */
const KEYED = 0x80

/**
 * Takes the structs as Yjs would: a section from its first struct on, and when a struct names one
 * that another section holds and has not yet given, that section first. The sections that wait
 * form a stack; one that is waited for and is itself on the stack closes a ring. Each struct is
 * looked at once for every section it waits for, so at most four times.
 */
class Walk {
  readonly #scan: UpdateScan
  /** The next row of each section. */
  readonly #next: Uint32Array
  readonly #isWaiting: Uint8Array
  /** Where each struct stands; null when no place could be wrong. */
  readonly #places: Uint8Array | null
  /** The clock that the section found by `#blocker` has to give. */
  #wanted = 0

  constructor(scan: UpdateScan, wantsPlaces: boolean) {
    this.#scan = scan
    this.#next = scan.sectionFrom.slice(0, scan.sections)
    this.#isWaiting = new Uint8Array(scan.sections)
    this.#places = wantsPlaces ? new Uint8Array(scan.structs) : null
  }

  /** Takes a section to its end. */
  finish(section: number): void {
    const scan = this.#scan
    const waiting = [section]
    const wanted = [Number.POSITIVE_INFINITY]
    this.#isWaiting[section] = 1
    while (waiting.length > 0) {
      const here = waiting.at(-1) as number
      const row = this.#next[here] as number
      if (row === scan.sectionTo(here) || (scan.clock[row] as number) > (wanted.at(-1) as number)) {
        this.#isWaiting[here] = 0
        waiting.pop()
        wanted.pop()
        continue
      }
      const blocker = this.#blocker(row, here)
      if (blocker < 0) {
        this.#take(row, here)
        this.#next[here] = row + 1
        continue
      }
      if (this.#isWaiting[blocker] === 1) fail(scan, 'structs wait for one another', row)
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

  /** The section, other than this one, that has still to give an id of the row, or −1. */
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

  /** Notes where a struct stands: beside its origin, else its right origin, else in its parent. */
  #take(row: number, section: number): void {
    const places = this.#places
    if (places === null) return
    const scan = this.#scan
    const { info, originClient, originClock, rightClient, rightClock, parentClient, parentClock } =
      scan
    const flags = info[row] as number
    let place = flags & HAS_KEY ? KEYED : 0
    if (flags & HAS_ORIGIN) {
      place |= this.#placeOf(places, originClient[row] as number, originClock[row] as number)
    } else if (flags & HAS_RIGHT) {
      place |= this.#placeOf(places, rightClient[row] as number, rightClock[row] as number)
    } else if (parentClock[row] !== NONE) {
      place |= this.#inside(places, parentClient[row] as number, parentClock[row] as number)
    }
    if ((place & ~KEYED) >= MOST_NESTED && isType(flags)) {
      fail(scan, 'types are nested too deep', row)
    }
    if (place & KEYED && isSplittable(scan, row)) {
      const client = scan.sectionClient[section] as number
      const [clock, length] = [scan.clock[row] as number, scan.length[row] as number]
      if (!scan.deletesAll(client, clock, length)) fail(scan, 'a key has several values', row)
    }
    places[row] = place
  }

  #placeOf(places: Uint8Array, client: number, clock: number): number {
    const row = this.#rowOf(client, clock)
    return row < 0 ? 0 : (places[row] as number)
  }

  /** How many types of the update stand around what has that id as its parent. */
  #inside(places: Uint8Array, client: number, clock: number): number {
    const row = this.#rowOf(client, clock)
    // A parent that is no type holds nothing: Yjs makes garbage of what names it.
    if (row < 0 || !isType(this.#scan.info[row] as number)) return 0
    return ((places[row] as number) & ~KEYED) + 1
  }

  /** The row that holds an id, or −1. */
  #rowOf(client: number, clock: number): number {
    const section = this.#scan.sectionOf(client)
    return section < 0 ? -1 : this.#scan.structOf(section, clock)
  }
}

function fail(scan: UpdateScan, reason: string, row: number): never {
  throw new TributaryError('malformed', `${reason} at byte ${scan.at[row]}`)
}
