import type { Cancel, Clock } from '../../core/clock.ts'
import type { EntityKey } from '../../core/ids.ts'
import type { SoundUpdate } from '../../crdt/scan.ts'
import { contentBound, putContent, readContent } from '../../log/entry.ts'
import type { NewEntry } from '../../log/log.ts'

/** A store may lose what it has acknowledged for so long: it takes 30 s to notice that a master is gone. */
export const HOLD_MS = 60_000
/** Below it the hold is too short to be relied on. */
const LEAST_SECONDS = 10
const SWEEP_MS = 1_000
const SLAB_BYTES = 1024 * 1024
/** Before each entry: its size, its entity, when it landed, where. */
const HEAD_BYTES = 24
/** From this share of the limit on room is made, down to that one. */
const TIGHT = 7 / 8
const EASY = 3 / 4
/** Up to this share of the limit what heals is kept whole. */
const HEALED_SHARE = 1 / 2

/**
 * Bytes of entries, one behind the other. What was read from it are views, which stay as they are: of
 * what was written only the offset in an entry's head is ever another, and what moves is copied.
 */
interface Slab {
  readonly no: number
  readonly bytes: Buffer
  used: number
  /** Where the first entry begins that has not been looked at for letting go. */
  from: number
}

/** What is held of one entity: where each entry is, in their order. */
interface Held {
  readonly key: EntityKey
  readonly id: number
  refs: number[]
}

export interface HoldOptions {
  readonly clock: Clock
  readonly limits: { readonly heldBytes: number }
  /** Since when the store has been reachable, unchanged and whole, on the monotonic clock; `null` while it is not. */
  readonly safeSince: () => number | null
  /** Up to which offset a committed snapshot covers the log of an entity that is open. */
  readonly coveredTo: (entity: EntityKey) => number
}

/**
 * The entries that this node has appended and that its store may still lose: kept as bytes until the
 * store has been steady for 60 s since. A minute at 10,000 entries a second is 37 MB so; as objects it
 * would be 249 MB, and 96 ms for each collection. [L80]
 */
export class Hold {
  readonly #options: HoldOptions
  readonly #slabs = new Map<number, Slab>()
  readonly #byKey = new Map<EntityKey, Held>()
  readonly #byId = new Map<number, Held>()
  #newest: Slab | null = null
  #nextSlab = 0
  #nextId = 0
  #bytes = 0
  #entries = 0
  /** When the youngest entry landed that was let go of before its time. */
  #letGoEarly: number | null = null
  #cancelSweep: Cancel | null = null
  #closed = false

  constructor(options: HoldOptions) {
    this.#options = options
  }

  /** Memory that is taken. */
  get bytes(): number {
    return this.#bytes
  }

  get entries(): number {
    return this.#entries
  }

  /** Nothing more may be written until something can be let go of. */
  get full(): boolean {
    return this.#bytes >= this.#options.limits.heldBytes
  }

  /** How far back it reaches, in ms: all that landed since then is held. At most `HOLD_MS`. */
  get reach(): number {
    if (this.#letGoEarly === null) return HOLD_MS
    return Math.min(HOLD_MS, this.#options.clock.monotonic() - this.#letGoEarly)
  }

  /** What an operator should know, in a line. */
  get warnings(): readonly string[] {
    const seconds = Math.floor(this.reach / 1_000)
    if (seconds >= LEAST_SECONDS) return []
    return [
      `what was written in the last ${seconds} s alone could be brought back if Redis loses it: raise --limit-held-bytes`,
    ]
  }

  has(entity: EntityKey): boolean {
    return this.#byKey.has(entity)
  }

  /**
   * An entry has landed at that offset. What heals can be a whole entity, and all of them after a
   * FLUSHALL: when the hold is half full no more than the fact is kept, which keeps the entity open,
   * where its tail and its snapshot have it. [L93]
   */
  keep(entity: EntityKey, entry: NewEntry, offset: number): void {
    if (this.#closed) return
    const landedAt = this.#options.clock.monotonic()
    const size = HEAD_BYTES + contentBound(entry)
    const room = this.#options.limits.heldBytes * HEALED_SHARE - this.#bytes
    const isWhole = entry.origin !== 'heal' || size <= room
    const slab = this.#slabFor(isWhole ? size : HEAD_BYTES)
    const at = slab.used
    const end = isWhole ? putContent(slab.bytes, at + HEAD_BYTES, entry) : at + HEAD_BYTES
    const held = this.#heldOf(entity)
    slab.bytes.writeUInt32LE(end - at - HEAD_BYTES, at)
    slab.bytes.writeUInt32LE(held.id, at + 4)
    slab.bytes.writeDoubleLE(landedAt, at + 8)
    slab.bytes.writeDoubleLE(offset, at + 16)
    slab.used = end
    held.refs.push(refOf(slab, at))
    this.#entries++
    this.#armSweep()
  }

  /** What is held of an entity, in the order in which it was appended. */
  *of(entity: EntityKey): Generator<NewEntry, void> {
    for (const ref of this.#byKey.get(entity)?.refs ?? []) {
      const { bytes, at, size } = this.#at(ref)
      if (size === 0) continue
      const content = readContent(bytes.subarray(at + HEAD_BYTES, at + HEAD_BYTES + size))
      if (typeof content === 'string') continue
      yield { ...content, update: content.update as SoundUpdate }
    }
  }

  /** The log of an entity is another one: no snapshot covers what was held before. */
  uncover(entity: EntityKey): void {
    for (const ref of this.#byKey.get(entity)?.refs ?? []) {
      const { bytes, at } = this.#at(ref)
      bytes.writeDoubleLE(Number.POSITIVE_INFINITY, at + 16)
    }
  }

  /** Lets go of everything. @returns how much there was. Idempotent. */
  close(): { readonly entries: number; readonly bytes: number } {
    const left = { entries: this.#entries, bytes: this.#bytes }
    this.#closed = true
    this.#cancelSweep?.()
    this.#slabs.clear()
    this.#byKey.clear()
    this.#byId.clear()
    this.#newest = null
    this.#bytes = 0
    this.#entries = 0
    return left
  }

  // ---- letting go

  #armSweep(): void {
    if (this.#cancelSweep !== null || this.#closed) return
    this.#cancelSweep = this.#options.clock.after(SWEEP_MS, () => {
      this.#cancelSweep = null
      this.#sweep()
      if (this.#entries > 0) this.#armSweep()
    })
  }

  #sweep(): void {
    const { clock, safeSince, limits } = this.#options
    const before = clock.monotonic() - HOLD_MS
    const safe = safeSince()
    if (safe !== null && safe <= before) this.#letGoTo(before)
    if (this.#bytes < limits.heldBytes * TIGHT) return
    this.#letGoCovered(limits.heldBytes * EASY)
    if (this.#bytes >= limits.heldBytes * TIGHT) this.#letGoTo(before)
  }

  /** Everything up to the first that landed later. */
  #letGoTo(before: number): void {
    for (const slab of this.#slabs.values()) {
      while (slab.from < slab.used) {
        const { size, landedAt, id } = this.#read(slab, slab.from)
        if (landedAt > before) return
        this.#forget(refOf(slab, slab.from), id)
        slab.from += HEAD_BYTES + size
      }
      this.#free(slab)
    }
  }

  /**
   * What snapshots cover, the oldest first, until so many bytes are left: these are in two places in
   * the store. What they do not cover moves to the end.
   */
  #letGoCovered(bytes: number): void {
    const last = this.#nextSlab
    for (const slab of [...this.#slabs.values()]) {
      if (slab.no >= last || this.#bytes <= bytes) return
      for (let at = slab.from; at < slab.used; ) {
        const { size, landedAt, id, offset } = this.#read(slab, at)
        const held = this.#byId.get(id)
        const end = at + HEAD_BYTES + size
        if (held !== undefined) {
          if (offset <= this.#options.coveredTo(held.key)) {
            this.#forget(refOf(slab, at), id)
            this.#letGoEarly = Math.max(this.#letGoEarly ?? landedAt, landedAt)
          } else this.#move(held, slab, at, end)
        }
        at = end
      }
      slab.from = slab.used
      this.#free(slab)
    }
  }

  #move(held: Held, from: Slab, at: number, end: number): void {
    const to = this.#slabFor(end - at, from)
    from.bytes.copy(to.bytes, to.used, at, end)
    const place = held.refs.indexOf(refOf(from, at))
    if (place >= 0) held.refs[place] = refOf(to, to.used)
    to.used += end - at
  }

  #forget(ref: number, id: number): void {
    const held = this.#byId.get(id)
    if (held === undefined) return
    const place = held.refs.indexOf(ref)
    if (place < 0) return
    held.refs.splice(place, 1)
    this.#entries--
    if (held.refs.length > 0) return
    this.#byId.delete(id)
    this.#byKey.delete(held.key)
  }

  #free(slab: Slab): void {
    if (slab.from < slab.used) return
    this.#slabs.delete(slab.no)
    this.#bytes -= slab.bytes.length
    if (this.#newest === slab) this.#newest = null
  }

  // ---- slabs

  /** One with that much room, which is not `other`. */
  #slabFor(size: number, other: Slab | null = null): Slab {
    const newest = this.#newest
    if (newest !== null && newest !== other && newest.bytes.length - newest.used >= size) {
      return newest
    }
    const no = this.#nextSlab++
    const bytes = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, size))
    const slab = { no, bytes, used: 0, from: 0 }
    this.#slabs.set(no, slab)
    this.#bytes += bytes.length
    // Nothing comes behind an entry that is larger than a slab: no ref reaches there. And nothing more
    // into the slab before it: what is let go of first is found by the order of slabs.
    this.#newest = bytes.length > SLAB_BYTES ? null : slab
    return slab
  }

  #heldOf(key: EntityKey): Held {
    let held = this.#byKey.get(key)
    if (held === undefined) {
      held = { key, id: this.#nextId++ % 2 ** 32, refs: [] }
      this.#byKey.set(key, held)
      this.#byId.set(held.id, held)
    }
    return held
  }

  #at(ref: number): { bytes: Buffer; at: number; size: number } {
    const { bytes } = this.#slabs.get(Math.floor(ref / SLAB_BYTES)) as Slab
    const at = ref % SLAB_BYTES
    return { bytes, at, size: bytes.readUInt32LE(at) }
  }

  #read({ bytes }: Slab, at: number) {
    return {
      size: bytes.readUInt32LE(at),
      id: bytes.readUInt32LE(at + 4),
      landedAt: bytes.readDoubleLE(at + 8),
      offset: bytes.readDoubleLE(at + 16),
    }
  }
}

/** A place in a slab as one number: below `SLAB_BYTES`, as a larger slab has one entry, at 0. */
const refOf = ({ no }: Slab, at: number): number => no * SLAB_BYTES + at
