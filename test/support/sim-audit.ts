import * as Y from 'yjs'
import { ORIGIN, type Position, samePosition } from '../../src/core/position.ts'
import type { Entry, EntrySink } from '../../src/log/log.ts'
import type { Snapshot } from '../../src/snapshots/snapshots.ts'

/** What somebody has been promised, or was seen to have: clocks below, and ranges that are deleted. */
export interface Claim {
  readonly clocks: ReadonlyMap<number, number>
  readonly deletes: readonly DeleteRange[]
}

export interface DeleteRange {
  readonly client: number
  readonly clock: number
  readonly length: number
}

/**
 * Follows a log and holds it to its rules by other means than the server's: Yjs itself decides
 * whether an entry is closed, and whether a snapshot is what the entries before it come to.
 *
 * - An entry holds no Skip, leaves no gap and deletes nothing that is not there; nothing waits.
 * - An entry brings something, and no delete that an entry before it has named.
 * - A snapshot equals the entries that it stands for: no delete more, none less.
 */
export class LogAudit implements EntrySink {
  position: Position = ORIGIN
  bytes = 0
  /** What is wrong, in words. */
  readonly faults: string[] = []
  readonly #entries: { readonly position: Position; readonly update: Uint8Array }[] = []
  /** Everything in the log, as a document that forgets and adds nothing. */
  readonly #doc = keepingDoc()
  readonly #named = new Map<number, Set<number>>()

  get entries(): number {
    return this.#entries.length
  }

  /** Everything that ever came into the log. */
  get updates(): Uint8Array[] {
    return this.#entries.map(({ update }) => update)
  }

  get stateVector(): ReadonlyMap<number, number> {
    return Y.decodeStateVector(Y.encodeStateVector(this.#doc))
  }

  nextClock(client: number): number {
    return Y.getState(this.#doc.store, client)
  }

  entry({ position, update }: Entry): void {
    if (position.offset !== this.position.offset + 1) this.#fault(position, 'is out of order')
    this.position = position
    this.bytes += update.length
    this.#entries.push({ position, update })
    const { structs, ds } = Y.decodeUpdate(update)
    const before = this.stateVector
    const seen = new Set<number>()
    let brings = false
    for (const struct of structs) {
      const { client, clock } = struct.id
      const next = before.get(client) ?? 0
      if (struct instanceof Y.Skip) this.#fault(position, `holds a Skip of ${client}`)
      if (!seen.has(client) && clock > next) this.#fault(position, `leaves a gap of ${client}`)
      if (clock + struct.length > next) brings = true
      else this.#fault(position, `holds ${client}:${clock}, which is known`)
      seen.add(client)
    }
    Y.applyUpdate(this.#doc, update)
    const { pendingStructs, pendingDs } = this.#doc.store
    if (pendingStructs !== null) this.#fault(position, 'builds on structs that are not there')
    if (pendingDs !== null) this.#fault(position, 'deletes what is not there')
    for (const { client, clock, length } of rangesOf(ds)) {
      brings = true
      if (clock + length > this.nextClock(client))
        this.#fault(position, 'deletes what is not there')
      if (this.#name(client, clock, length)) {
        this.#fault(position, `deletes ${client}:${clock} again`)
      }
    }
    if (!brings) this.#fault(position, 'brings nothing')
  }

  reset(head: Position): void {
    this.#fault(head, 'begins another history')
  }

  compacted(snapshot: Snapshot): void {
    const { position } = snapshot
    const covered = this.#entries.filter((entry) => entry.position.offset <= position.offset)
    const last = covered.at(-1)
    if (last === undefined || !samePosition(last.position, position)) {
      this.#fault(position, 'is no place for a snapshot')
      return
    }
    const expected = canonical(loaded(covered.map(({ update }) => update)))
    if (!expected.equals(canonical(loaded([snapshot.update])))) {
      this.#fault(position, 'has a snapshot that is not what its entries come to')
    }
  }

  /** What of the claim the log does not hold, in words; `null` when it holds it all. */
  lacks(claim: Claim): string | null {
    for (const [client, clock] of claim.clocks) {
      const next = this.nextClock(client)
      if (next < clock) return `${client} up to ${clock}, it has ${next}`
    }
    if (claim.deletes.length === 0) return null
    const deleted = Y.createDeleteSetFromStructStore(this.#doc.store)
    for (const { client, clock, length } of claim.deletes) {
      for (let at = clock; at < clock + length; at++) {
        if (!Y.isDeleted(deleted, Y.createID(client, at))) return `the delete of ${client}:${at}`
      }
    }
    return null
  }

  /** @returns whether any of it was named before. */
  #name(client: number, clock: number, length: number): boolean {
    let named = this.#named.get(client)
    if (named === undefined) {
      named = new Set()
      this.#named.set(client, named)
    }
    let again = false
    for (let at = clock; at < clock + length; at++) {
      again ||= named.has(at)
      named.add(at)
    }
    return again
  }

  #fault(position: Position, what: string): void {
    if (this.faults.length < 10) this.faults.push(`entry ${position.offset} ${what}`)
  }
}

export function rangesOf(set: ReturnType<typeof Y.decodeUpdate>['ds']): DeleteRange[] {
  return Array.from(set.clients, ([client, ranges]) =>
    ranges.map(({ clock, len }) => ({ client, clock, length: len })),
  ).flat()
}

/** A document that collects nothing and in which Yjs deletes nothing by itself. */
function keepingDoc(gc = false): Y.Doc {
  const doc = new Y.Doc({ gc, guid: 'kept' })
  doc.on('afterTransaction', (transaction) => {
    transaction._needFormattingCleanup = false
  })
  return doc
}

/** A document given all of these at once. */
export function loaded(updates: readonly Uint8Array[]): Y.Doc {
  const doc = keepingDoc(true)
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update)
  })
  return doc
}

/**
 * The form in which equal documents have equal bytes, and in which Yjs has cleaned up nothing:
 * otherwise a copy that lacks such a delete would look like one that has it.
 */
export const canonical = (doc: Y.Doc): Buffer =>
  Buffer.from(Y.encodeStateAsUpdate(loaded([Y.encodeStateAsUpdate(doc)])))

/** Where a document differs from another, in words. */
export function differenceOf(doc: Y.Doc, from: Y.Doc): string {
  const parts: string[] = []
  for (const id of new Set([...doc.store.clients.keys(), ...from.store.clients.keys()])) {
    const [here, there] = [Y.getState(doc.store, id), Y.getState(from.store, id)]
    if (here !== there) parts.push(`${id} up to ${here}, not ${there}`)
  }
  parts.push(...deletedIn(doc, from).map((id) => `${id} deleted here alone`))
  parts.push(...deletedIn(from, doc).map((id) => `${id} not deleted here`))
  return parts.slice(0, 8).join(', ') || 'in content alone'
}

/** Ids that are deleted in the one and not in the other. */
function deletedIn(doc: Y.Doc, other: Y.Doc): string[] {
  const set = Y.createDeleteSetFromStructStore(other.store)
  return rangesOf(Y.createDeleteSetFromStructStore(doc.store)).flatMap(
    ({ client, clock, length }) =>
      Array.from({ length }, (_, i) => Y.createID(client, clock + i))
        .filter((id) => !Y.isDeleted(set, id))
        .map((id) => `${id.client}:${id.clock}`),
  )
}
