import type * as Y from 'yjs'
import type { Cancel, Clock } from '../../../src/core/clock.ts'
import type { NewShape, ShapeId } from './shape.ts'
import type { ShapeEntries } from './shape-entries.ts'

/** So many of the strokes drawn last are watched over. */
const MOST_KEPT = 50
/** No step of undo. */
const REPAIR = { own: 'repair' }

type NewStroke = Extract<NewShape, { ink: Uint8Array }>

/**
 * Watches over the strokes that were drawn here, for one case: the link breaks while we draw, the
 * others take us for gone and make a shape of what they have, and we lift the pen before we hear of
 * it. Then there are two values under one id, and Yjs keeps one of them, whichever. If it is not
 * ours, the end of the stroke is missing, so we write all of it into the one that is left. Once:
 * with somebody who means to write over it again and again we do not argue.
 */
export class KeptStrokes {
  readonly #doc: Y.Doc
  readonly #entries: ShapeEntries
  readonly #clock: Pick<Clock, 'after'>
  readonly #kept = new Map<ShapeId, NewStroke>()
  readonly #timers = new Set<Cancel>()
  readonly #unobserve: () => void

  constructor(doc: Y.Doc, entries: ShapeEntries, clock: Pick<Clock, 'after'>) {
    this.#doc = doc
    this.#entries = entries
    this.#clock = clock
    this.#unobserve = entries.observe((changes) => {
      for (const { id } of changes) if (this.#isCut(id)) this.#mendSoon(id)
    })
  }

  keep(id: ShapeId, stroke: NewShape): void {
    if (!('ink' in stroke)) return
    this.#kept.set(id, stroke)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest)
  }

  close(): void {
    this.#unobserve()
    for (const cancel of this.#timers) cancel()
  }

  /** Whether the document has another ink under our id. Nothing else ever changes the ink. */
  #isCut(id: ShapeId): boolean {
    const kept = this.#kept.get(id)
    const shape = this.#entries.get(id)
    return kept !== undefined && shape !== null && 'ink' in shape && !isSame(shape.ink, kept.ink)
  }

  /** Not at once: we are in the middle of hearing of it, and who listens does not write. */
  #mendSoon(id: ShapeId): void {
    const cancel = this.#clock.after(0, () => {
      this.#timers.delete(cancel)
      const kept = this.#kept.get(id)
      const map = this.#entries.map(id)
      if (!this.#isCut(id) || kept === undefined || map === null) return
      this.#kept.delete(id)
      this.#doc.transact(() => {
        map.set('ink', kept.ink)
        map.set('at', [...kept.at])
        map.set('size', [...kept.size])
      }, REPAIR)
    })
    this.#timers.add(cancel)
  }
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a === b || (a.length === b.length && a.every((byte, at) => byte === b[at]))
