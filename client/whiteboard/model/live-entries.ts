import type * as Y from 'yjs'
import type { Clock } from '../../../src/core/clock.ts'
import type { LiveStroke, LiveStrokeChange, LiveStrokes, OpenStroke } from './board.ts'
import { changedKeys } from './changed-keys.ts'
import { MOST_LIVE_STROKES } from './limits.ts'
import { LiveReader } from './live-reader.ts'
import { isShapeId, type Random } from './new-id.ts'
import { PenStroke } from './pen-stroke.ts'
import type { Look, NewShape, ShapeId } from './shape.ts'

export interface LiveParts {
  readonly doc: Y.Doc
  readonly clock: Pick<Clock, 'monotonic' | 'after'>
  readonly random: Random
  /** Makes a shape of an own stroke: one transaction and one step of undo, with `also` in it. */
  readonly keep: (id: ShapeId, stroke: NewShape, also: () => void) => void
  /** Makes a shape of somebody else's stroke, inside of a transaction of ours. */
  readonly adopt: (id: ShapeId, stroke: NewShape) => void
}

/** What is ours, but no step of undo. */
const CHUNK = { own: 'chunk' }
const ADOPTION = { own: 'adoption' }

/**
 * The strokes that are being drawn, as the document has them under `live`. Of a stroke that grows
 * only the new chunks are read. Own ones are shown point by point, before they are in the document.
 */
export class LiveEntries implements LiveStrokes {
  readonly #parts: LiveParts
  readonly #root: Y.Map<unknown>
  readonly #strokes = new Map<ShapeId, LiveStroke>()
  /** Of the strokes of others. */
  readonly #readers = new Map<ShapeId, LiveReader>()
  readonly #pens = new Set<PenStroke>()
  readonly #listeners = new Set<(changes: readonly LiveStrokeChange[]) => void>()

  constructor(parts: LiveParts) {
    this.#parts = parts
    this.#root = parts.doc.getMap('live')
    for (const key of this.#root.keys()) this.#read(key)
    parts.doc.on('afterTransaction', this.#changed)
  }

  strokes(): Iterable<LiveStroke> {
    return this.#strokes.values()
  }

  observe(tell: (changes: readonly LiveStrokeChange[]) => void): () => void {
    this.#listeners.add(tell)
    return () => this.#listeners.delete(tell)
  }

  begin(kind: 'pen' | 'highlighter', look: Look, zoom: number): OpenStroke {
    const { doc, clock, random, keep } = this.#parts
    const pen: PenStroke = new PenStroke(kind, look, zoom, {
      by: doc.clientID,
      clock,
      random,
      shown: (stroke) => this.#show(stroke),
      begun: (id, entry) => doc.transact(() => this.#root.set(id, entry), CHUNK),
      grown: (chunks, chunk) => doc.transact(() => chunks.push([chunk]), CHUNK),
      cancelled: (id) => {
        doc.transact(() => this.#root.delete(id), CHUNK)
        this.#hide(id)
      },
      lifted: (id, stroke) => {
        keep(id, stroke, () => this.#root.delete(id))
        // Without this a stroke that never came into the document would stay on the screen.
        this.#hide(id)
      },
      ended: () => this.#pens.delete(pen),
    })
    this.#pens.add(pen)
    return pen
  }

  adopt(present: ReadonlySet<number>): void {
    const { doc, adopt } = this.#parts
    const own = new Set([...this.#pens].map(({ id }) => id))
    const left = [...this.#root].flatMap(([id, entry]) => {
      if (!isShapeId(id) || own.has(id)) return []
      const reader = LiveReader.of(entry)
      const hasAuthor = reader?.by !== doc.clientID && present.has(reader?.by ?? -1)
      return reader === null || hasAuthor ? [] : [{ id, reader }]
    })
    if (left.length === 0) return
    doc.transact(() => {
      for (const { id, reader } of left) {
        reader.readOn()
        const stroke = reader.packed()
        // What cannot be read is left alone: it may be of a later version of this page.
        if (stroke === null) continue
        adopt(id, stroke)
        this.#root.delete(id)
      }
    }, ADOPTION)
  }

  close(): void {
    for (const pen of [...this.#pens]) pen.end()
    this.#parts.doc.off('afterTransaction', this.#changed)
    this.#listeners.clear()
  }

  readonly #changed = (transaction: Y.Transaction): void => {
    const changes: LiveStrokeChange[] = []
    for (const key of changedKeys(transaction, this.#root)) {
      if (!isShapeId(key)) continue
      const before = this.#strokes.get(key) ?? null
      const pen = [...this.#pens].find(({ id }) => id === key)
      if (pen !== undefined) {
        // Somebody took us for gone and kept what they had of it.
        if (!this.#root.has(key) && pen.isBegun) {
          pen.takenAway()
          this.#strokes.delete(key)
          if (before !== null) changes.push({ id: key, before, after: null })
        }
        continue
      }
      this.#read(key)
      const after = this.#strokes.get(key) ?? null
      if (before !== after) changes.push({ id: key, before, after })
    }
    this.#tell(changes)
  }

  /** Brings the stroke of somebody else up to date. */
  #read(key: string): void {
    if (!isShapeId(key)) return
    const entry = this.#root.get(key)
    let reader = this.#readers.get(key) ?? null
    if (reader === null || reader.entry !== entry) {
      this.#readers.delete(key)
      this.#strokes.delete(key)
      reader = this.#readers.size < MOST_LIVE_STROKES ? LiveReader.of(entry) : null
      if (reader === null) return
      this.#readers.set(key, reader)
    }
    if (reader.readOn()) this.#strokes.set(key, reader.stroke(key))
  }

  #show(stroke: LiveStroke): void {
    const before = this.#strokes.get(stroke.id) ?? null
    this.#strokes.set(stroke.id, stroke)
    this.#tell([{ id: stroke.id, before, after: stroke }])
  }

  #hide(id: ShapeId): void {
    const before = this.#strokes.get(id) ?? null
    if (!this.#strokes.delete(id)) return
    this.#tell([{ id, before, after: null }])
  }

  #tell(changes: readonly LiveStrokeChange[]): void {
    if (changes.length > 0) for (const tell of [...this.#listeners]) tell(changes)
  }
}
