import * as Y from 'yjs'
import { uncaught } from './listeners.ts'

/**
 * What comes in of an entity until everything is here: it is put together and applied at once, so that
 * nobody ever sees half of it. An editor that finds something half-built may mend it, for everybody.
 */
export class WayDown {
  #gathered: Uint8Array[] | null = null
  #expected = 0
  #got = 0

  /** Whether what comes now is gathered. */
  get gathering(): boolean {
    return this.#gathered !== null
  }

  /** From 0 to 1; `null` when nothing is gathered. */
  get progress(): number | null {
    if (this.#gathered === null) return null
    return this.#expected === 0 ? 0 : Math.min(1, this.#got / this.#expected)
  }

  begin(expected: number): void {
    this.#gathered = []
    this.#expected = expected
    this.#got = 0
  }

  arrived(bytes: number): void {
    this.#got += bytes
  }

  gather(update: Uint8Array): void {
    this.#gathered?.push(update)
  }

  /** @returns everything, with this as the last of it. */
  end(update: Uint8Array): readonly Uint8Array[] {
    const all = this.#gathered ?? []
    this.#gathered = null
    return [...all, update].filter((one) => !isEmpty(one))
  }

  /** The link is gone: what was gathered comes again. */
  drop(): void {
    this.#gathered = null
  }
}

/** No struct and no delete. */
export const isEmpty = (update: Uint8Array): boolean => update.length <= 2

/**
 * Applies them as one transaction, observers are called once. Pieces of which only the last makes the
 * others fit are merged first: one by one each would carry all that wait along.
 *
 * What an observer throws is reported like any uncaught error: Yjs has applied everything by then.
 *
 * @throws whatever Yjs fails with: such a document calls no observer any more.
 */
export function applyTogether(doc: Y.Doc, updates: readonly Uint8Array[], origin: unknown): void {
  if (updates.length === 0) return
  let isApplied = false
  try {
    Y.transact(
      doc,
      () => {
        for (const [index, update] of updates.entries()) {
          Y.applyUpdate(doc, update, origin)
          if (doc.store.pendingStructs === null || index >= updates.length - 2) continue
          Y.applyUpdate(doc, Y.mergeUpdates(updates.slice(index + 1)), origin)
          break
        }
        isApplied = true
      },
      origin,
      false,
    )
  } catch (error) {
    // Else it was Yjs itself, there or while it cleaned up.
    if (!isApplied || doc._transactionCleanups.length > 0) throw error
    uncaught(error)
  }
}
