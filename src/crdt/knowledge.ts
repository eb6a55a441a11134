import { TributaryError } from '../core/errors.ts'
import { deleteBeyond, endOf } from './closed.ts'
import { DeleteRanges } from './delete-ranges.ts'
import { type Intake, intakeOf } from './intake.ts'
import { contentOf, DELETED, GC, SKIP, type StateVector, type UpdateScan } from './scan.ts'

/**
 * What an entity has: the next clock of every client, and what was deleted. It decides about each
 * update without a document.
 *
 * - `take` says what of an update is closed (everything it builds on is here) and new. It changes
 *   nothing: whether the update is accepted is decided elsewhere.
 * - `learn` then takes over what was accepted.
 *
 * The deletes of a snapshot are decoded when an update with deletes first asks for them: most
 * entities are opened, read and left. Until then what is learned lies beside them.
 *
 * @example
 * const scan = checkUpdate(bytes)
 * const { update } = knowledge.take(scan)
 * if (update !== null) knowledge.learn(update === scan.bytes ? scan : scanUpdate(update))
 */
export class Knowledge {
  /** The true state vector: what may be announced. Only `learn` changes it. */
  readonly known: StateVector
  /** Made when something deleted is asked for or learned: most entities never get there. */
  #deletes: DeleteRanges | null = null
  #undecoded: Uint8Array | null

  /**
   * @param known taken over, not copied.
   * @param deleteSet the encoded delete set that belongs to it: decoded on first need, unchanged till then.
   */
  constructor(known: StateVector = new Map(), deleteSet: Uint8Array | null = null) {
    this.known = known
    this.#undecoded = deleteSet === null ? null : unlessEmpty(deleteSet)
  }

  /** Everything deleted, in the bytes of a Yjs delete set. */
  encodeDeletes(): Uint8Array {
    return this.deletes().encode()
  }

  /**
   * Takes over the delete set of a new snapshot, which holds the one before it and besides the
   * deletes that no update names (what was put into a deleted parent, what lost a concurrent set).
   */
  adoptDeletes(deleteSet: Uint8Array): void {
    this.#undecoded = unlessEmpty(deleteSet)
  }

  /** Whether everything that `other` has is here too: every clock, and every delete. */
  contains(other: Knowledge): boolean {
    for (const [client, clock] of other.known) {
      if ((this.known.get(client) ?? 0) < clock) return false
    }
    return this.deletes().contains(other.deletes())
  }

  /** What of the update is closed and new. */
  take(scan: UpdateScan): Intake {
    return intakeOf(scan, this.known, this)
  }

  /**
   * Takes over what an accepted update brings.
   *
   * @param scan of an update that is closed: an intake's, an entry's, a neutered one.
   * @throws {TributaryError} `damaged` when it leaves a gap or deletes what is not there; nothing
   *   was taken over then.
   */
  learn(scan: UpdateScan): void {
    this.#refuseGaps(scan)
    for (let section = 0; section < scan.sections; section++) this.#learnSection(scan, section)
    for (let row = 0; row < scan.deletes; row++) {
      const client = scan.deleteClient[row] as number
      this.#learned.add(client, scan.deleteClock[row] as number, scan.deleteLength[row] as number)
    }
  }

  #learnSection(scan: UpdateScan, section: number): void {
    const client = scan.sectionClient[section] as number
    const next = this.known.get(client) ?? 0
    const to = scan.sectionTo(section)
    for (let row = scan.sectionFrom[section] as number; row < to; row++) {
      const content = contentOf(scan.info[row] as number)
      if (content !== GC && content !== DELETED) continue
      // Of a struct that is half known only the new half is its own: the known one may be alive.
      const from = Math.max(scan.clock[row] as number, next)
      const end = endOf(scan, row)
      if (from < end) this.#learned.add(client, from, end - from)
    }
    const end = endOf(scan, to - 1)
    if (end > next) this.known.set(client, end)
  }

  #refuseGaps(scan: UpdateScan): void {
    for (let section = 0; section < scan.sections; section++) {
      const client = scan.sectionClient[section] as number
      const next = this.known.get(client) ?? 0
      const first = scan.sectionFrom[section] as number
      const to = scan.sectionTo(section)
      let isGap = (scan.clock[first] as number) > next
      for (let row = first; row < to && !isGap; row++) {
        isGap = scan.info[row] === SKIP && endOf(scan, row) > next
      }
      if (isGap) throw new TributaryError('damaged', `clocks of client ${client} are missing`)
    }
    const beyond = deleteBeyond(scan, this.known)
    if (beyond < 0) return
    const client = scan.deleteClient[beyond] as number
    throw new TributaryError('damaged', `client ${client} has deletes of clocks that are missing`)
  }

  /** Everything deleted, decoded. */
  deletes(): DeleteRanges {
    const deletes = this.#learned
    if (this.#undecoded !== null) deletes.addEncoded(this.#undecoded)
    this.#undecoded = null
    return deletes
  }

  /** What is decoded of that. */
  get #learned(): DeleteRanges {
    this.#deletes ??= new DeleteRanges()
    return this.#deletes
  }
}

/** What has nothing in it need not be kept: most snapshots have no deletes. */
const unlessEmpty = (deleteSet: Uint8Array): Uint8Array | null =>
  deleteSet.length === 1 && deleteSet[0] === 0 ? null : deleteSet
