import { TributaryError } from '../core/errors.ts'
import type { UpdateScan } from './scan.ts'
import { writeVarUint } from './varint.ts'

/**
 * The scanned update with its sections and its deletes by falling client id, the ranges of a client
 * in order and apart, and without texts and deletes of length 0. What it says stays the same.
 *
 * yrs needs this: its deletes come in any order, current versions write deletes of nothing, old
 * ones texts of no characters. Yjs, once it has a struct of length 0, can no longer find the struct
 * of a clock, and it throws at a delete of length 0. And its `mergeUpdates` counts on sections in
 * order: of others it makes two sections of one client, and its readers forget the first.
 *
 * @throws {TributaryError} `malformed` when a client has two sections, or deletes in two places.
 */
export function tidied(scan: UpdateScan): Uint8Array {
  // Every part is copied, or written from a number that came in its shortest form: never longer.
  const into = new Uint8Array(scan.bytes.length)
  const deletesAt = writeSections(scan, into)
  return into.slice(0, writeDeletes(scan, into, deletesAt))
}

function writeSections(scan: UpdateScan, into: Uint8Array): number {
  const kept = new Uint32Array(scan.sections)
  for (let section = 0; section < scan.sections; section++) {
    const from = scan.sectionFrom[section] as number
    kept[section] = countKept(scan.length, from, scan.sectionTo(section))
  }
  let at = writeVarUint(into, 0, countKept(kept, 0, kept.length))
  for (const section of byFallingClient(scan.sectionClient.subarray(0, scan.sections))) {
    if (kept[section] === 0) continue
    const from = scan.sectionFrom[section] as number
    at = writeVarUint(into, at, kept[section] as number)
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

function writeDeletes(scan: UpdateScan, into: Uint8Array, start: number): number {
  const groups = groupStarts(scan.deleteClient, scan.deletes)
  const ranges = Array.from(groups, (from, group) =>
    rangesOf(scan, from, groups[group + 1] ?? scan.deletes),
  )
  const clients = Float64Array.from(groups, (row) => scan.deleteClient[row] as number)
  let at = writeVarUint(into, start, ranges.filter(({ length }) => length > 0).length)
  for (const group of byFallingClient(clients)) {
    const ends = ranges[group] as Uint32Array
    if (ends.length === 0) continue
    at = writeVarUint(into, at, clients[group] as number)
    at = writeVarUint(into, at, ends.length / 2)
    for (let i = 0; i < ends.length; i += 2) {
      const clock = ends[i] as number
      at = writeVarUint(into, at, clock)
      at = writeVarUint(into, at, (ends[i + 1] as number) - clock)
    }
  }
  return at
}

/** The ranges of one client, as `from, to, from, to …`: in order, apart from one another, none empty. */
function rangesOf(scan: UpdateScan, from: number, to: number): Uint32Array {
  const { deleteClock, deleteLength } = scan
  const rows = Uint32Array.from({ length: to - from }, (_, i) => from + i)
  rows.sort((a, b) => (deleteClock[a] as number) - (deleteClock[b] as number))
  const ends = new Uint32Array(rows.length * 2)
  let length = 0
  for (const row of rows) {
    if (deleteLength[row] === 0) continue
    const clock = deleteClock[row] as number
    const end = clock + (deleteLength[row] as number)
    if (length > 0 && clock <= (ends[length - 1] as number)) {
      ends[length - 1] = Math.max(end, ends[length - 1] as number)
    } else {
      ends[length++] = clock
      ends[length++] = end
    }
  }
  return ends.subarray(0, length)
}

/** How many of the rows are not 0. */
function countKept(column: Uint32Array, from: number, to: number): number {
  let kept = 0
  for (let row = from; row < to; row++) if (column[row] !== 0) kept++
  return kept
}

/** The rows at which another client begins. */
function groupStarts(clients: Float64Array, rows: number): Uint32Array {
  return Uint32Array.from(clients.subarray(0, rows).keys()).filter(
    (row) => row === 0 || clients[row] !== clients[row - 1],
  )
}

/**
 * The indexes of the clients by falling id. The ids are sorted as numbers and looked up again:
 * sorting indexes with a function to compare them takes five times as long.
 */
function byFallingClient(clients: Float64Array): Uint32Array {
  const sorted = clients.slice().sort().reverse()
  const order = new Uint32Array(clients.length)
  for (let i = 0; i < clients.length; i++) {
    const client = clients[i] as number
    let low = 0
    let high = sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((sorted[middle] as number) > client) low = middle + 1
      else high = middle
    }
    order[low] = i
    if (sorted[low + 1] === client) {
      throw new TributaryError('malformed', `the client ${client} is named twice`)
    }
  }
  return order
}
