import { setTimeout as sleep } from 'node:timers/promises'
import { Reader } from './bytes.mjs'
import { now } from './clock.mjs'
import { DIALECTS, nothingNew, STEP1, STEP2, UPDATE } from './dialects.mjs'
import { Socket } from './socket.mjs'
import { FIRST_WRITER, FRESH, pasted } from './updates.mjs'

const AT_ONCE = 64
const VISITORS = 4_000

/** Connections that have an entity each, write once, and then only stay. */
export class Idle {
  #at
  #size
  #reader = new Reader()
  /** @type {Socket[]} */
  #sockets = []
  #synced = 0
  /** @type {Set<string>} */
  #trouble = new Set()

  /** @param {import('./process.mjs').Door} at @param {{ bytes: number }} shape */
  constructor(at, { bytes }) {
    this.#at = at
    this.#size = bytes
  }

  /**
   * Resolves when all are synced and have written.
   *
   * @param {{ count: number, first: number }} which
   */
  async open({ count, first }) {
    const until = now() + 60_000
    this.#synced = 0
    for (let number = 0; number < count; number++) {
      this.#connect(first + number)
      while (number + 1 - this.#synced >= (number + 1 < count ? AT_ONCE : 1)) {
        if (this.#trouble.size > 0) throw new Error([...this.#trouble].join('; '))
        if (now() > until) throw new Error('connections were not synced within 60 s')
        await sleep(1)
      }
    }
  }

  /** @param {number} number */
  #connect(number) {
    const dialect = /** @type {import('./dialects.mjs').Dialect} */ (DIALECTS[this.#at.dialect])
    const name = `idle-${number}`
    const write = () => {
      const update = pasted(
        FIRST_WRITER + number,
        'a text of some words '.repeat(99).slice(0, this.#size),
      )
      socket.send(dialect.sync(name, UPDATE, update))
      this.#synced++
    }
    const socket = new Socket(this.#at.port, this.#at.prefix + dialect.path(name), {
      opened: () => {
        for (const message of dialect.greeting(name)) socket.send(message)
        socket.send(dialect.sync(name, STEP1, FRESH))
        if (!this.#at.answers) write()
      },
      message: (bytes, from, to) => {
        if (to - from === 1) return socket.send(Uint8Array.of(10))
        const kind = dialect.read(this.#reader.from(bytes, from))
        if (kind === STEP1) socket.send(nothingNew(dialect, name))
        if (kind === STEP2) write()
      },
      closed: (reason) => this.#trouble.add(reason),
    })
    this.#sockets.push(socket)
  }

  /** The sockets that the server has closed meanwhile: an idle connection has to stay. */
  trouble() {
    return [...this.#trouble]
  }

  /**
   * Resolves when so many have come, written and gone, a few thousand at a time.
   *
   * @param {{ count: number, first: number }} which
   */
  async visit({ count, first }) {
    for (let done = 0; done < count; done += VISITORS) {
      await this.open({ count: Math.min(VISITORS, count - done), first: first + done })
      // What was written last is read before its socket goes.
      await sleep(300)
      this.close()
    }
  }

  close() {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets = []
  }
}
