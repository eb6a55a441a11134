import { setTimeout as sleep } from 'node:timers/promises'
import * as Y from 'yjs'
import { now } from './clock.mjs'
import { comeBackTo, isRest } from './returner.mjs'
import {
  FIRST_PASTER,
  FIRST_WRITER,
  FRESH,
  keystroke,
  pasted,
  prepared,
  stateVector,
} from './updates.mjs'
import { Visitor } from './visitor.mjs'

/** Keystrokes of a writer before it waits until they are durable. */
const IN_A_ROW = 500

/** One large entity, its author who stays, and clients that come to it: new ones, or again. */
export class LargeEntity {
  #at
  #size
  #entity
  /** @type {Map<number, number>} What the entity has. */
  #clocks = new Map()
  #bytes = 0
  #typed = 0
  #pasted = 0
  /** @type {Visitor | null} */
  #author = null
  /** @type {Set<Visitor>} */
  #visitors = new Set()

  /**
   * @param {import('./process.mjs').Door} at
   * @param {{ bytes: number, entity?: string }} shape Without bytes it begins empty.
   */
  constructor(at, { bytes, entity = 'large' }) {
    this.#at = at
    this.#entity = entity
    this.#size = bytes
  }

  /** Resolves when the server gives all of it to a newcomer, looked through by Yjs. */
  async open() {
    const author = new Visitor(this.#at, this.#entity, FRESH)
    this.#author = author
    await author.has(0)
    if (this.#size === 0) return { bytes: 0 }
    const { update, clocks } = prepared(this.#size)
    this.#clocks = clocks
    this.#bytes = update.length
    author.write(update)
    await this.type()
    return { bytes: update.length }
  }

  /** One more keystroke of the author. */
  async type() {
    this.#author?.write(keystroke(FIRST_WRITER, this.#typed))
    this.#clocks.set(FIRST_WRITER, ++this.#typed)
  }

  /** A paste of somebody who was not there before. @param {{ bytes: number }} how */
  paste({ bytes }) {
    const client = FIRST_PASTER + this.#pasted++
    const text = 'words, pasted. '.repeat(Math.ceil(bytes / 15)).slice(0, bytes)
    this.#author?.write(pasted(client, text))
    this.#clocks.set(client, bytes)
  }

  /**
   * Keystrokes of several writers as fast as the server makes them durable.
   *
   * @param {{ updates: number, writers: number }} how
   */
  async crank({ updates, writers }) {
    const each = updates / writers
    const run = async (/** @type {number} */ number) => {
      const client = FIRST_WRITER + 1 + number
      const visitor = this.#visit(FRESH)
      await visitor.has(0)
      for (let left = each; left > 0; left -= IN_A_ROW) {
        let clock = this.#clocks.get(client) ?? 0
        for (let n = Math.min(left, IN_A_ROW); n > 0; n--) visitor.write(keystroke(client, clock++))
        this.#clocks.set(client, clock)
        await visitor.durable()
      }
      this.#leave(visitor)
    }
    await Promise.all(Array.from({ length: writers }, (_, number) => run(number)))
  }

  /** From here on a newcomer has to get what one gets now. */
  async weigh() {
    this.#bytes = await this.check()
    return this.#bytes
  }

  /** Whether a newcomer gets it all: what it got, loaded into a document, against what was written. */
  async check() {
    const visitor = this.#visit(FRESH, true)
    try {
      await visitor.has(this.#bytes * 0.98)
      for (let waited = 0; ; waited += 50) {
        const lacking = this.#lacking(visitor)
        if (lacking === null) return visitor.bytes
        if (waited > 5_000) throw new Error(`a newcomer was told that it has all, but ${lacking}`)
        await sleep(50)
      }
    } finally {
      this.#leave(visitor)
    }
  }

  /** @param {Visitor} visitor */
  #lacking(visitor) {
    const doc = new Y.Doc()
    for (const update of visitor.updates()) Y.applyUpdate(doc, update)
    const has = Y.decodeStateVector(Y.encodeStateVector(doc))
    doc.destroy()
    for (const [client, clock] of this.#clocks) {
      const got = has.get(client) ?? 0
      if (got !== clock) return `of client ${client} it has ${got} of ${clock}`
    }
    return null
  }

  /**
   * New clients, all at once. What they get is counted, not read; `check` says how much it has to be.
   *
   * @param {{ count: number }} how
   */
  async join({ count }) {
    const start = now()
    const before = process.cpuUsage()
    const visitors = Array.from({ length: count }, () => this.#visit(FRESH))
    try {
      await Promise.all(visitors.map((visitor) => visitor.has(this.#bytes * 0.98)))
      const { user, system } = process.cpuUsage(before)
      const ms = Math.max(...visitors.map((visitor) => visitor.time)) - start
      const bytes = visitors.map((visitor) => visitor.bytes)
      return { ms, fewest: Math.min(...bytes), load: (user + system) / 1_000 / ms }
    } finally {
      for (const visitor of visitors) this.#leave(visitor)
    }
  }

  /**
   * One client after the other that has everything but the last keystroke.
   *
   * @param {{ seconds: number }} how
   */
  async comeBack({ seconds }) {
    const start = now()
    const before = process.cpuUsage()
    let times = 0
    let most = 0
    for (; now() - start < seconds * 1_000; times++) {
      if (times % 10 === 9) await this.type()
      const vector = stateVector(new Map([...this.#clocks, [FIRST_WRITER, this.#typed - 1]]))
      const visitor = this.#visit(vector)
      // Until the keystroke is there, not only an empty answer.
      await visitor.has(keystroke(FIRST_WRITER, this.#typed - 1).length)
      most = Math.max(most, visitor.bytes)
      this.#leave(visitor)
    }
    const { user, system } = process.cpuUsage(before)
    const ms = now() - start
    return { times, most, ms: ms / times, load: (user + system) / 1_000 / ms }
  }

  /**
   * The same in our own dialect, by the position at which each was before the last keystroke.
   *
   * @param {{ seconds: number }} how
   */
  async resume({ seconds }) {
    const { port } = this.#at
    let { position: here } = await comeBackTo(port, this.#entity, '')
    const start = now()
    const before = process.cpuUsage()
    let since = here
    let times = 0
    let most = 0
    for (; now() - start < seconds * 1_000; times++) {
      if (times % 10 === 0) {
        since = here
        await this.type()
        await this.#author?.durable()
      }
      const back = await comeBackTo(port, this.#entity, since)
      if (!isRest(back)) throw new Error('a client that came with a position was not sent the rest')
      if (back.updateBytes < keystroke(FIRST_WRITER, this.#typed - 1).length) {
        throw new Error('a client that came back was not sent the last keystroke')
      }
      here = back.position
      most = Math.max(most, back.wireBytes)
    }
    const { user, system } = process.cpuUsage(before)
    const ms = now() - start
    return { times, most, ms: ms / times, load: (user + system) / 1_000 / ms }
  }

  /** @param {Uint8Array} vector @param {boolean} [keep] */
  #visit(vector, keep = false) {
    const visitor = new Visitor(this.#at, this.#entity, vector, { keep })
    this.#visitors.add(visitor)
    return visitor
  }

  /** @param {Visitor} visitor */
  #leave(visitor) {
    visitor.close()
    this.#visitors.delete(visitor)
  }

  close() {
    this.#author?.destroy()
    for (const visitor of this.#visitors) visitor.destroy()
  }
}
