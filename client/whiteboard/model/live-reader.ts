import * as Y from 'yjs'
import { type Point, plus } from '../geometry/point.ts'
import type { LiveStroke } from './board.ts'
import type { InkPoint } from './ink-point.ts'
import { InkReader } from './ink-reader.ts'
import { readLook, readPoint } from './read-shape.ts'
import type { Look, NewShape, ShapeId } from './shape.ts'
import { strokeOf } from './stroke-of.ts'

/** Reads an entry of `live` chunk by chunk, while it grows. Anybody may have written it. */
export class LiveReader {
  readonly entry: Y.Map<unknown>
  readonly by: number
  readonly #kind: 'pen' | 'highlighter'
  readonly #look: Look
  readonly #at: Point
  readonly #chunks: Y.Array<unknown>
  readonly #ink = new InkReader()
  #read = 0
  #isBroken = false

  private constructor(
    entry: Y.Map<unknown>,
    by: number,
    kind: 'pen' | 'highlighter',
    at: Point,
    chunks: Y.Array<unknown>,
  ) {
    this.entry = entry
    this.by = by
    this.#kind = kind
    this.#look = readLook(entry.get('look'))
    this.#at = at
    this.#chunks = chunks
  }

  /** `null` for what is no stroke. */
  static of(entry: unknown): LiveReader | null {
    if (!(entry instanceof Y.Map)) return null
    const kind = entry.get('kind')
    const by = entry.get('by')
    const at = readPoint(entry.get('at'))
    const chunks = entry.get('chunks')
    if (kind !== 'pen' && kind !== 'highlighter') return null
    if (typeof by !== 'number' || !Number.isSafeInteger(by) || by < 0 || at === null) return null
    return chunks instanceof Y.Array ? new LiveReader(entry, by, kind, at, chunks) : null
  }

  /**
   * Reads the chunks that have come since. A chunk that is none of ours ends the stroke, and so does
   * one that is gone: an honest pen only appends.
   *
   * @returns Whether there are more points than before.
   */
  readOn(): boolean {
    const { length } = this.#chunks
    if (this.#isBroken || length === this.#read) return false
    if (length < this.#read) {
      this.#isBroken = true
      return false
    }
    const before = this.#ink.points.length
    for (const chunk of this.#chunks.slice(this.#read)) {
      this.#isBroken = !(chunk instanceof Uint8Array) || !this.#ink.read(chunk)
      if (this.#isBroken) break
    }
    this.#read = length
    return this.#ink.points.length > before
  }

  /** As it is now. The points are a copy: some ten thousand references, twenty times a second. */
  stroke(id: ShapeId): LiveStroke {
    const points = this.#ink.points.slice()
    return { id, by: this.by, kind: this.#kind, look: this.#look, at: this.#at, points }
  }

  /** The shape that it becomes; `null` as long as nothing of it was readable. */
  packed(): NewShape | null {
    const onBoard = this.#ink.points.map(([x, y, pressure]): InkPoint => {
      return [...plus(this.#at, [x, y]), pressure]
    })
    const packed = strokeOf(onBoard, this.#ink.unit)
    return packed === null ? null : { kind: this.#kind, look: this.#look, ...packed }
  }
}
