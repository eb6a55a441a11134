/** Stands in a clock column where there is no id. Clocks stay below 2^31. */
export const NONE = 0xffffffff

/** Content references of a struct: the low five bits of its info byte. */
export const GC = 0
export const DELETED = 1
export const JSON_LIST = 2
export const BINARY = 3
export const STRING = 4
export const EMBED = 5
export const FORMAT = 6
export const TYPE = 7
export const ANY = 8
export const DOC = 9
export const SKIP = 10

/** Which of them an info byte names. Called for every struct, thus a function and no more. */
export function contentOf(info: number): number {
  return info & 0x1f
}

/** Bits of an info byte beside the content reference: which ids and names follow. */
export const HAS_ORIGIN = 0x80
export const HAS_RIGHT = 0x40
export const HAS_KEY = 0x20

/** Behind the last row a scan may have, in each of its tables: 445 MB of columns. */
const MOST_ROWS = 2 ** 23

/**
 * Update bytes that have passed the strict checker, or were cut or merged from such bytes. Only
 * these may reach yjs.
 */
export type SoundUpdate = Uint8Array & { readonly __sound: unique symbol }

/** Client id → next clock. A client with clock 0 has no entry. */
export type StateVector = Map<number, number>

/** An update of no structs and no deletes. */
export const EMPTY_UPDATE = new Uint8Array([0, 0]) as SoundUpdate

/**
 * Where everything lies in one update: flat columns, one row per struct, no object per item.
 *
 * A scan is scratch space: it is filled by `scanUpdate` and valid until it is filled again.
 * Sections stand by falling client id, each client has one; so do the deletes, the ranges of a
 * client in order and apart. Structs of a section are contiguous in clock, and a section is
 * contiguous in rows. Where a struct has no such id, the clock column says NONE and the client
 * column nothing.
 *
 * ```
 * update  = varUint sections, { section }, delete set
 * section = varUint structs, varUint client, varUint first clock, { struct }
 * ```
 */
export class UpdateScan {
  bytes = new Uint8Array(0) as SoundUpdate
  /** Byte offset of the delete set. */
  deletesAt = 0

  /** Rows in the struct columns. */
  structs = 0
  /** Byte offset of the struct's info byte. */
  at = new Uint32Array(16)
  /** Byte offset of its content, behind ids, parent and key. */
  contentAt = new Uint32Array(16)
  clock = new Uint32Array(16)
  length = new Uint32Array(16)
  info = new Uint8Array(16)
  originClient = new Float64Array(16)
  originClock = new Uint32Array(16)
  rightClient = new Float64Array(16)
  rightClock = new Uint32Array(16)
  parentClient = new Float64Array(16)
  parentClock = new Uint32Array(16)

  /** Rows in the section columns. */
  sections = 0
  sectionClient = new Float64Array(4)
  /** The section's first row in the struct columns. Its last is before the next section's first. */
  sectionFrom = new Uint32Array(4)
  /** Byte offset of the section's count of structs. */
  sectionAt = new Uint32Array(4)

  /** Rows in the delete columns. */
  deletes = 0
  deleteClient = new Float64Array(4)
  deleteClock = new Uint32Array(4)
  deleteLength = new Uint32Array(4)

  /** The row behind the section's last struct. */
  sectionTo(section: number): number {
    return section + 1 < this.sections ? (this.sectionFrom[section + 1] as number) : this.structs
  }

  /** The byte behind the section's last struct. */
  sectionEnd(section: number): number {
    return section + 1 < this.sections ? (this.sectionAt[section + 1] as number) : this.deletesAt
  }

  /** The byte behind a struct of that section. */
  structEnd(section: number, struct: number): number {
    return struct + 1 < this.sectionTo(section)
      ? (this.at[struct + 1] as number)
      : this.sectionEnd(section)
  }

  /** The section of a client's structs, or −1. */
  sectionOf(client: number): number {
    let low = 0
    let high = this.sections
    while (low < high) {
      const middle = (low + high) >>> 1
      const here = this.sectionClient[middle] as number
      if (here === client) return middle
      if (here > client) low = middle + 1
      else high = middle
    }
    return -1
  }

  /** The row that holds a clock of the section, or −1. A Skip holds its clocks too. */
  structOf(section: number, clock: number): number {
    let low = this.sectionFrom[section] as number
    let high = this.sectionTo(section)
    if (clock < (this.clock[low] as number)) return -1
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if ((this.clock[middle] as number) <= clock) low = middle
      else high = middle
    }
    return clock < (this.clock[low] as number) + (this.length[low] as number) ? low : -1
  }

  /** Whether one range of the deletes covers that much. */
  deletesAll(client: number, clock: number, length: number): boolean {
    let low = 0
    let high = this.deletes
    // Behind the last range that begins at the clock or before it.
    while (low < high) {
      const middle = (low + high) >>> 1
      const here = this.deleteClient[middle] as number
      if (here > client || (here === client && (this.deleteClock[middle] as number) <= clock)) {
        low = middle + 1
      } else high = middle
    }
    const row = low - 1
    if (row < 0 || this.deleteClient[row] !== client) return false
    return clock + length <= (this.deleteClock[row] as number) + (this.deleteLength[row] as number)
  }

  reset(bytes: Uint8Array): void {
    this.bytes = bytes as SoundUpdate
    this.deletesAt = 0
    this.structs = 0
    this.sections = 0
    this.deletes = 0
  }

  /** A free row of the struct columns, or −1 when there may be no more. */
  addStruct(): number {
    if (this.structs === this.at.length) {
      if (this.structs === MOST_ROWS) return -1
      this.at = wider(this.at, Uint32Array)
      this.contentAt = wider(this.contentAt, Uint32Array)
      this.clock = wider(this.clock, Uint32Array)
      this.length = wider(this.length, Uint32Array)
      this.info = wider(this.info, Uint8Array)
      this.originClient = wider(this.originClient, Float64Array)
      this.originClock = wider(this.originClock, Uint32Array)
      this.rightClient = wider(this.rightClient, Float64Array)
      this.rightClock = wider(this.rightClock, Uint32Array)
      this.parentClient = wider(this.parentClient, Float64Array)
      this.parentClock = wider(this.parentClock, Uint32Array)
    }
    return this.structs++
  }

  /** A free row of the section columns, or −1 when there may be no more. */
  addSection(): number {
    if (this.sections === this.sectionAt.length) {
      if (this.sections === MOST_ROWS) return -1
      this.sectionClient = wider(this.sectionClient, Float64Array)
      this.sectionFrom = wider(this.sectionFrom, Uint32Array)
      this.sectionAt = wider(this.sectionAt, Uint32Array)
    }
    return this.sections++
  }

  /** A free row of the delete columns, or −1 when there may be no more. */
  addDelete(): number {
    if (this.deletes === this.deleteClock.length) {
      if (this.deletes === MOST_ROWS) return -1
      this.deleteClient = wider(this.deleteClient, Float64Array)
      this.deleteClock = wider(this.deleteClock, Uint32Array)
      this.deleteLength = wider(this.deleteLength, Uint32Array)
    }
    return this.deletes++
  }
}

function wider<Column extends Uint8Array | Uint32Array | Float64Array>(
  column: Column,
  type: new (length: number) => Column,
): Column {
  const grown = new type(column.length * 2)
  grown.set(column)
  return grown
}
