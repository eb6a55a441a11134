import { varUintLength, writeVarUint } from '../core/varint.ts'
import { MAX_CLOCK, Reader } from './reader.ts'
import type { UpdateScan } from './scan.ts'

/** Every so many structs the index holds one. */
const STRIDE = 64
/** Words of a mark, and which of them is which; words of a section. */
const MARK = 2
const CLOCK = 0
const AT = 1
const SECTION = 4
/** A client may be above 32 bits: it takes two words. */
const HALF = 2 ** 32

/**
 * Where the structs of a snapshot lie: per client the clock and the byte offset of every 64th. With
 * it the place of a clock is found by a search and at most 63 steps, not by reading the snapshot.
 * It is stored beside the snapshot, in 0.5 % of its bytes:
 *
 * ```
 * index   = varUint sections, { section }, varUint byte offset of the delete set
 * section = varUint client, varUint structs, mark, { mark }
 * mark    = varUint clock, varUint byte offset, each less what it is in the mark before
 * ```
 *
 * Offsets count on through all sections; clocks begin anew in each. The first mark is the section's
 * first struct, so its header, whose numbers are all here, lies right before it.
 */
export class SnapshotIndex {
  /** How many sections (clients) the snapshot has, in the order of its bytes. */
  readonly sections: number
  /** Byte offset of the delete set. */
  readonly deletesAt: number
  readonly #marks: number
  /**
   * Per mark its clock and its byte offset; then per section its client, as two halves, its structs and
   * its first mark. One array for all: of a small snapshot five would weigh 1 KB, and each is in memory.
   */
  readonly #words: Uint32Array

  private constructor(sections: number, marks: number, deletesAt: number) {
    this.sections = sections
    this.deletesAt = deletesAt
    this.#marks = marks
    this.#words = new Uint32Array(marks * MARK + sections * SECTION)
  }

  /** The index of a scanned snapshot. */
  static of(scan: UpdateScan): SnapshotIndex {
    let marks = 0
    for (let section = 0; section < scan.sections; section++) {
      marks += marksOf(scan.sectionTo(section) - (scan.sectionFrom[section] as number))
    }
    const index = new SnapshotIndex(scan.sections, marks, scan.deletesAt)
    let mark = 0
    for (let section = 0; section < scan.sections; section++) {
      const from = scan.sectionFrom[section] as number
      const to = scan.sectionTo(section)
      index.#putSection(section, scan.sectionClient[section] as number, to - from, mark)
      for (let row = from; row < to; row += STRIDE) {
        index.#putMark(mark++, scan.clock[row] as number, scan.at[row] as number)
      }
    }
    return index
  }

  /** @throws {TributaryError} `malformed` unless the bytes are one index and nothing else. */
  static decode(bytes: Uint8Array): SnapshotIndex {
    const reader = new Reader(bytes)
    const { sections, marks, deletesAt } = measure(reader)
    const index = new SnapshotIndex(sections, marks, deletesAt)
    reader.at = 0
    reader.uint()
    let mark = 0
    let at = 0
    for (let section = 0; section < sections; section++) {
      const client = reader.uint()
      const structs = reader.uint()
      index.#putSection(section, client, structs, mark)
      let clock = 0
      for (let left = marksOf(structs); left > 0; left--) {
        clock += reader.uint()
        at += reader.uint()
        if (clock > MAX_CLOCK || at > deletesAt) reader.fail('a mark lies outside the snapshot')
        index.#putMark(mark++, clock, at)
      }
    }
    return index
  }

  encode(): Uint8Array {
    const numbers: number[] = [this.sections]
    let at = 0
    for (let section = 0; section < this.sections; section++) {
      numbers.push(this.client(section), this.structs(section))
      let clock = 0
      for (let mark = this.#first(section); mark < this.#first(section + 1); mark++) {
        numbers.push(this.#clockOf(mark) - clock, this.#atOf(mark) - at)
        clock = this.#clockOf(mark)
        at = this.#atOf(mark)
      }
    }
    numbers.push(this.deletesAt)
    const bytes = new Uint8Array(numbers.reduce((sum, number) => sum + varUintLength(number), 0))
    let to = 0
    for (const number of numbers) to = writeVarUint(bytes, to, number)
    return bytes
  }

  client(section: number): number {
    const at = this.#sectionAt(section)
    return this.#word(at + 1) * HALF + this.#word(at)
  }

  /** How many structs the section has. */
  structs(section: number): number {
    return this.#word(this.#sectionAt(section) + 2)
  }

  /** The byte behind the section's last struct. */
  end(section: number): number {
    const next = section + 1
    if (next === this.sections) return this.deletesAt
    const first = this.#first(next)
    const header =
      varUintLength(this.structs(next)) +
      varUintLength(this.client(next)) +
      varUintLength(this.#clockOf(first))
    return this.#atOf(first) - header
  }

  /** The last marked struct of the section that begins at or before that clock, else its first. */
  markAtClock(section: number, clock: number): Mark {
    return this.#mark(section, this.#last(section, CLOCK, clock))
  }

  /** The last marked struct of the section that begins at or before that byte, else its first. */
  markAtByte(section: number, at: number): Mark {
    return this.#mark(section, this.#last(section, AT, at))
  }

  #last(section: number, column: number, value: number): number {
    let low = this.#first(section)
    let high = this.#first(section + 1)
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (this.#word(middle * MARK + column) <= value) low = middle
      else high = middle
    }
    return low
  }

  #mark(section: number, mark: number): Mark {
    const struct = (mark - this.#first(section)) * STRIDE
    return { struct, clock: this.#clockOf(mark), at: this.#atOf(mark) }
  }

  #first(section: number): number {
    return section === this.sections ? this.#marks : this.#word(this.#sectionAt(section) + 3)
  }

  #clockOf(mark: number): number {
    return this.#word(mark * MARK + CLOCK)
  }

  #atOf(mark: number): number {
    return this.#word(mark * MARK + AT)
  }

  #sectionAt(section: number): number {
    return this.#marks * MARK + section * SECTION
  }

  #word(at: number): number {
    return this.#words[at] as number
  }

  #putMark(mark: number, clock: number, at: number): void {
    this.#words[mark * MARK + CLOCK] = clock
    this.#words[mark * MARK + AT] = at
  }

  #putSection(section: number, client: number, structs: number, first: number): void {
    this.#words.set(
      [client % HALF, Math.floor(client / HALF), structs, first],
      this.#sectionAt(section),
    )
  }
}

/** A struct whose place is known. */
export interface Mark {
  /** How many structs of the section come before it. */
  readonly struct: number
  readonly clock: number
  /** Byte offset. */
  readonly at: number
}

const marksOf = (structs: number): number => Math.ceil(structs / STRIDE)

/** A first pass: how large the columns have to be. Takes all of the bytes. */
function measure(reader: Reader): { sections: number; marks: number; deletesAt: number } {
  const sections = reader.count(4)
  let marks = 0
  for (let section = 0; section < sections; section++) {
    reader.uint()
    const at = reader.at
    const structs = reader.uint()
    if (structs === 0) reader.fail('a section is empty', at)
    if (marksOf(structs) * 2 > reader.left) reader.fail('a count is beyond the bytes left', at)
    for (let left = marksOf(structs); left > 0; left--) {
      reader.uint()
      reader.uint()
      marks++
    }
  }
  const deletesAt = reader.uint()
  reader.end()
  return { sections, marks, deletesAt }
}
