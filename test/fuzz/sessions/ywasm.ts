import * as W from 'ywasm'
import type { Seeded } from '../../support/seeded.ts'
import { format, jsonValue, key, type Peer, plainText } from './peer.ts'

/** yrs, through its build for JavaScript. It counts in UTF-16 units as Yjs does. */
export class YwasmPeer implements Peer {
  readonly onlyClosed = true
  readonly #doc: W.YDoc
  readonly #random: Seeded
  readonly #text: W.YText
  readonly #map: W.YMap
  readonly #array: W.YArray
  readonly #xml: W.YXmlFragment
  readonly #observer: W.Observer
  #updates: Uint8Array[] = []

  constructor(random: Seeded) {
    this.#random = random
    this.#doc = new W.YDoc({ clientID: random.int(1, 2 ** 32 - 1), gc: random.chance(0.7) })
    this.#text = this.#doc.getText('t')
    this.#map = this.#doc.getMap('m')
    this.#array = this.#doc.getArray('')
    this.#xml = this.#doc.getXmlFragment('x')
    this.#observer = this.#doc.onUpdate((update: Uint8Array) => this.#updates.push(update.slice()))
  }

  edit(): string {
    const edits = this.#random.chance(0.2) ? this.#random.int(2, 6) : 1
    const transaction = this.#doc.beginTransaction(undefined)
    try {
      return Array.from({ length: edits }, () => this.#editOne(transaction)).join(', ')
    } finally {
      transaction.commit()
      transaction.free()
    }
  }

  take(): Uint8Array[] {
    const updates = this.#updates
    this.#updates = []
    return updates
  }

  apply(update: Uint8Array): void {
    W.applyUpdate(this.#doc, update, undefined)
  }

  stateVector(): Uint8Array {
    return W.encodeStateVector(this.#doc)
  }

  encode(stateVector?: Uint8Array): Uint8Array {
    return W.encodeStateAsUpdate(this.#doc, stateVector)
  }

  free(): void {
    this.#observer.free()
    this.#doc.free()
  }

  #editOne(transaction: W.YTransaction): string {
    const random = this.#random
    switch (random.int(0, 3)) {
      case 0:
        return this.#editText(this.#text, transaction)
      case 1: {
        const name = key(random)
        if (random.chance(0.2)) this.#map.delete(name, transaction)
        else
          this.#map.set(
            name,
            random.chance(0.1) ? new W.YDoc({ autoLoad: true }) : this.#child(),
            transaction,
          )
        return `map ${name}`
      }
      case 2: {
        const length = this.#array.length(transaction)
        const at = random.int(0, length)
        if (random.chance(0.3) && at < length) this.#array.delete(at, 1, transaction)
        else this.#array.insert(at, [this.#child()], transaction)
        return `array ${at}`
      }
      default:
        return this.#editXml(transaction)
    }
  }

  #editText(text: W.YText, transaction: W.YTransaction): string {
    const random = this.#random
    const length = text.length(transaction)
    const at = random.int(0, length)
    const count = Math.min(random.int(1, 5), length - at)
    const what = random.int(0, 9)
    if (what < 3 && count > 0) text.delete(at, count, transaction)
    else if (what < 5 && count > 0) text.format(at, count, format(random), transaction)
    else if (what === 5) text.insertEmbed(at, { embed: jsonValue(random) }, undefined, transaction)
    else
      text.insert(
        at,
        plainText(random),
        random.chance(0.3) ? format(random) : undefined,
        transaction,
      )
    return `text ${at} ${count}`
  }

  #editXml(transaction: W.YTransaction): string {
    const random = this.#random
    const length = this.#xml.length(transaction)
    const at = random.int(0, length)
    if (random.chance(0.3) && at < length) {
      this.#xml.delete(at, 1, transaction)
      return `xml delete ${at}`
    }
    const child = random.chance(0.5)
      ? new W.YXmlText(plainText(random), {})
      : new W.YXmlElement('p', { a: plainText(random) }, [new W.YXmlText('inside', {})])
    this.#xml.insert(at, child, transaction)
    return `xml insert ${at}`
  }

  // A document goes into maps only: in an array this version writes it as a type that Yjs has not.
  #child(): unknown {
    const random = this.#random
    if (random.chance(0.6)) return jsonValue(random)
    return random.pick<() => unknown>([
      () => new W.YText(plainText(random)),
      () => new W.YMap({ a: 1 }),
      () => new W.YArray([1, 'two']),
    ])()
  }
}
