import type { Clock } from '../core/clock.ts'
import type { NewEntry } from '../log/log.ts'

/**
 * An entry that this node is about to append.
 *
 * @param emptied What in it was taken without its content, encoded; `null` for nothing. [V34]
 */
export function newEntry(
  context: { readonly clock: Clock; nextEntryId(): string },
  { authors, origin, update }: Pick<NewEntry, 'authors' | 'origin' | 'update'>,
  emptied: Uint8Array | null,
): NewEntry {
  const id = context.nextEntryId()
  const entry = { id, authors, origin, time: context.clock.wall(), update }
  return emptied === null ? entry : { ...entry, emptied }
}
