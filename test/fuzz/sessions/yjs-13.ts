import * as Y from 'yjs'
import type { Seeded } from '../../support/seeded.ts'
import { anyValue, format, jsonValue, key, type Peer, plainText, someText } from './peer.ts'

type Container = Y.Text | Y.Map<unknown> | Y.Array<unknown> | Y.XmlFragment

/** yjs 13.6 with everything it can put into a document, an undo manager, with and without gc. */
export class Yjs13Peer implements Peer {
  readonly onlyClosed = false
  readonly doc: Y.Doc
  readonly #random: Seeded
  readonly #undo: Y.UndoManager
  #updates: Uint8Array[] = []

  readonly #withYrs: boolean

  /** @param withYrs leaves out what yrs cannot pass on: XML hooks, split surrogate pairs. */
  constructor(random: Seeded, withYrs = false) {
    this.#random = random
    this.#withYrs = withYrs
    this.doc = new Y.Doc({ gc: random.chance(0.7) })
    this.doc.clientID = random.int(1, 2 ** 32 - 1)
    this.doc.on('update', (update: Uint8Array) => this.#updates.push(update))
    this.#undo = new Y.UndoManager(this.#roots(), { captureTimeout: 0 })
  }

  edit(): string {
    const random = this.#random
    if (random.chance(0.1)) {
      this.#undo.undo()
      return 'undo'
    }
    if (random.chance(0.05)) {
      this.#undo.redo()
      return 'redo'
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

  #roots(): Container[] {
    const { doc } = this
    return [doc.getText('t'), doc.getMap('m'), doc.getArray(''), doc.getXmlFragment('x')]
  }

  /** A root, or on the way down from it any type inside. */
  #somewhere(): Container {
    let here = this.#random.pick(this.#roots())
    while (this.#random.chance(0.6)) {
      const inside = childrenOf(here).filter(isContainer)
      if (inside.length === 0) break
      here = this.#random.pick(inside)
    }
    return here
  }

  #editOne(here: Container): string {
    if (here instanceof Y.Text) return this.#editText(here)
    if (here instanceof Y.Map) return this.#editMap(here)
    if (here instanceof Y.Array) return this.#editArray(here)
    return this.#editXml(here)
  }

  #editText(text: Y.Text): string {
    const random = this.#random
    const at = random.int(0, text.length)
    const length = Math.min(random.int(1, 5), text.length - at)
    const what = random.int(0, 9)
    if (what < 3 && length > 0) {
      text.delete(at, length)
      return `text delete ${at} ${length}`
    }
    if (what < 5 && length > 0) {
      text.format(at, length, format(random))
      return `text format ${at} ${length}`
    }
    if (what === 5) {
      text.insertEmbed(
        at,
        (random.chance(0.3) ? new Y.Map() : { embed: jsonValue(random) }) as object,
      )
      return `text embed ${at}`
    }
    text.insert(at, this.#text(), random.chance(0.3) ? format(random) : undefined)
    return `text insert ${at}`
  }

  #editMap(map: Y.Map<unknown>): string {
    const name = key(this.#random)
    if (this.#random.chance(0.2)) map.delete(name)
    else map.set(name, this.#random.chance(0.05) ? 2n ** 62n : this.#child())
    return `map ${name}`
  }

  #editArray(array: Y.Array<unknown>): string {
    const random = this.#random
    const at = random.int(0, array.length)
    const length = Math.min(random.int(1, 3), array.length - at)
    if (random.chance(0.3) && length > 0) {
      array.delete(at, length)
      return `array delete ${at} ${length}`
    }
    array.insert(
      at,
      Array.from({ length: random.int(1, 4) }, () => this.#child()),
    )
    return `array insert ${at}`
  }

  #editXml(xml: Y.XmlFragment): string {
    const random = this.#random
    const at = random.int(0, xml.length)
    if (xml instanceof Y.XmlElement && random.chance(0.4)) {
      if (random.chance(0.3)) xml.removeAttribute(key(random))
      else xml.setAttribute(key(random), someText(random))
      return 'xml attribute'
    }
    if (random.chance(0.3) && at < xml.length) {
      xml.delete(at, 1)
      return `xml delete ${at}`
    }
    xml.insert(at, [
      random.pick([
        () => new Y.XmlElement(key(random)),
        () => new Y.XmlText(this.#text()),
        () => (this.#withYrs ? new Y.XmlElement('p') : new Y.XmlHook(key(random))),
      ])() as Y.XmlElement,
    ])
    return `xml insert ${at}`
  }

  #text(): string {
    return this.#withYrs ? plainText(this.#random) : someText(this.#random)
  }

  #child(): unknown {
    const random = this.#random
    if (random.chance(0.7)) return anyValue(random)
    return random.pick<() => unknown>([
      () => new Y.Text(this.#text()),
      () => new Y.Map(),
      () => Y.Array.from([1, 'two']),
      () => new Y.XmlFragment(),
      () =>
        new Y.Doc({
          autoLoad: random.chance(0.5),
          gc: random.chance(0.5),
          meta: jsonValue(random),
        }),
    ])()
  }
}

const isContainer = (value: unknown): value is Container =>
  value instanceof Y.Text ||
  value instanceof Y.Map ||
  value instanceof Y.Array ||
  value instanceof Y.XmlFragment

function childrenOf(container: Container): unknown[] {
  if (container instanceof Y.Text) return []
  if (container instanceof Y.Map) return [...container.values()]
  return container.toArray()
}
