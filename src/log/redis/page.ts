import { TributaryError } from '../../core/errors.ts'
import { type Position, parsePosition } from '../../core/position.ts'
import type { StateVector } from '../../crdt/scan.ts'
import { unseal, unsealJson } from '../../record/record.ts'
import type { Tombstone } from '../../record/tombstone-record.ts'
import { answer, placeOf, text } from '../../redis/rows.ts'
import type { ScriptReply } from '../../redis/scripts.ts'
import type { Row } from '../chain.ts'
import { readContent } from '../entry.ts'
import { mergeTombstones } from '../tombstone.ts'

/** What `read.lua` answers. */
export interface Page {
  readonly head: Position
  readonly base: Position
  /** At the offset that was asked about; `null` where the log has none. */
  readonly checkAt: string | null
  readonly tombstone: StateVector | null
  readonly rows: readonly Row[]
  /** Behind which offset the next page begins; `null` for the last one. */
  readonly next: number | null
}

/** @throws {TributaryError} `damaged` when the script says so, or a tombstone cannot be read. */
export function readPage(reply: ScriptReply): Page {
  const [head, base, checkAt = null, tombstones, rows, next = null] = answer(reply)
  return {
    head: parsePosition(text(head)),
    base: parsePosition(text(base)),
    checkAt: checkAt === null ? null : text(checkAt),
    tombstone: tombstoneOf(tombstones as readonly Buffer[]),
    rows: (rows as readonly ScriptReply[]).flatMap(rowOf),
    next: next === null ? null : Number(text(next)),
  }
}

/** An entry, with what could be made of its record. None for what is no entry. */
function rowOf(row: ScriptReply): Row[] {
  const place = placeOf(row)
  if (place === null) return []
  const { offset, check, record } = place
  const body = unseal(record)
  return [{ offset, check, content: typeof body === 'string' ? body : readContent(body as Buffer) }]
}

function tombstoneOf(records: readonly Buffer[]): StateVector | null {
  return mergeTombstones(
    records.map((record) => {
      const tombstone = unsealJson<Tombstone>(record)
      if (typeof tombstone === 'string') {
        throw new TributaryError('damaged', `a tombstone in Redis is ${tombstone}`)
      }
      return new Map(tombstone)
    }),
  )
}
