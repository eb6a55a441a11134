import { TributaryError } from '../core/errors.ts'
import { writeVarUint } from '../core/varint.ts'
import type { UpdateScan } from './scan.ts'

/**
 * The scanned update with its sections and its deletes by falling client id, the ranges of a client
 * in order and apart, and without texts and deletes of length 0. What it says stays the same.
 *
 * yrs needs this: its deletes come in any order, current versions write deletes of nothing, old
 * ones texts of no characters. Yjs, once it has a struct of length 0, can no longer find the struct
 * of a clock, and it throws at a delete of length 0. And its `mergeUpdates` counts on sections in
 * order: of others it makes two sections of one client, and its readers forget the first.
 *
 * @throws {TributaryError} `malformed` when a client has two sections.
 */
export function tidied(scan: UpdateScan): Uint8Array {
  // Every part is copied, or written from a number that came in its shortest form: never longer.
  const into = new Uint8Array(scan.bytes.length)
  const deletesAt = writeSections(scan, into)
  return into.slice(0, writeDeletes(scan, into, deletesAt))
}

function writeSections(scan: UpdateScan, into: Uint8Array): number {
  const kept = new Uint32Array(scan.sections)
  let sections = 0
  for (let section = 0; section < scan.sections; section++) {
    const structs = keptStructs(scan, section)
    kept[section] = structs
    if (structs > 0) sections++
  }
  const clients = scan.sectionClient
  const order = firstRows(scan.sections).sort(
    (a, b) => (clients[b] as number) - (clients[a] as number),
  )
  let at = writeVarUint(into, 0, sections)
  let previous = -1
  for (const section of order) {
    const client = clients[section] as number
    if (client === previous) {
      throw new TributaryError('malformed', `the client ${client} has two sections`)
    }
    previous = client
    if (kept[section] === 0) continue
    const from = scan.sectionFrom[section] as number
    at = writeVarUint(into, at, kept[section] as number)
    at = writeVarUint(into, at, client)
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

/** How many structs of the section hold clocks. */
function keptStructs(scan: UpdateScan, section: number): number {
  let kept = 0
  for (let row = scan.sectionFrom[section] as number; row < scan.sectionTo(section); row++) {
    if (scan.length[row] !== 0) kept++
  }
  return kept
}

function writeDeletes(scan: UpdateScan, into: Uint8Array, start: number): number {
  const { count, clients, clocks, ends } = mergedDeletes(scan)
  let groups = 0
  for (let i = 0; i < count; i++) if (i === 0 || clients[i] !== clients[i - 1]) groups++
  let at = writeVarUint(into, start, groups)
  for (let i = 0; i < count; ) {
    const client = clients[i] as number
    let to = i + 1
    while (to < count && clients[to] === client) to++
    at = writeVarUint(into, at, client)
    at = writeVarUint(into, at, to - i)
    for (; i < to; i++) {
      const clock = clocks[i] as number
      at = writeVarUint(into, at, clock)
      at = writeVarUint(into, at, (ends[i] as number) - clock)
    }
  }
  return at
}

/** All ranges by falling client and rising clock, those that overlap or touch as one. */
function mergedDeletes(scan: UpdateScan): {
  count: number
  clients: Float64Array
  clocks: Uint32Array
  ends: Uint32Array
} {
  const { deleteClient, deleteClock, deleteLength, deletes } = scan
  const order = firstRows(deletes).sort(
    (a, b) =>
      (deleteClient[b] as number) - (deleteClient[a] as number) ||
      (deleteClock[a] as number) - (deleteClock[b] as number),
  )
  const clients = new Float64Array(deletes)
  const clocks = new Uint32Array(deletes)
  const ends = new Uint32Array(deletes)
  let last = -1
  for (const row of order) {
    if (deleteLength[row] === 0) continue
    const client = deleteClient[row] as number
    const clock = deleteClock[row] as number
    const end = clock + (deleteLength[row] as number)
    if (last >= 0 && clients[last] === client && clock <= (ends[last] as number)) {
      ends[last] = Math.max(end, ends[last] as number)
    } else {
      last++
      clients[last] = client
      clocks[last] = clock
      ends[last] = end
    }
  }
  return { count: last + 1, clients, clocks, ends }
}

const firstRows = (count: number): Uint32Array => {
  const rows = new Uint32Array(count)
  for (let row = 0; row < count; row++) rows[row] = row
  return rows
}
