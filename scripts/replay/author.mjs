import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { WebSocket } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

/** How long the server may take for anything, in ms. */
const PATIENCE = 60_000
/** Bytes that may wait in an author's socket before he has to. */
const UNSENT = 1_000_000
const MARKER = 102
const VERSION = 1

/** @typedef {import('./recording.mjs').Patch} Patch */

/** One author: what he has on the screen, and the stock client that connects him. */
export class Author {
  /** What the author sees, and nothing that he has not seen by the recording. */
  #screen = new Y.Doc()
  /** What the server has told the stock client. */
  #received = new Y.Doc()
  #provider
  /** Each own transaction as an update. @type {Uint8Array[]} */
  #transactions = []
  /** How many transactions of each other author are on the screen. @type {Map<Author, number>} */
  #seen = new Map()

  /**
   * @param {string} name
   * @param {number} clientId Decides who comes first where several insert at one position.
   * @param {string} door
   * @param {string} entity
   */
  constructor(name, clientId, door, entity) {
    this.name = name
    this.#screen.clientID = clientId
    this.#screen.on('update', (/** @type {Uint8Array} */ update, /** @type {unknown} */ origin) => {
      if (origin === 'seen') return
      this.#transactions[this.#transactions.length - 1] = update
      // The provider sends whatever comes into its document from elsewhere.
      Y.applyUpdate(this.#received, update, 'author')
    })
    this.#provider = new WebsocketProvider(door, entity, this.#received, {
      // Clients of one process would find each other without any server.
      disableBc: true,
      WebSocketPolyfill: /** @type {any} */ (WebSocket),
    })
  }

  get written() {
    return this.#transactions.length
  }

  async joined() {
    await this.#until('the server', () => this.#provider.synced)
  }

  /**
   * Takes the first `count` transactions of another author onto the screen, after they have come
   * from the server.
   *
   * @param {Author} other
   * @param {number} count
   */
  async see(other, count) {
    const from = this.#seen.get(other) ?? 0
    const updates = other.#transactions.slice(from, count)
    if (updates.length === 0) return
    this.#seen.set(other, count)
    for (const update of updates) {
      const { structs, ds } = Y.decodeUpdate(update)
      const held = () => holds(this.#received, structs, ds.clients)
      if (!held()) await this.#until(`what ${other.name} wrote`, held)
    }
    this.#screen.transact(() => {
      for (const update of updates) Y.applyUpdate(this.#screen, update, 'seen')
    }, 'seen')
  }

  /**
   * One transaction, at once on the wire. One that changes nothing counts all the same.
   *
   * @param {readonly Patch[]} patches
   * @param {boolean} countsUnits
   */
  write(patches, countsUnits) {
    this.#transactions.push(Uint8Array.of(0, 0))
    const text = this.#screen.getText('text')
    this.#screen.transact(() => {
      for (const [position, deleted, inserted] of patches) {
        const [at, length] = countsUnits
          ? [position, deleted]
          : inUnits(text.toString(), position, deleted)
        if (length > 0) text.delete(at, length)
        if (inserted !== '') text.insert(at, inserted)
      }
    })
  }

  /** Waits while the socket holds a lot: a server that takes its time is not to be flooded. */
  async room() {
    const unsent = () => this.#provider.ws?.bufferedAmount ?? 0
    if (unsent() > UNSENT) await this.#until('room in the socket', () => unsent() < UNSENT / 2)
  }

  /** Until the server has confirmed that everything is durable. */
  async confirmed() {
    let confirmed = false
    this.#provider.messageHandlers[MARKER] = (_encoder, decoder) => {
      const inner = decoding.createDecoder(decoding.readVarUint8Array(decoder))
      confirmed = decoding.readVarUint(inner) === VERSION
    }
    const marker = encoding.encode((encoder) => {
      encoding.writeVarUint(encoder, MARKER)
      encoding.writeVarUint8Array(encoder, Uint8Array.of(VERSION))
    })
    this.#provider.ws?.send(marker)
    await this.#until('the confirmation', () => confirmed)
  }

  /** What is not as it should be at the end, in words. @param {string} expected @returns {string[]} */
  faults(expected) {
    const faults = []
    const { pendingStructs, pendingDs } = this.#received.store
    if (pendingStructs !== null || pendingDs !== null) faults.push(`${this.name} waits for more`)
    const docs = this.written > 0 ? [this.#received, this.#screen] : [this.#received]
    for (const doc of docs) {
      const text = doc.getText('text').toString()
      if (text !== expected) faults.push(`${this.name} ${difference(text, expected)}`)
    }
    return faults
  }

  end() {
    this.#provider.destroy()
    this.#provider.awareness.destroy()
    this.#screen.destroy()
    this.#received.destroy()
  }

  /** @param {string} what @param {() => boolean} holds @returns {Promise<void>} */
  #until(what, holds) {
    return new Promise((resolve, reject) => {
      const end = performance.now() + PATIENCE
      const timer = setInterval(() => {
        const late = performance.now() > end
        if (!holds() && !late) return
        clearInterval(timer)
        if (late) reject(new Error(`${this.name} waited ${PATIENCE / 1_000} s for ${what}`))
        else resolve()
      }, 1)
    })
  }
}

/**
 * Whether a document holds all of these structs and deletes. A state vector alone would not tell:
 * many a transaction only deletes.
 *
 * @param {Y.Doc} doc
 * @param {readonly { id: Y.ID, length: number }[]} structs
 * @param {ReadonlyMap<number, readonly { clock: number, len: number }[]>} deletes
 */
function holds({ store }, structs, deletes) {
  const has = (/** @type {number} */ client, /** @type {number} */ end) =>
    Y.getState(store, client) >= end
  if (!structs.every(({ id, length }) => has(id.client, id.clock + length))) return false
  for (const [client, ranges] of deletes) {
    for (const { clock, len } of ranges) {
      if (!has(client, clock + len)) return false
      const items = /** @type {(Y.Item | Y.GC)[]} */ (store.clients.get(client))
      for (let at = Y.findIndexSS(items, clock); at < items.length; at++) {
        const item = /** @type {Y.Item | Y.GC} */ (items[at])
        if (item.id.clock >= clock + len) break
        if (!item.deleted) return false
      }
    }
  }
  return true
}

/**
 * The same place in UTF-16 units, which is what Yjs counts.
 *
 * @param {string} text @param {number} position @param {number} length
 * @returns {[number, number]}
 */
function inUnits(text, position, length) {
  let units = 0
  let at = 0
  let points = 0
  for (const point of text) {
    if (points === position) at = units
    if (points === position + length) return [at, units - at]
    units += point.length
    points++
  }
  return points <= position ? [units, 0] : [at, units - at]
}

/** @param {string} text @param {string} expected */
function difference(text, expected) {
  let at = 0
  while (at < text.length && text[at] === expected[at]) at++
  const near = (/** @type {string} */ whole) => JSON.stringify(whole.slice(at, at + 30))
  return `differs at ${at} (of ${text.length}, recorded ${expected.length}): ${near(text)} for ${near(expected)}`
}
