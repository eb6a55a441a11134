import { endOf } from './closed.ts'
import { DeleteRanges } from './delete-ranges.ts'
import type { Knowledge } from './knowledge.ts'
import { SKIP, type UpdateScan } from './scan.ts'

/** Rough memory of one client's clock. */
const CLIENT_BYTES = 48

/**
 * Updates of which something was cut off, as it builds on what is not known: up to which clock of each
 * client they went, and what they deleted. That says later whether all of them is known.
 *
 * @example
 * const cutOff = CutOff.of(scan) // { client 7 up to clock 12, deletes 3 to 5 of client 2 }
 * cutOff.isIn(knowledge) // false until both are there
 */
export class CutOff {
  readonly #ends = new Map<number, number>()
  readonly #deletes = new DeleteRanges()

  static of(scan: UpdateScan): CutOff {
    const cutOff = new CutOff()
    for (let section = 0; section < scan.sections; section++) cutOff.#takeSection(scan, section)
    for (let row = 0; row < scan.deletes; row++) {
      const client = scan.deleteClient[row] as number
      const clock = scan.deleteClock[row] as number
      cutOff.#deletes.add(client, clock, scan.deleteLength[row] as number)
    }
    return cutOff
  }

  /** Behind its last struct that is one: a gap at its end is nothing that could come. */
  #takeSection(scan: UpdateScan, section: number): void {
    const from = scan.sectionFrom[section] as number
    let last = scan.sectionTo(section) - 1
    while (last >= from && scan.info[last] === SKIP) last--
    if (last >= from) this.#reach(scan.sectionClient[section] as number, endOf(scan, last))
  }

  #reach(client: number, end: number): void {
    this.#ends.set(client, Math.max(end, this.#ends.get(client) ?? 0))
  }

  /** Memory held, in bytes, roughly. */
  get bytes(): number {
    return this.#ends.size * CLIENT_BYTES + this.#deletes.bytes
  }

  /** Takes over what another one lacks. */
  add(other: CutOff): void {
    for (const [client, end] of other.#ends) this.#reach(client, end)
    other.#deletes.forEach((client, clock, length) => {
      this.#deletes.add(client, clock, length)
    })
  }

  /** Whether all of them is known by now. */
  isIn(knowledge: Knowledge): boolean {
    for (const [client, end] of this.#ends) {
      if ((knowledge.known.get(client) ?? 0) < end) return false
    }
    return this.#deletes.isEmpty || knowledge.deletes().contains(this.#deletes)
  }
}
