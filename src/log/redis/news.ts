import { TributaryError } from '../../core/errors.ts'
import { type Position, parsePosition } from '../../core/position.ts'
import { unseal } from '../../record/record.ts'
import { readContent } from '../entry.ts'
import type { Entry } from '../log.ts'

/** What is published about a log: each names where the log ended before, so that a gap shows. */
export type News =
  | { readonly is: 'entry'; readonly previous: Position; readonly entry: Entry }
  /** An entry is there that was too large to be sent along, or cannot be read: it is for the log to say. */
  | { readonly is: 'place'; readonly previous: Position; readonly position: Position }
  /** The entity was removed. */
  | { readonly is: 'reset'; readonly head: Position }

/** A record over this is not published: 32 MB of unsent messages cut a subscriber off. [L55] */
export const TOLD_BYTES = 64 * 1024

const LINE_END = 10
const SPACE = 32

/**
 * `E <previous> <position>\n<record>`, the same with `P` and nothing behind it, or `R`: what the
 * scripts publish. `null` for what none of them did, and for an entry that everybody knows: a node is
 * told all that it has appended itself, and need not read it.
 */
export function readNews(
  message: Buffer,
  isKnown: (position: Position) => boolean = () => false,
): News | null {
  // What the bus tells on the same channel is looked at no further.
  if (message[1] !== SPACE) return null
  const end = message.indexOf(LINE_END)
  const [kind, before, at, ...more] = message.toString('latin1', 0, Math.max(end, 0)).split(' ')
  if (before === undefined || at === undefined || more.length > 0) return null
  try {
    const position = parsePosition(at)
    if (kind === 'E' && isKnown(position)) return null
    const previous = parsePosition(before)
    if (kind === 'R') return { is: 'reset', head: position }
    if (kind === 'P') return { is: 'place', previous, position }
    if (kind !== 'E') return null
    const body = unseal(message.subarray(end + 1))
    const content = typeof body === 'string' ? body : readContent(body as Buffer)
    return typeof content === 'string'
      ? { is: 'place', previous, position }
      : { is: 'entry', previous, entry: { position, ...content } }
  } catch (error) {
    if (error instanceof TributaryError) return null
    throw error
  }
}
