import RBush from 'rbush'
import { type Box, encloses, grown } from '../geometry/box.ts'
import type { Point } from '../geometry/point.ts'
import type { Board, ShapeChange } from '../model/board.ts'
import type { Shape, ShapeId } from '../model/shape.ts'
import { boundsOf } from './bounds.ts'
import { hits } from './hit.ts'
import type { Measure } from './measure.ts'
import { type Entry, Pile } from './pile.ts'
import type { SceneIndex } from './scene-index.ts'

/** An index of the shapes on `board`, from now until `close`. */
export function createIndex(board: Board, measure: Measure): SceneIndex {
  return new RTreeIndex(board, measure)
}

class RTreeIndex implements SceneIndex {
  readonly #measure: Measure
  readonly #entries = new Map<ShapeId, Entry>()
  readonly #tree = new RBush<Entry>()
  readonly #pile = new Pile()
  readonly #unfollow: () => void

  constructor(board: Board, measure: Measure) {
    this.#measure = measure
    for (const shape of board.shapes()) this.#enter(shape)
    this.#tree.load([...this.#entries.values()])
    this.#unfollow = board.observe((changes) => this.#follow(changes))
  }

  search(box: Box): Shape[] {
    return this.#pile.sorted(this.#touching(box))
  }

  at(point: Point, reach: number): Shape[] {
    const [x, y] = point
    const near = this.#touching(grown({ x, y, width: 0, height: 0 }, reach))
    const hit = near.filter(({ shape }) => hits(shape, point, reach, this.#measure))
    return this.#pile.sorted(hit).reverse()
  }

  within(box: Box): Shape[] {
    return this.#pile.sorted(this.#touching(box).filter((entry) => encloses(box, boxOf(entry))))
  }

  bounds(id: ShapeId): Box | null {
    const entry = this.#entries.get(id)
    return entry === undefined ? null : boxOf(entry)
  }

  extent(): Box | null {
    // The root of the tree knows; typed as anything by rbush.
    const root: Entry = this.#tree.toJSON()
    return this.#entries.size === 0 ? null : boxOf(root)
  }

  pile(): readonly Shape[] {
    return this.#pile.shapes()
  }

  close(): void {
    this.#unfollow()
  }

  #touching({ x, y, width, height }: Box): Entry[] {
    return this.#tree.search({ minX: x, minY: y, maxX: x + width, maxY: y + height })
  }

  #enter(shape: Shape): Entry {
    const { x, y, width, height } = boundsOf(shape, this.#measure)
    const places = { minX: x, minY: y, maxX: x + width, maxY: y + height }
    const entry: Entry = { shape, ...places, rank: 0, isGone: false }
    this.#entries.set(shape.id, entry)
    this.#pile.add(entry)
    return entry
  }

  #leave(id: ShapeId): Entry | null {
    const entry = this.#entries.get(id)
    if (entry === undefined) return null
    this.#entries.delete(id)
    this.#pile.remove(entry)
    return entry
  }

  #follow(changes: readonly ShapeChange[]): void {
    const gone: Entry[] = []
    const come: Entry[] = []
    for (const { id, after } of changes) {
      const before = this.#leave(id)
      if (before !== null) gone.push(before)
      if (after !== null) come.push(this.#enter(after))
    }
    // Taking thousands out one by one is slower than planting a new tree, and leaves a worse one.
    if (gone.length + come.length > Math.max(100, this.#entries.size / 4)) {
      this.#tree.clear()
      this.#tree.load([...this.#entries.values()])
      return
    }
    for (const entry of gone) this.#tree.remove(entry)
    for (const entry of come) this.#tree.insert(entry)
  }
}

const boxOf = ({ minX, minY, maxX, maxY }: Omit<Entry, 'shape'>): Box => ({
  x: minX,
  y: minY,
  width: maxX - minX,
  height: maxY - minY,
})
