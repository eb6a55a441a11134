import type { Place } from '../core/branch.ts'
import type { EntityKey } from '../core/ids.ts'
import { formatPosition, type Position, parsePosition } from '../core/position.ts'
import { unseal } from '../record/record.ts'
import type { RedisLink } from '../redis/link.ts'
import { answer, placeOf, text } from '../redis/rows.ts'
import type { ScriptReply } from '../redis/scripts.ts'

/** Bytes that are looked at, and trimmed, at once. */
const SLICE_BYTES = 1024 * 1024

/**
 * Trims a log up to the end of its older snapshot, slice by slice, and not past an entry that cannot
 * be read: what is in it can be had from nowhere else. [L22]
 *
 * @param mint Gives an incarnation, should the log have lost its meta.
 * @throws {TributaryError} `storage`, `damaged`.
 */
export async function trim(
  link: RedisLink,
  mint: () => string,
  entity: EntityKey,
  covered: Position,
): Promise<void> {
  const { meta, stream, tombstones, snapshots, dirty } = link.names.keys(entity)
  for (let from: Position | null = null; ; ) {
    const asked: number = from?.offset ?? (await baseOf(link, mint, entity)).offset
    const args = [mint(), asked, SLICE_BYTES, '', '']
    const reply = await link.run('read', [meta, stream, tombstones, snapshots], args)
    const [, base, , , rows, next = null] = answer(reply)
    const begin = parsePosition(text(base))
    if (begin.epoch !== covered.epoch || begin.offset !== asked) return
    const end = wholeUpTo(begin, rows as readonly ScriptReply[], covered.offset)
    if (end.offset === begin.offset) return
    const moved = [formatPosition(begin), end.offset, end.check, covered.offset, covered.check]
    if ((await link.run('trim', [meta, stream, dirty, snapshots], moved)) !== 1) return
    if (next === null || end.offset === covered.offset) return
    from = { ...end, epoch: begin.epoch }
  }
}

async function baseOf(link: RedisLink, mint: () => string, entity: EntityKey): Promise<Position> {
  const { meta, stream, tombstones, snapshots } = link.names.keys(entity)
  // Behind the end of any log: no rows.
  const args = [mint(), Number.MAX_SAFE_INTEGER, 1, '', '']
  const [, base] = answer(await link.run('read', [meta, stream, tombstones, snapshots], args))
  return parsePosition(text(base))
}

function wholeUpTo(begin: Place, rows: readonly ScriptReply[], most: number): Place {
  let end = begin
  for (const row of rows) {
    const place = placeOf(row)
    if (place === null) continue
    if (place.offset !== end.offset + 1 || place.offset > most) break
    if (typeof unseal(place.record) === 'string') break
    end = { offset: place.offset, check: place.check }
  }
  return end
}
