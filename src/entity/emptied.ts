import { DeleteRanges } from '../crdt/delete-ranges.ts'
import { DELETED, GC, SKIP, type UpdateScan } from '../crdt/scan.ts'

/** The bits of an info byte that name the content. */
const CONTENT = 0x1f

/** With so many ranges for a reason it begins anew, and of one update no more structs are noted. */
const MOST = 1_000

/**
 * What was taken without its content since the entity was opened, and why: whoever sends it once more
 * was not reached by the word of that. What a client's clocks continue is one range; who has other
 * edits in between, for days, has the older ones forgotten.
 */
export class Emptied<Why extends string> {
  readonly #ranges = new Map<Why, DeleteRanges>()

  add(scan: UpdateScan, why: Why): void {
    const before = this.#ranges.get(why)
    const ranges = before === undefined || before.size >= MOST ? new DeleteRanges() : before
    this.#ranges.set(why, ranges)
    // Whoever sends it again sends its beginning, too.
    let left = MOST
    someContent(scan, (client, clock, length) => {
      ranges.add(client, clock, length)
      return --left === 0
    })
  }

  /** Why something was, whose content is in this again; `null` when nothing was. */
  why(scan: UpdateScan): Why | null {
    for (const [why, ranges] of this.#ranges) {
      if (someContent(scan, (...struct) => ranges.overlaps(...struct))) return why
    }
    return null
  }
}

/** Whether it holds of any struct that has content. */
function someContent(
  scan: UpdateScan,
  holds: (client: number, clock: number, length: number) => boolean,
): boolean {
  for (let section = 0; section < scan.sections; section++) {
    const client = scan.sectionClient[section] as number
    for (let row = scan.sectionFrom[section] as number; row < scan.sectionTo(section); row++) {
      const info = scan.info[row] as number
      if (info === GC || info === SKIP || (info & CONTENT) === DELETED) continue
      if (holds(client, scan.clock[row] as number, scan.length[row] as number)) return true
    }
  }
  return false
}
