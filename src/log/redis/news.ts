import type { Position } from '../../core/position.ts'
import { unseal } from '../../record/record.ts'
import { readContent } from '../entry.ts'
import type { Entry } from '../log.ts'
import { placeOfByte, positionIn } from './position-in.ts'

/** What is published about a log: each names where the log ended before, so that a gap shows. */
export type News =
  | { readonly is: 'entry'; readonly previous: Position; readonly entry: Entry }
  /** An entry is there that was too large to be sent along, or cannot be read: it is for the log to say. */
  | { readonly is: 'place'; readonly previous: Position; readonly position: Position }
  /** The entity was removed. */
  | { readonly is: 'reset'; readonly head: Position }

/** A record over this is not published: 32 MB of unsent messages cut a subscriber off. [L55] */
export const TOLD_BYTES = 64 * 1024

const [ENTRY, PLACE, RESET] = [0x45, 0x50, 0x52]
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
  const kind = message[0]
  if (kind !== ENTRY && kind !== PLACE && kind !== RESET) return null
  const middle = placeOfByte(message, SPACE, 2, message.length)
  const end = placeOfByte(message, LINE_END, middle, message.length)
  if (end === message.length) return null
  const position = positionIn(message, middle + 1, end)
  if (position === null || (kind === ENTRY && isKnown(position))) return null
  const previous = positionIn(message, 2, middle)
  if (previous === null) return null
  if (kind === RESET) return { is: 'reset', head: position }
  if (kind === PLACE) return { is: 'place', previous, position }
  const body = unseal(message.subarray(end + 1))
  const content = typeof body === 'string' ? body : readContent(body as Buffer)
  return typeof content === 'string'
    ? { is: 'place', previous, position }
    : { is: 'entry', previous, entry: { position, ...content } }
}
