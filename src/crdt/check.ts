import { checkPlaces } from './places.ts'
import type { UpdateScan } from './scan.ts'
import { scanUpdate } from './scan-update.ts'

/**
 * The strict checker: the only way by which bytes of a stranger become a `SoundUpdate`. It holds
 * the grammar (`scanUpdate`) and what goes on between structs (`checkPlaces`).
 *
 * What has passed loads, merges and encodes in Yjs without a throw, and in memory that grows with
 * its bytes and not with the numbers in them. What no check of one update can see is whether it
 * fits what is known: that is the closed test's.
 *
 * Not for our own bytes: types that many sound updates nest may stand deeper in a merged one than
 * a single update may nest them.
 *
 * @param into the scan to fill; without it one that the next call fills again.
 * @throws {TributaryError} `malformed`, with the reason and the place.
 * @example checkUpdate(frame).bytes // a SoundUpdate
 */
export function checkUpdate(bytes: Uint8Array, into?: UpdateScan): UpdateScan {
  const scan = scanUpdate(bytes, into)
  checkPlaces(scan)
  return scan
}
