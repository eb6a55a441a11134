import { hash } from 'node:crypto'
import { TributaryError } from '../core/errors.ts'
import type { EntityKey } from '../core/ids.ts'
import { formatPosition, type Position, parsePosition } from '../core/position.ts'
import { RECORD_HEAD } from '../record/record.ts'
import type { RedisLink } from './link.ts'

/**
 * What the record of a kept snapshot begins with, as one line of text that scripts read too:
 * `<position> <depth> <four sizes> <pieces>\n`. What follows it are its bytes, or nothing when they
 * lie in pieces of their own.
 */
export interface KeptAbout {
  readonly position: Position
  readonly depth: number
  /** In bytes: update, state vector, delete set, index. */
  readonly parts: readonly [number, number, number, number]
  /** The id of its pieces; `null` when its bytes follow. */
  readonly pieces: string | null
}

/** The longest line: an epoch has at most 48 characters. */
const MOST_LINE = 256
const LINE_END = 10

export const aboutLine = ({ position, depth, parts, pieces }: KeptAbout): string =>
  `${formatPosition(position)} ${depth} ${parts.join(' ')} ${pieces ?? '-'}\n`

/** What a body begins with, and where it ends; `null` when it is no such line. */
export function readAbout(body: Uint8Array): { about: KeptAbout; end: number } | null {
  const line = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, MOST_LINE))
  const end = line.indexOf(LINE_END)
  const words = /^(\S+) (\d+) (\d+) (\d+) (\d+) (\d+) (-|[0-9a-z]+)$/.exec(
    line.toString('latin1', 0, Math.max(end, 0)),
  )
  if (words === null) return null
  const [, position = '', depth, ...sizes] = words
  const parts = sizes.slice(0, 4).map(Number) as [number, number, number, number]
  const pieces = words[7] === '-' ? null : (words[7] ?? null)
  try {
    return {
      about: { position: parsePosition(position), depth: Number(depth), parts, pieces },
      end: end + 1,
    }
  } catch (error) {
    if (error instanceof TributaryError) return null
    throw error
  }
}

/** By which a script recognises a kept record that was seen before. */
export const identityOf = (record: Buffer | null): string =>
  record === null ? '' : hash('sha1', record)

/** The key of a kept record's pieces, read without trust in its checksum; none when it has none. */
export function piecesOf(link: RedisLink, entity: EntityKey, record: Buffer | null): string[] {
  const pieces = record === null ? null : readAbout(record.subarray(RECORD_HEAD))?.about.pieces
  return pieces == null ? [] : [link.names.pieces(entity, pieces)]
}

/** What is kept of an entity at this moment, for a script that does away with it. */
export async function keptNow(
  link: RedisLink,
  entity: EntityKey,
): Promise<{ readonly identities: readonly [string, string]; readonly pieces: readonly string[] }> {
  const reply = await link.call('HMGET', link.names.keys(entity).snapshots, 'n', 'o')
  const [newer = null, older = null] = reply as readonly (Buffer | null)[]
  return {
    identities: [identityOf(newer), identityOf(older)],
    pieces: [newer, older].flatMap((record) => piecesOf(link, entity, record)),
  }
}
