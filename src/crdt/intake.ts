import { closedRows, deleteBeyond, endOf, nextClock } from './closed.ts'
import { DeleteRanges } from './delete-ranges.ts'
import { structFrom } from './half-known.ts'
import { type Run, updateOfRuns } from './runs.ts'
import { NONE, SKIP, type SoundUpdate, type StateVector, type UpdateScan } from './scan.ts'

/** What of an update an entity takes. */
export interface Intake {
  /** What is closed and new: the very bytes of the scan when that is all of it; null for nothing. */
  readonly update: SoundUpdate | null
  /** Something was cut off because it is not closed: the sender has to be asked for what it lacks. */
  readonly unclosed: boolean
  /** The client ids whose structs `update` brings. */
  readonly clients: readonly number[]
  /** How many of them had no struct here before. */
  readonly newClients: number
}

/** Gives what was deleted; asked only about an update that deletes. */
interface Deletes {
  deletes(): DeleteRanges
}

/**
 * What of an update is closed (all that it builds on is here) and new. Of a struct that is half known
 * it is the new half.
 *
 * @param known the next clock of every client that has any.
 */
export function intakeOf(scan: UpdateScan, known: StateVector, deletes: Deletes): Intake {
  // The case of nearly every update, and the one that has to cost nothing: all of it is taken, as
  // it came, in 0.07 µs.
  const isAll = structsAreNew(scan, known) && deletesAreNew(scan, known, deletes)
  return isAll ? wholeOf(scan, known) : partOf(scan, known, deletes)
}

/** Whether every struct is new and builds on what is known, or on its own client's. */
function structsAreNew(scan: UpdateScan, known: StateVector): boolean {
  let row = 0
  for (let section = 0; section < scan.sections; section++) {
    const client = scan.sectionClient[section] as number
    const next = known.get(client) ?? 0
    if (scan.clock[row] !== next) return false
    for (const to = scan.sectionTo(section); row < to; row++) {
      const canBe =
        scan.info[row] !== SKIP &&
        has(known, client, scan.originClient[row] as number, scan.originClock[row] as number) &&
        has(known, client, scan.rightClient[row] as number, scan.rightClock[row] as number) &&
        has(known, client, scan.parentClient[row] as number, scan.parentClock[row] as number)
      if (!canBe) return false
    }
  }
  return true
}

/** Whether a struct of `author`, all of whose earlier ones are here, can name that id. */
function has(known: StateVector, author: number, client: number, clock: number): boolean {
  // The checker has refused ids of the author's own that are not earlier.
  return clock === NONE || client === author || clock < (known.get(client) ?? 0)
}

/** Whether no delete is known, and none of something unknown, when all structs are taken. */
function deletesAreNew(scan: UpdateScan, known: StateVector, deletes: Deletes): boolean {
  if (scan.deletes === 0) return true
  if (deleteBeyond(scan, known) >= 0) return false
  const had = deletes.deletes()
  for (let row = 0; row < scan.deletes; row++) {
    const client = scan.deleteClient[row] as number
    const clock = scan.deleteClock[row] as number
    if (had.overlaps(client, clock, scan.deleteLength[row] as number)) return false
  }
  return true
}

function wholeOf(scan: UpdateScan, known: StateVector): Intake {
  // Nearly always one, and an array that is pushed to has room for 17.
  const clients = scan.sections === 0 ? [] : [scan.sectionClient[0] as number]
  for (let section = 1; section < scan.sections; section++) {
    clients.push(scan.sectionClient[section] as number)
  }
  const isNothing = scan.sections === 0 && scan.deletes === 0
  return {
    update: isNothing ? null : scan.bytes,
    unclosed: false,
    clients,
    newClients: countNew(clients, known),
  }
}

function partOf(scan: UpdateScan, known: StateVector, deletes: Deletes): Intake {
  const closedTo = closedRows(scan, known)
  const runs: Run[] = []
  let unclosed = false
  for (let section = 0; section < scan.sections; section++) {
    const to = closedTo[section] as number
    if (to < scan.sectionTo(section)) unclosed = true
    const run = newRun(scan, known, section, to)
    if (run !== null) runs.push(run)
  }
  const cut = scan.deletes === 0 ? NONE_CUT : cutDeletes(scan, known, deletes.deletes(), closedTo)
  const clients = runs.map((run) => run.client)
  return {
    update: updateOf(scan, runs, cut),
    unclosed: unclosed || cut.unclosed,
    clients,
    newClients: countNew(clients, known),
  }
}

/** The structs of a section that are new, up to the row `to`. */
function newRun(scan: UpdateScan, known: StateVector, section: number, to: number): Run | null {
  const client = scan.sectionClient[section] as number
  const next = known.get(client) ?? 0
  let row = scan.sectionFrom[section] as number
  while (row < to && endOf(scan, row) <= next) row++
  if (row === to) return null
  const clock = scan.clock[row] as number
  const run = { client, structs: to - row, to: scan.structEnd(section, to - 1) }
  if (clock >= next) return { ...run, clock, from: scan.at[row] as number }
  const head = structFrom(scan, section, row, next - clock)
  return { ...run, clock: next, from: scan.structEnd(section, row), head }
}

interface CutDeletes {
  /** What is left, or null when that is all of the update's deletes. */
  readonly rest: DeleteRanges | null
  /** Some were over clocks that are not here. */
  readonly unclosed: boolean
}

const NONE_CUT: CutDeletes = { rest: null, unclosed: false }

/** The deletes that are new, as far as the clocks are here once the closed structs are taken. */
function cutDeletes(
  scan: UpdateScan,
  known: StateVector,
  had: DeleteRanges,
  closedTo: Uint32Array,
): CutDeletes {
  const rest = new DeleteRanges()
  let isAll = true
  let unclosed = false
  for (let row = 0; row < scan.deletes; row++) {
    const client = scan.deleteClient[row] as number
    const from = scan.deleteClock[row] as number
    const end = from + (scan.deleteLength[row] as number)
    const to = Math.min(end, nextClock(scan, known, client, closedTo))
    if (to < end) unclosed = true
    if (to <= from) continue
    if (had.overlaps(client, from, to - from)) isAll = false
    had.uncovered(client, from, to - from, (clock, length) => rest.add(client, clock, length))
  }
  return { rest: isAll && !unclosed ? null : rest, unclosed }
}

function updateOf(
  scan: UpdateScan,
  runs: readonly Run[],
  { rest }: CutDeletes,
): SoundUpdate | null {
  const structs = runs.reduce((sum, run) => sum + run.structs, 0)
  if (rest === null) {
    const isAll = structs === scan.structs && runs.every(({ head }) => head === undefined)
    if (isAll) return scan.bytes
    if (structs === 0 && scan.deletes === 0) return null
    return updateOfRuns(scan.bytes, runs, scan.bytes.subarray(scan.deletesAt))
  }
  return structs === 0 && rest.isEmpty ? null : updateOfRuns(scan.bytes, runs, rest.encode())
}

function countNew(clients: readonly number[], known: StateVector): number {
  let count = 0
  for (const client of clients) if (!known.has(client)) count++
  return count
}
