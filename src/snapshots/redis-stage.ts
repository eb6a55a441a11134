import { TributaryError } from '../core/errors.ts'
import type { EntityKey } from '../core/ids.ts'
import { seal } from '../record/record.ts'
import { aboutLine } from '../redis/kept.ts'
import type { RedisLink } from '../redis/link.ts'
import type { Snapshot } from './snapshots.ts'

/** Written at once, in bytes: an append waits for no more than that. */
export const PIECE_BYTES = 256 * 1024
/** Up to here bytes lie beside their name: what a script copies to make it the older one. */
const WHOLE_BYTES = 64 * 1024
/** What never counts is gone after this, in s; a commit of 20 MB takes 0.3. */
const EXPIRES_S = 3_600

/** What has been written, read back and compared, and does not count yet. */
export interface Staged {
  readonly key: string
  /** The record that names its pieces; empty when the key holds the record itself. */
  readonly record: Uint8Array
}

/**
 * Writes a snapshot to a key that expires.
 *
 * @param id Of its pieces; no other snapshot has it.
 * @throws {TributaryError} `storage`, also when it does not read back as it was written.
 */
export async function stage(
  link: RedisLink,
  entity: EntityKey,
  snapshot: Snapshot,
  id: string,
): Promise<Staged> {
  const key = link.names.pieces(entity, id)
  const { position, depth, update, stateVector, deleteSet, index } = snapshot
  const bytes = Buffer.concat([update, stateVector, deleteSet, index])
  const isWhole = bytes.length <= WHOLE_BYTES
  const line = Buffer.from(
    aboutLine({
      position,
      depth,
      parts: [update.length, stateVector.length, deleteSet.length, index.length],
      pieces: isWhole ? null : id,
    }),
  )
  if (isWhole) {
    const record = seal(Buffer.concat([line, bytes]))
    await link.call('SET', key, record, 'EX', EXPIRES_S)
    compare(await link.call('GET', key), record)
    return { key, record: new Uint8Array() }
  }
  for (let no = 0; no * PIECE_BYTES < bytes.length; no++) {
    const piece = seal(bytes.subarray(no * PIECE_BYTES, (no + 1) * PIECE_BYTES))
    await link.call('HSET', key, no, piece)
    if (no === 0) await link.call('EXPIRE', key, EXPIRES_S)
    compare(await link.call('HGET', key, no), piece)
  }
  return { key, record: seal(line) }
}

function compare(back: unknown, written: Uint8Array): void {
  if (Buffer.isBuffer(back) && back.equals(written)) return
  throw new TributaryError('storage', 'a snapshot did not read back as it was written')
}
