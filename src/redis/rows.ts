import type { Place } from '../core/branch.ts'
import { TributaryError } from '../core/errors.ts'
import type { ScriptReply } from './scripts.ts'

/** An entry as it lies in a stream. */
export interface StreamRow extends Place {
  readonly record: Buffer
}

/** Where a row stands; `null` for what is no entry of ours: anybody can put something into a stream. */
export function placeOf(row: ScriptReply): StreamRow | null {
  const [id, fields] = row as readonly [Buffer, readonly Buffer[]]
  const offset = /^(\d{1,15})-0$/.exec(text(id))?.[1]
  const [checkName, check, recordName, record] = fields.length === 4 ? fields : []
  if (offset === undefined || check === undefined || record === undefined) return null
  if (text(checkName) !== 'c' || text(recordName) !== 'r') return null
  const hex = check.toString('latin1')
  return /^[0-9a-f]{16}$/.test(hex) ? { offset: Number(offset), check: hex, record } : null
}

/** A reply that is not `{'damaged', why}`. @throws {TributaryError} `damaged`. */
export function answer(reply: ScriptReply): readonly ScriptReply[] {
  const words = reply as readonly ScriptReply[]
  if (Buffer.isBuffer(words[0]) && text(words[0]) === 'damaged') {
    const message = `what Redis holds of an entity is damaged: ${text(words[1])}`
    throw new TributaryError('damaged', message)
  }
  return words
}

export const text = (reply: ScriptReply | undefined): string => (reply as Buffer).toString()
