import type { UpdateScan } from './scan.ts'
import { writeVarUint } from './varint.ts'

/**
 * The update without its texts and delete ranges of length 0.
 *
 * yrs writes them: a text of no characters in old versions, a delete of nothing in current ones.
 * They hold no clock, so nothing can name them and nothing is lost. But Yjs, once it has a struct
 * of length 0, can no longer find the struct of a clock, and the delete waits for ever.
 */
export function withoutEmpties(scan: UpdateScan): Uint8Array {
  // Each part is copied or written anew from numbers that came in their shortest form: never longer.
  const into = new Uint8Array(scan.bytes.length)
  return into.slice(0, writeDeletes(scan, into, writeSections(scan, into)))
}

function writeSections(scan: UpdateScan, into: Uint8Array): number {
  const kept = keptStructs(scan)
  let at = writeVarUint(into, 0, kept.filter((structs) => structs > 0).length)
  for (let section = 0; section < scan.sections; section++) {
    const structs = kept[section] as number
    if (structs === 0) continue
    const from = scan.sectionFrom[section] as number
    at = writeVarUint(into, at, structs)
    at = writeVarUint(into, at, scan.sectionClient[section] as number)
    at = writeVarUint(into, at, scan.clock[from] as number)
    for (let row = from; row < scan.sectionTo(section); row++) {
      if (scan.length[row] === 0) continue
      const struct = scan.bytes.subarray(scan.at[row], scan.structEnd(section, row))
      into.set(struct, at)
      at += struct.length
    }
  }
  return at
}

/** How many structs of each section hold clocks. */
function keptStructs(scan: UpdateScan): Uint32Array {
  const kept = new Uint32Array(scan.sections)
  for (let section = 0; section < scan.sections; section++) {
    for (let row = scan.sectionFrom[section] as number; row < scan.sectionTo(section); row++) {
      if (scan.length[row] !== 0) kept[section] = (kept[section] as number) + 1
    }
  }
  return kept
}

function writeDeletes(scan: UpdateScan, into: Uint8Array, start: number): number {
  const { deleteClient, deleteClock, deleteLength } = scan
  // The ranges of a client stand together, so those that are kept do too.
  const isFirst = (row: number, previous: number): boolean =>
    previous < 0 || deleteClient[row] !== deleteClient[previous]
  let clients = 0
  for (let row = 0, previous = -1; row < scan.deletes; row++) {
    if (deleteLength[row] === 0) continue
    if (isFirst(row, previous)) clients++
    previous = row
  }
  let at = writeVarUint(into, start, clients)
  for (let row = 0, previous = -1; row < scan.deletes; row++) {
    if (deleteLength[row] === 0) continue
    if (isFirst(row, previous)) {
      at = writeVarUint(into, at, deleteClient[row] as number)
      at = writeVarUint(into, at, keptRanges(scan, row))
    }
    at = writeVarUint(into, at, deleteClock[row] as number)
    at = writeVarUint(into, at, deleteLength[row] as number)
    previous = row
  }
  return at
}

/** How many ranges of the row's client hold clocks, from the row on. */
function keptRanges(scan: UpdateScan, from: number): number {
  const client = scan.deleteClient[from]
  let ranges = 0
  for (let row = from; row < scan.deletes && scan.deleteClient[row] === client; row++) {
    if (scan.deleteLength[row] !== 0) ranges++
  }
  return ranges
}
