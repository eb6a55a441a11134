import { TributaryError } from '../../src/core/errors.ts'
import { type EntityId, entityId } from '../../src/core/ids.ts'
import { entityIdFromPath } from '../../src/wire/entity-path.ts'

/** The entity of a link that names none. */
export const DEFAULT_ENTITY = 'welcome'

/**
 * The entity that a link names behind its `#`.
 *
 * Stock y-websocket puts the id into the address of its socket as it is, so an id that an address
 * cannot carry (`why?`, `a/../b`) would quietly open another entity: it is refused instead.
 *
 * @throws {TributaryError} `bad-entity-id`
 * @example entityOfHash('#notes/caf%C3%A9') // 'notes/café'
 */
export function entityOfHash(hash: string): EntityId {
  const id = entityId(decoded(hash.replace(/^#/, '')) || DEFAULT_ENTITY)
  const carried = new URL(`ws://host/${id}`).pathname.slice(1)
  if (carried === '' || entityIdFromPath(carried) !== id) {
    throw new TributaryError(
      'bad-entity-id',
      `the address of a socket cannot carry the entity id "${id}"`,
    )
  }
  return id
}

/** The link that opens `id` on the page at `page`, whatever that link had behind its `#`. */
export function linkTo(id: EntityId, page: string): string {
  const link = new URL(page)
  // A token in it is its owner's.
  link.searchParams.delete('token')
  link.hash = encodeURIComponent(id).replaceAll('%2F', '/')
  return link.href
}

/** What people type behind a `#` need not be encoded: `100%` means itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
