import { varUintLength, writeVarUint } from '../core/varint.ts'
import { SKIP, type SoundUpdate, UpdateScan } from './scan.ts'
import { scanUpdate } from './scan-update.ts'

/** Larger ones leave nothing here, and what Yjs costs with them lies in their bytes. */
const MOST_BYTES = 64 * 1024

/** Filled and read within one call; larger ones never get here. */
const scan = new UpdateScan()

/** What one client wrote, as it lies in an update. */
interface Section {
  readonly client: number
  readonly bytes: Uint8Array
}

/**
 * Merges updates of which no client has written two, as those of one tick mostly are: the sections as
 * they are, by falling client. Takes a tenth of what `Y.mergeUpdates` does (decision 023).
 *
 * @returns `null` where it takes more than that: a client is in two of them, two delete something, one
 * has a gap, or they are large.
 */
export function sideBySide(updates: readonly SoundUpdate[]): SoundUpdate | null {
  let size = 0
  for (const { length } of updates) size += length
  if (size > MOST_BYTES) return null
  const sections: Section[] = []
  let deletes: Uint8Array | null = null
  for (const update of updates) {
    scanUpdate(update, scan)
    if (!take(sections)) return null
    if (scan.deletes === 0) continue
    if (deletes !== null) return null
    deletes = scan.bytes.subarray(scan.deletesAt)
  }
  return written(sections, deletes)
}

/** Takes the sections that were scanned to those of other clients; false if that is not what they are. */
function take(sections: Section[]): boolean {
  for (let row = 0; row < scan.structs; row++) if (scan.info[row] === SKIP) return false
  for (let section = 0; section < scan.sections; section++) {
    const client = scan.sectionClient[section] as number
    let at = sections.length
    while (at > 0 && (sections[at - 1] as Section).client < client) at--
    if (at > 0 && sections[at - 1]?.client === client) return false
    const bytes = scan.bytes.subarray(scan.sectionAt[section], scan.sectionEnd(section))
    sections.splice(at, 0, { client, bytes })
  }
  return true
}

function written(sections: readonly Section[], deletes: Uint8Array | null): SoundUpdate {
  let size = varUintLength(sections.length) + (deletes?.length ?? 1)
  for (const { bytes } of sections) size += bytes.length
  const update = new Uint8Array(size)
  let at = writeVarUint(update, 0, sections.length)
  for (const { bytes } of sections) {
    update.set(bytes, at)
    at += bytes.length
  }
  // Without any the byte behind the last section is there: no client has deleted anything.
  if (deletes !== null) update.set(deletes, at)
  return update as SoundUpdate
}
