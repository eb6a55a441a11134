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
/**
 * The field, beside the numbers of the pieces, that says what was taken without its content. Whoever
 * does not know of it reads the pieces, and passes over it. [L91]
 */
export const EMPTIED_FIELD = 'emptied'
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
  const { position, depth, update, stateVector, deleteSet, index, emptied } = snapshot
  const bytes = Buffer.concat([update, stateVector, deleteSet, index])
  const isWhole = bytes.length <= WHOLE_BYTES && emptied === undefined
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
  const write = async (field: number | string, body: Uint8Array): Promise<void> => {
    const piece = seal(body)
    await link.run('stage-piece', [key], [field, piece, EXPIRES_S])
    compare(await link.call('HGET', key, field), piece)
  }
  for (let no = 0; no * PIECE_BYTES < bytes.length; no++) {
    await write(no, bytes.subarray(no * PIECE_BYTES, (no + 1) * PIECE_BYTES))
  }
  if (emptied !== undefined) await write(EMPTIED_FIELD, emptied)
  return { key, record: seal(line) }
}

function compare(back: unknown, written: Uint8Array): void {
  if (Buffer.isBuffer(back) && back.equals(written)) return
  throw new TributaryError('storage', 'a snapshot did not read back as it was written')
}
