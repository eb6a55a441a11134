import { setTimeout as sleep } from 'node:timers/promises'
import { Reader } from './bytes.mjs'
import { DIALECTS, nothingNew, STEP1, STEP2, UPDATE } from './dialects.mjs'
import { Socket } from './socket.mjs'
import { FIRST_WRITER, FRESH } from './updates.mjs'
import { walkUpdate } from './walk-update.mjs'

/** How much one read takes at most: a slow reader that took 256 KB at once would be a stalled one. */
const AT_ONCE = 16 * 1024
const EVERY = 100

/** One reader that reads nothing and one that reads slowly, until they are woken. */
export class SlowReaders {
  #at
  #entity
  #pace
  /** @type {SlowReader[]} */
  #readers = []
  /** @type {NodeJS.Timeout | undefined} */
  #timer

  /**
   * @param {import('./process.mjs').Door} at
   * @param {{ entity: string, pace: number }} shape `pace` of the slow one, in bytes per second.
   */
  constructor(at, { entity, pace }) {
    this.#at = at
    this.#entity = entity
    this.#pace = pace
  }

  /** Resolves when both are up to date. From then on they are slow. */
  async open() {
    this.#readers = [0, this.#pace].map((pace) => new SlowReader(this.#at, this.#entity, pace))
    await this.#until(10_000, (reader) => reader.isSynced)
    for (const reader of this.#readers) reader.slow(0)
    this.#timer = setInterval(() => {
      for (const reader of this.#readers) reader.slow(EVERY)
    }, EVERY)
  }

  /**
   * Both read on. Resolves when they have everything, on the sockets they began with.
   *
   * @param {{ clocks: number[] }} expected Of each writer.
   * @returns {Promise<{ read: number[] }>} The bytes that each of them had read before.
   */
  async wake({ clocks }) {
    clearInterval(this.#timer)
    const read = this.#readers.map((reader) => reader.read)
    for (const reader of this.#readers) reader.wake()
    await this.#until(60_000, (reader) => clocks.every((end, n) => reader.seen(n) === end))
    return { read }
  }

  /** @param {number} ms @param {(reader: SlowReader) => boolean} holds */
  async #until(ms, holds) {
    const end = performance.now() + ms
    while (!this.#readers.every(holds)) {
      for (const { trouble } of this.#readers) if (trouble !== null) throw new Error(trouble)
      if (performance.now() > end) {
        const lacking = this.#readers.findIndex((reader) => !holds(reader))
        throw new Error(`the ${['stalled', 'slow'][lacking]} reader lacks something for good`)
      }
      await sleep(10)
    }
  }

  close() {
    clearInterval(this.#timer)
    for (const reader of this.#readers) reader.close()
  }
}

class SlowReader {
  #socket
  #dialect
  #entity
  #pace
  #reader = new Reader()
  /** @type {Map<number, number>} The next clock to come, by client. */
  #next = new Map()
  isSynced = false
  /** @type {string | null} */
  trouble = null

  /** @param {import('./process.mjs').Door} at @param {string} entity @param {number} pace */
  constructor(at, entity, pace) {
    const dialect = /** @type {import('./dialects.mjs').Dialect} */ (DIALECTS[at.dialect])
    this.#dialect = dialect
    this.#entity = entity
    this.#pace = pace
    const path = at.prefix + dialect.path(entity)
    const listener = {
      opened: () => {
        for (const message of dialect.greeting(entity)) this.#socket.send(message)
        this.#socket.send(dialect.sync(entity, STEP1, FRESH))
      },
      message: (/** @type {Uint8Array} */ bytes, /** @type {number} */ from) =>
        this.#message(bytes, from),
      closed: (/** @type {string} */ reason) => {
        this.trouble = `a slow reader's socket did not stay open: ${reason}`
      },
    }
    this.#socket = new Socket(at.port, path, listener, { buffer: Buffer.allocUnsafe(AT_ONCE) })
  }

  /** @param {Uint8Array} bytes @param {number} from */
  #message(bytes, from) {
    const reader = this.#reader.from(bytes, from)
    const kind = this.#dialect.read(reader)
    if (kind === STEP1) this.#socket.send(nothingNew(this.#dialect, this.#entity))
    if (kind === STEP2) this.isSynced = true
    if (kind !== STEP2 && kind !== UPDATE) return
    walkUpdate(reader, (client, start, end) => {
      const next = this.#next.get(client) ?? 0
      if (start > next) this.trouble ??= `a gap: of client ${client} ${next} to ${start} is missing`
      this.#next.set(client, Math.max(next, end))
    })
  }

  get read() {
    return this.#socket.read
  }

  /** @param {number} writer */
  seen(writer) {
    return this.#next.get(FIRST_WRITER + writer) ?? 0
  }

  /** May read what its pace allows for so many ms more. @param {number} ms */
  slow(ms) {
    const { limit, read } = this.#socket
    const from = limit === Number.POSITIVE_INFINITY ? read : limit
    this.#socket.limit = from + (this.#pace * ms) / 1_000
    if (read < this.#socket.limit) this.#socket.resume()
  }

  wake() {
    this.#socket.limit = Number.POSITIVE_INFINITY
    this.#socket.resume()
  }

  close() {
    this.#socket.destroy()
  }
}
