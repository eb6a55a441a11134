import { type EntityId, entityId } from '../core/ids.ts'

/** The escapes that every URL parser makes by itself in a path. */
const PARSER_ESCAPES = /%(?:20|22|3C|3E|60|7B|7D|5E)|(?:%[89A-F][0-9A-F])+/g

/**
 * The entity id in a path behind a door's prefix. Stock clients put the id into the URL without
 * encoding it, so only those escapes are undone that a URL parser has made on the way; any other `%`
 * is the id's own. `%41` is not `A`, `a%2Fb` is not `a/b`, and `100%` is legal.
 *
 * @throws {TributaryError} `bad-entity-id`
 * @example entityIdFromPath('notes/caf%C3%A9%20100%') // 'notes/café 100%'
 */
export function entityIdFromPath(path: string): EntityId {
  return entityId(path.replace(PARSER_ESCAPES, undo))
}

/** Bytes from 0x80 that are not UTF-8 were never a parser's doing: they stay as they stand. */
function undo(escapes: string): string {
  try {
    return decodeURIComponent(escapes)
  } catch {
    return escapes
  }
}
