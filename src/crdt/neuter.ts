import { varUintLength, writeVarUint } from '../core/varint.ts'
import { DeleteRanges } from './delete-ranges.ts'
import {
  contentOf,
  DELETED,
  GC,
  SKIP,
  type SoundUpdate,
  type StateVector,
  type UpdateScan,
} from './scan.ts'

/**
 * An update without its effect, for one that is sound but may not have it (too large, over quota).
 *
 * Refusing it would leave a hole in its author's clocks, and every later edit of his would wait for
 * ever. So each struct keeps its id, length, origins, parent and key, and its content becomes a
 * deleted one of the same length. (A GC would do for the clocks, but has no place: what is later
 * put beside it would be lost.) Deletes over everything new are added, so that the author, who has
 * the content, loses it too. What the update itself deleted or overwrote stays so.
 *
 * @param known the next clocks of the entity: structs below them are not deleted.
 */
export function neuter(scan: UpdateScan, known: StateVector): SoundUpdate {
  const deletes = new DeleteRanges()
  for (let row = 0; row < scan.deletes; row++) {
    const client = scan.deleteClient[row] as number
    deletes.add(client, scan.deleteClock[row] as number, scan.deleteLength[row] as number)
  }
  for (let section = 0; section < scan.sections; section++) {
    const client = scan.sectionClient[section] as number
    const next = known.get(client) ?? 0
    for (let row = scan.sectionFrom[section] as number; row < scan.sectionTo(section); row++) {
      const clock = Math.max(scan.clock[row] as number, next)
      const end = (scan.clock[row] as number) + (scan.length[row] as number)
      if (clock < end && scan.info[row] !== SKIP) deletes.add(client, clock, end - clock)
    }
  }
  return written(scan, deletes.encode())
}

function written(scan: UpdateScan, deleteSet: Uint8Array): SoundUpdate {
  let size = varUintLength(scan.sections) + deleteSet.length
  for (let section = 0; section < scan.sections; section++) size += headerOf(scan, section).length
  for (let row = 0; row < scan.structs; row++) {
    size += placeOf(scan, row).length + varUintLength(scan.length[row] as number)
  }
  const bytes = new Uint8Array(size)
  let at = writeVarUint(bytes, 0, scan.sections)
  for (let section = 0; section < scan.sections; section++) {
    const header = headerOf(scan, section)
    bytes.set(header, at)
    at += header.length
    for (let row = scan.sectionFrom[section] as number; row < scan.sectionTo(section); row++) {
      const place = placeOf(scan, row)
      bytes.set(place, at)
      bytes[at] = neuterInfo(scan.info[row] as number)
      at = writeVarUint(bytes, at + place.length, scan.length[row] as number)
    }
  }
  bytes.set(deleteSet, at)
  return bytes as SoundUpdate
}

/** The section's count, client and first clock. */
const headerOf = (scan: UpdateScan, section: number): Uint8Array =>
  scan.bytes.subarray(scan.sectionAt[section], scan.at[scan.sectionFrom[section] as number])

/** A struct's info byte and what stands before its content: ids, parent and key. */
const placeOf = (scan: UpdateScan, row: number): Uint8Array =>
  scan.bytes.subarray(scan.at[row], scan.contentAt[row])

const neuterInfo = (info: number): number =>
  info === GC || info === SKIP ? info : info - contentOf(info) + DELETED
