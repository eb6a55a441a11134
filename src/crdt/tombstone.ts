import { SKIP, type StateVector, type UpdateScan } from './scan.ts'

/**
 * Whether an update holds a struct of a removed generation: one below the clock that its client had
 * when the entity was removed. A client that was offline then still offers them, and they must not
 * come back.
 *
 * @param tombstone the state vector of everything that was removed.
 */
export function holdsAny(scan: UpdateScan, tombstone: StateVector): boolean {
  for (let section = 0; section < scan.sections; section++) {
    const removed = tombstone.get(scan.sectionClient[section] as number) ?? 0
    const to = scan.sectionTo(section)
    let row = scan.sectionFrom[section] as number
    while (row < to && scan.info[row] === SKIP) row++
    // Clocks rise: when the first is not below it, none is.
    if (row < to && (scan.clock[row] as number) < removed) return true
  }
  return false
}
