import type { Random } from '../core/clock.ts'
import type { EntityKey } from '../core/ids.ts'
import { type Epoch, generationOf, INCARNATION_LENGTH, type Position } from '../core/position.ts'
import { type Unreadable, unseal } from '../record/record.ts'
import { identityOf, type KeptAbout, piecesOf, readAbout } from '../redis/kept.ts'
import type { RedisLink } from '../redis/link.ts'
import { answer } from '../redis/rows.ts'
import { EMPTIED_FIELD, PIECE_BYTES } from './redis-stage.ts'
import type { Snapshot } from './snapshots.ts'

/** Damaged ones that were told of: remembered, so that each is told once. */
const MOST_TOLD = 10_000

/** Told once of each kept snapshot that cannot be used. */
export type OnUnreadable = (entity: EntityKey, why: Unreadable) => void

/** A kept snapshot as its record tells it. */
export interface Kept {
  readonly identity: string
  /** The keys of its pieces. */
  readonly pieces: readonly string[]
  /** `null` when the record is damaged, or of a later version. */
  readonly about: KeptAbout | null
  readonly isLater: boolean
  /** Under the epoch that the log has now. */
  readonly position: Position
  /** The log goes through it. */
  readonly isOnLog: boolean
  /** Its bytes, when they follow its name. */
  readonly bytes: Buffer
}

/** What is kept of an entity at one moment, beside its log. */
export interface Look {
  readonly epoch: Epoch
  /** The check of the log at the offset that was asked about; `null` where it has none. */
  readonly checkAt: string | null
  readonly newer: Kept | null
  readonly older: Kept | null
}

/** The newest one that is whole, and what it was looked for among. */
export interface Found {
  readonly look: Look
  readonly kept: Kept | null
  readonly snapshot: Snapshot | null
}

/** Commits that may come while one reads; so many in a row hardly. */
const ATTEMPTS = 5

/** Reads what is kept, and tells of what is damaged. */
export class RedisKept {
  readonly #link: RedisLink
  readonly #random: Pick<Random, 'id'>
  readonly #damaged: OnUnreadable
  readonly #told = new Set<string>()

  constructor(link: RedisLink, random: Pick<Random, 'id'>, damaged: OnUnreadable) {
    this.#link = link
    this.#random = random
    this.#damaged = damaged
  }

  /**
   * @param asked An offset of the log whose check is wanted too.
   * @throws {TributaryError} `storage`; `damaged` when not even the log's history can be named.
   */
  async look(entity: EntityKey, asked: number | '' = ''): Promise<Look> {
    const { meta, stream, tombstones, snapshots } = this.#link.names.keys(entity)
    const keys = [meta, stream, tombstones, snapshots]
    const mint = this.#random.id(INCARNATION_LENGTH)
    const reply = answer(await this.#link.run('kept-snapshots', keys, [mint, asked]))
    const [
      epoch,
      newer = null,
      newerCheck = null,
      older = null,
      olderCheck = null,
      checkAt = null,
    ] = reply as readonly (Buffer | null)[]
    const now = String(epoch) as Epoch
    return {
      epoch: now,
      checkAt: checkAt === null ? null : String(checkAt),
      newer: newer && this.#keptOf(entity, newer, now, newerCheck),
      older: older && this.#keptOf(entity, older, now, olderCheck),
    }
  }

  /** The newest one that is whole. Its bytes are the caller's own. @throws as `look`. */
  async newestWhole(entity: EntityKey): Promise<Found> {
    let look = await this.look(entity)
    for (let attempt = 1; ; attempt++) {
      const damaged: Kept[] = []
      const found = await this.#firstWhole(look, damaged)
      if (damaged.length === 0) return found
      // Pieces that are gone may have gone with their name.
      const now = await this.look(entity)
      if (sameKept(now, look) || attempt === ATTEMPTS) {
        for (const kept of damaged) this.#tell(entity, kept)
        return found
      }
      look = now
    }
  }

  async #firstWhole(look: Look, damaged: Kept[]): Promise<Found> {
    for (const kept of [look.newer, look.older]) {
      if (kept === null) continue
      const snapshot = await this.read(kept)
      if (snapshot !== null) return { look, kept, snapshot }
      damaged.push(kept)
    }
    return { look, kept: null, snapshot: null }
  }

  /** `null` when something of it is damaged or gone. Its bytes are the caller's own. */
  async read(kept: Kept): Promise<Snapshot | null> {
    const { about, position } = kept
    if (about === null) return null
    const size = about.parts.reduce((sum, part) => sum + part)
    const read = await this.#bytesOf(kept, size)
    if (read === null) return null
    const { bytes, ...emptied } = read
    let from = 0
    const [update, stateVector, deleteSet, index] = about.parts.map((part) => {
      from += part
      return bytes.subarray(from - part, from)
    }) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
    return { position, depth: about.depth, update, stateVector, deleteSet, index, ...emptied }
  }

  /**
   * Its delete set alone, of which a large one need not be read whole; `null` as `read`.
   *
   * @throws {TributaryError} `storage`.
   */
  async deleteSetOf({ about, bytes, pieces }: Kept): Promise<Uint8Array | null> {
    if (about === null) return null
    const [update, stateVector, size] = about.parts
    const from = update + stateVector
    const to = from + size
    if (about.pieces === null)
      return to <= bytes.length ? Uint8Array.from(bytes.subarray(from, to)) : null
    const first = Math.floor(from / PIECE_BYTES)
    const own = new Uint8Array(size)
    for (let no = first; no * PIECE_BYTES < to; no++) {
      const piece = await this.#piece(pieces[0] ?? '', no)
      const at = no * PIECE_BYTES
      // One that is shorter is the last; all others are of one size.
      if (piece === null || at + piece.length < Math.min(to, at + PIECE_BYTES)) return null
      own.set(piece.subarray(Math.max(0, from - at), to - at), Math.max(0, at - from))
    }
    return own
  }

  #keptOf(entity: EntityKey, record: Buffer, epoch: Epoch, check: Buffer | null): Kept {
    const body = unseal(record)
    const read = typeof body === 'string' ? null : readAbout(body)
    const about = read?.about ?? null
    const position = about === null ? NOWHERE : positionNow(about.position, epoch, check)
    return {
      identity: identityOf(record),
      pieces: piecesOf(this.#link, entity, record),
      about,
      isLater: body === 'not-understood',
      position,
      isOnLog: about !== null && position.epoch === epoch && String(check) === position.check,
      bytes:
        typeof body === 'string' || read === null ? EMPTY : (body as Buffer).subarray(read.end),
    }
  }

  /** As one run of bytes that nobody else has; `null` when something is damaged or gone. */
  async #bytesOf({ about, bytes, pieces }: Kept, size: number): Promise<Bytes | null> {
    const own = new Uint8Array(size)
    if (about?.pieces === null) {
      if (bytes.length !== size) return null
      own.set(bytes)
      return { bytes: own }
    }
    const [key = ''] = pieces
    const reply = await this.#link.call('HMGET', key, 0, EMPTIED_FIELD)
    const [first = null, beside = null] = reply as readonly (Buffer | null)[]
    for (let no = 0, at = 0; at < size; no++) {
      const piece = no === 0 ? pieceOf(first) : await this.#piece(key, no)
      if (piece === null || at + piece.length > size) return null
      own.set(piece, at)
      at += piece.length
    }
    if (beside === null) return { bytes: own }
    const emptied = pieceOf(beside)
    return emptied && { bytes: own, emptied: Uint8Array.from(emptied) }
  }

  /** `null` when it is damaged or gone. */
  async #piece(key: string, no: number): Promise<Uint8Array | null> {
    return pieceOf(await this.#link.call('HGET', key, no))
  }

  #tell(entity: EntityKey, { identity, isLater }: Kept): void {
    if (this.#told.has(identity)) return
    if (this.#told.size >= MOST_TOLD) this.#told.clear()
    this.#told.add(identity)
    this.#damaged(entity, isLater ? 'not-understood' : 'damaged')
  }
}

const sameKept = (a: Look, b: Look): boolean =>
  a.newer?.identity === b.newer?.identity && a.older?.identity === b.older?.identity

/** Of a snapshot that was read. */
type Bytes = Pick<Snapshot, 'emptied'> & { readonly bytes: Uint8Array }

/** The body of a piece; `null` when it is damaged or gone. */
function pieceOf(record: unknown): Uint8Array | null {
  const piece = Buffer.isBuffer(record) ? unseal(record) : 'damaged'
  return typeof piece === 'string' || piece.length === 0 ? null : piece
}

const EMPTY = Buffer.alloc(0)
const NOWHERE: Position = { epoch: '0.', offset: 0, check: '' }

/**
 * A log that has lost its meta goes on under a new incarnation. What a snapshot covers is still what
 * this log went through, if it has the same check there: then the snapshot is of the new one too.
 */
function positionNow(position: Position, epoch: Epoch, check: Buffer | null): Position {
  const isSame =
    generationOf(position.epoch) === generationOf(epoch) && String(check) === position.check
  return isSame ? { ...position, epoch } : position
}
