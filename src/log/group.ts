import type { Position } from '../core/position.ts'
import type { Change, Group } from '../sqlite/calls.ts'
import { CONTENT_AT, ENTRY_OVERHEAD, putPlace } from '../sqlite/entry-record.ts'
import { contentBound, putContent } from './entry.ts'
import type { NewEntry } from './log.ts'

/** Bytes of the checksum, which the writer's thread fills in. */
const CRC = 4

/**
 * What one transaction of the writer's thread will write, made ready here: one buffer for all
 * records, so that a group costs one message whatever is in it.
 */
export class GroupWriter {
  readonly #changes: Change[] = []
  readonly #ends: number[] = []
  readonly #entities: number[] = []
  readonly #offsets: number[] = []
  readonly #slab: Buffer
  #at = 0

  /** @param entries Those that may be put into it. */
  constructor(entries: readonly NewEntry[]) {
    const bound = entries.reduce((sum, entry) => sum + ENTRY_OVERHEAD + contentBound(entry), 0)
    // Never from the pool: the buffer is handed over.
    this.#slab = Buffer.allocUnsafeSlow(bound)
  }

  get isEmpty(): boolean {
    return this.#changes.length === 0 && this.#ends.length === 0
  }

  change(change: Change): void {
    this.#changes.push(change)
  }

  append(entity: number, { offset, check }: Position, entry: NewEntry): void {
    const record = this.#slab.subarray(this.#at)
    putPlace(record, { entity, offset, check })
    this.#at += putContent(record, CONTENT_AT, entry) + CRC
    this.#ends.push(this.#at)
    this.#entities.push(entity)
    this.#offsets.push(offset)
  }

  /** The writer must not be used afterwards. */
  finish(): Group {
    return {
      changes: this.#changes,
      slab: this.#slab.buffer as ArrayBuffer,
      ends: this.#ends,
      entities: this.#entities,
      offsets: this.#offsets,
    }
  }
}
