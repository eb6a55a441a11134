import { varUintLength, writeVarUint } from '../core/varint.ts'
import { NO_DELETES, type Run, updateOfRuns } from './runs.ts'
import { GC, type SoundUpdate, UpdateScan } from './scan.ts'
import { scanUpdate } from './scan-update.ts'

/**
 * What can be kept of a closed update at which Yjs fails, the most first: all but what it deletes;
 * then its clocks alone. Both hold every clock of it, so that nothing that builds on it is left
 * waiting, and nobody is asked for it again. (Neutered it would still stand where it overwrites, and
 * that is what Yjs fails at.) At the last one Yjs cannot fail; what stands beside it later is lost
 * with it.
 */
export function* lesserOf(update: SoundUpdate): Generator<SoundUpdate, void> {
  const scan = scanUpdate(update, new UpdateScan())
  yield withoutDeletes(scan)
  yield clocksOf(scan)
}

function withoutDeletes(scan: UpdateScan): SoundUpdate {
  const structs = scan.bytes.subarray(0, scan.deletesAt)
  const bytes = new Uint8Array(structs.length + NO_DELETES.length)
  bytes.set(structs)
  bytes.set(NO_DELETES, structs.length)
  return bytes as SoundUpdate
}

/** One GC struct per client over all of its clocks: a closed update has no gaps. */
function clocksOf(scan: UpdateScan): SoundUpdate {
  const runs: Run[] = []
  for (let section = 0; section < scan.sections; section++) {
    const clock = scan.clock[scan.sectionFrom[section] as number] as number
    const last = scan.sectionTo(section) - 1
    const length = (scan.clock[last] as number) + (scan.length[last] as number) - clock
    const client = scan.sectionClient[section] as number
    runs.push({ client, clock, structs: 1, from: 0, to: 0, head: collected(length) })
  }
  return updateOfRuns(scan.bytes, runs, NO_DELETES)
}

function collected(length: number): Uint8Array {
  const bytes = new Uint8Array(1 + varUintLength(length))
  bytes[0] = GC
  writeVarUint(bytes, 1, length)
  return bytes
}
