import * as Y from 'yjs'
import type { Clock } from '../../../src/core/clock.ts'
import { type Point, plus } from '../geometry/point.ts'
import type { Stretch } from '../geometry/stretch.ts'
import type { Board, History, LiveStrokes, Place, ShapeChange } from './board.ts'
import { KeptStrokes } from './kept-strokes.ts'
import { LiveEntries } from './live-entries.ts'
import { newId, type Random, trulyRandom } from './new-id.ts'
import { inPile, newOrders, ordersBetween, type Piled } from './order.ts'
import { rearranged } from './rearranged.ts'
import type { Change, NewShape, Shape, ShapeId } from './shape.ts'
import { ShapeEntries } from './shape-entries.ts'
import { stretchedShape } from './stretch-shape.ts'
import { UndoHistory } from './undo-history.ts'
import { mapOf, writeChange } from './write-shape.ts'

export interface OpenBoard extends Board {
  /** The words of a text or a note, to edit them; `null` for what has none. */
  text(id: ShapeId): Y.Text | null
  readonly live: LiveStrokes
  /** Ends own open strokes and lets go of the document. */
  close(): void
}

export interface BoardOptions {
  readonly clock?: Pick<Clock, 'monotonic' | 'after'>
  readonly random?: Random
  /**
   * What else writes for this person: origins of transactions, or their classes. The page says
   * `TextBinding` here, so that typing can be undone too.
   */
  readonly alsoOwn?: readonly unknown[]
}

const timeOfPage: Pick<Clock, 'monotonic' | 'after'> = {
  monotonic: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

/**
 * The board that lives in a document, which may be empty: nothing is written to prepare it, so two
 * who open a new board at once do not get in each other's way.
 */
export function openBoard(doc: Y.Doc, options: BoardOptions = {}): OpenBoard {
  const { clock = timeOfPage, random = trulyRandom, alsoOwn = [] } = options
  return new BoardInDocument(doc, clock, random, alsoOwn)
}

class BoardInDocument implements OpenBoard {
  readonly live: LiveEntries
  readonly #doc: Y.Doc
  readonly #random: Random
  readonly #root: Y.Map<unknown>
  readonly #entries: ShapeEntries
  readonly #history: UndoHistory
  readonly #kept: KeptStrokes
  /** The origin of own transactions, by which undo knows them. */
  readonly #own = { own: 'command' }

  constructor(
    doc: Y.Doc,
    clock: Pick<Clock, 'monotonic' | 'after'>,
    random: Random,
    alsoOwn: readonly unknown[],
  ) {
    this.#doc = doc
    this.#random = random
    this.#root = doc.getMap('shapes')
    this.#entries = new ShapeEntries(doc, this.#root)
    this.#history = new UndoHistory(this.#root, [this.#own, ...alsoOwn])
    this.#kept = new KeptStrokes(doc, this.#entries, clock)
    this.live = new LiveEntries({
      doc,
      clock,
      random,
      keep: (id, stroke, also) =>
        this.#command(() => {
          also()
          this.#put(id, stroke)
          this.#kept.keep(id, stroke)
        }),
      adopt: (id, stroke) => {
        if (!this.#root.has(id)) this.#put(id, stroke)
      },
    })
  }

  get history(): History {
    return this.#history
  }

  get count(): number {
    return this.#entries.count
  }

  get(id: ShapeId): Shape | null {
    return this.#entries.get(id)
  }

  shapes(): Iterable<Shape> {
    return this.#entries.all()
  }

  observe(tell: (changes: readonly ShapeChange[]) => void): () => void {
    return this.#entries.observe(tell)
  }

  text(id: ShapeId): Y.Text | null {
    const text = this.#entries.map(id)?.get('text')
    return text instanceof Y.Text ? text : null
  }

  add(shapes: readonly NewShape[]): ShapeId[] {
    const ids = shapes.map(() => newId(this.#random))
    return this.#command(() => {
      const orders = this.#ordersOnTop(ids)
      return ids.filter((id, at) => {
        const shape = shapes[at]
        const map = shape === undefined ? null : mapOf(shape, orders[at] ?? '')
        if (map !== null) this.#root.set(id, map)
        return map !== null
      })
    })
  }

  change(changes: ReadonlyMap<ShapeId, Change>): void {
    this.#command(() => {
      for (const [id, change] of changes) this.#change(id, change)
    })
  }

  stretch(ids: Iterable<ShapeId>, stretch: Stretch): void {
    const shapes = this.#living(ids)
    this.#command(() => {
      for (const shape of shapes) {
        this.#change(shape.id, stretchedShape(shape, stretch, shapes.length === 1))
      }
    })
  }

  remove(ids: Iterable<ShapeId>): void {
    this.#command(() => {
      for (const { id } of this.#living(ids)) this.#entries.map(id)?.set('gone', true)
    })
  }

  duplicate(ids: Iterable<ShapeId>, by: Point): ShapeId[] {
    const originals = this.#living(ids)
    if (originals.length === 0) return []
    const copies = new Map(originals.map(({ id }) => [id, newId(this.#random)]))
    const pile = this.#pile()
    const copied: Piled[] = pile.flatMap(({ id }) => {
      const copy = copies.get(id)
      return copy === undefined ? [] : [{ id: copy, order: '' }]
    })
    const topmost = pile.findLastIndex(({ id }) => copies.has(id))
    const wanted = pile.toSpliced(topmost + 1, 0, ...copied)
    return this.#command(() => {
      const orders = newOrders(wanted, new Set(copies.values()), this.#random)
      for (const original of originals) {
        const id = copies.get(original.id)
        const map = mapOf(
          { ...original, at: plus(original.at, by) },
          orders.get(id as ShapeId) ?? '',
        )
        if (id !== undefined && map !== null) this.#root.set(id, map)
      }
      this.#reorder(orders)
      return [...copies.values()]
    })
  }

  reorder(ids: Iterable<ShapeId>, place: Place): void {
    const pile = this.#pile()
    const moved = new Set(this.#living(ids).map(({ id }) => id))
    const wanted = rearranged(pile, moved, place)
    if (wanted === null) return
    this.#command(() => this.#reorder(newOrders(wanted, moved, this.#random)))
  }

  close(): void {
    this.live.close()
    this.#kept.close()
    this.#history.close()
    this.#entries.close()
  }

  /** One transaction, and one step of undo, whatever was done just before or is done just after. */
  #command<Result>(write: () => Result): Result {
    this.#history.cut()
    const result = this.#doc.transact(write, this.#own)
    this.#history.cut()
    return result
  }

  /** What there is of `ids`, each once. */
  #living(ids: Iterable<ShapeId>): Shape[] {
    return [...new Set(ids)].flatMap((id) => this.get(id) ?? [])
  }

  #pile(): Piled[] {
    return [...this.shapes()].sort(inPile)
  }

  #put(id: ShapeId, shape: NewShape): void {
    const map = mapOf(shape, this.#ordersOnTop([id])[0] ?? '')
    if (map !== null) this.#root.set(id, map)
  }

  #change(id: ShapeId, change: Change): void {
    const shape = this.get(id)
    const map = this.#entries.map(id)
    if (shape !== null && map !== null) writeChange(map, shape, change)
  }

  #reorder(orders: ReadonlyMap<ShapeId, string>): void {
    for (const [id, order] of orders) {
      if (this.get(id)?.order !== order) this.#entries.map(id)?.set('order', order)
    }
  }

  /** Where new shapes go: above all others. */
  #ordersOnTop(ids: readonly ShapeId[]): string[] {
    let top: string | null = null
    for (const { order } of this.shapes()) if (top === null || order > top) top = order
    const orders = ordersBetween(top, null, ids.length, this.#random)
    if (orders !== null) return orders
    const pile = [...this.#pile(), ...ids.map((id) => ({ id, order: '' }))]
    const fresh = newOrders(pile, new Set(ids), this.#random)
    this.#reorder(fresh)
    return ids.map((id) => fresh.get(id) ?? '')
  }
}
