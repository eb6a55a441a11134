import * as Y from '@y/y'
import type { Seeded } from '../../support/seeded.ts'
import { anyValue, format, key, type Peer, someText } from './peer.ts'

/** yjs 14: one type for everything, client ids of 53 bits, Skips kept in the document. */
export class Yjs14Peer implements Peer {
  readonly onlyClosed = false
  readonly doc: Y.Doc
  readonly #random: Seeded
  readonly #undo: Y.UndoManager
  #updates: Uint8Array[] = []

  constructor(random: Seeded) {
    this.#random = random
    this.doc = new Y.Doc({ gc: random.chance(0.7) })
    this.doc.clientID = Math.floor(random.next() * Number.MAX_SAFE_INTEGER)
    this.doc.on('update', (update: Uint8Array) => this.#updates.push(update))
    this.#undo = new Y.UndoManager(this.#roots(), { captureTimeout: 0 })
  }

  edit(): string {
    const random = this.#random
    if (random.chance(0.1)) {
      this.#undo.undo()
      return 'undo'
    }
    const edits = random.chance(0.2) ? random.int(2, 6) : 1
    return this.doc.transact(() =>
      Array.from({ length: edits }, () => this.#editOne(this.#somewhere())).join(', '),
    )
  }

  take(): Uint8Array[] {
    const updates = this.#updates
    this.#updates = []
    return updates
  }

  apply(update: Uint8Array): void {
    Y.applyUpdate(this.doc, update)
  }

  stateVector(): Uint8Array {
    return Y.encodeStateVector(this.doc)
  }

  encode(stateVector?: Uint8Array): Uint8Array {
    return Y.encodeStateAsUpdate(this.doc, stateVector)
  }

  free(): void {
    this.#undo.destroy()
    this.doc.destroy()
  }

  #roots(): Y.Type[] {
    return ['t', 'm', '', 'x'].map((name) => this.doc.get(name))
  }

  #somewhere(): Y.Type {
    let here = this.#random.pick(this.#roots())
    while (this.#random.chance(0.6)) {
      const inside = [...here.toArray(), ...here.attrValues()].filter(
        (child) => child instanceof Y.Type,
      )
      if (inside.length === 0) break
      here = this.#random.pick(inside)
    }
    return here
  }

  #editOne(here: Y.Type): string {
    const random = this.#random
    const at = random.int(0, here.length)
    const length = Math.min(random.int(1, 5), here.length - at)
    const what = random.int(0, 9)
    if (what < 2) {
      // Its deltas keep attributes in an object, where this name is lost.
      const name = key(random).replaceAll('_', '-')
      if (random.chance(0.3)) here.deleteAttr(name)
      else here.setAttr(name, this.#child())
      return `attribute ${name}`
    }
    if (what < 4 && length > 0) {
      here.delete(at, length)
      return `delete ${at} ${length}`
    }
    if (what < 5 && length > 0) {
      here.format(at, length, format(random))
      return `format ${at} ${length}`
    }
    if (what < 7) here.insert(at, [this.#child()])
    else here.insert(at, someText(random), random.chance(0.3) ? format(random) : undefined)
    return `insert ${at}`
  }

  #child(): unknown {
    const random = this.#random
    if (random.chance(0.7)) return anyValue(random)
    return random.chance(0.2) ? new Y.Doc() : new Y.Type(random.chance(0.5) ? key(random) : null)
  }
}
