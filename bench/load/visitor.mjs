import { Reader } from './bytes.mjs'
import { now } from './clock.mjs'
import { DIALECTS, MARKER, marker, nothingNew, STEP1, STEP2, UPDATE } from './dialects.mjs'
import { Socket } from './socket.mjs'

/** Long messages are counted and not looked into: reading 20 MB would take longer than sending it. */
const WHOLE = 16 * 1024

/**
 * A client that comes to an entity, and what it is told about it.
 */
export class Visitor {
  #reader = new Reader()
  #dialect
  #entity
  #socket
  /** Bytes of updates that have come, those of the step2 included. */
  bytes = 0
  isSynced = false
  /** When the last of it came. */
  time = 0
  /** @type {(trouble: string | null) => void} */
  #changed = () => {}
  /** @type {string | null} */
  #trouble = null
  /** Markers sent, and come back. */
  #asked = 0
  #echoed = 0

  /**
   * @param {import('./process.mjs').Door} at
   * @param {string} entity
   * @param {Uint8Array} vector What it has already.
   * @param {{ keep?: boolean }} [options]
   */
  constructor(at, entity, vector, { keep = false } = {}) {
    const dialect = /** @type {import('./dialects.mjs').Dialect} */ (DIALECTS[at.dialect])
    this.#dialect = dialect
    this.#entity = entity
    const socket = new Socket(
      at.port,
      at.prefix + dialect.path(entity),
      {
        opened: () => {
          for (const message of dialect.greeting(entity)) socket.send(message)
          socket.send(dialect.sync(entity, STEP1, vector))
        },
        message: (bytes, from, to) => this.#message(bytes, from, to - from),
        passed: (head, size) => this.#message(head, 0, size),
        closed: (reason) => {
          this.#trouble = reason
          this.#changed(reason)
        },
      },
      { whole: WHOLE },
    )
    this.#socket = socket
    if (keep) socket.kept = []
  }

  /** @param {Uint8Array} bytes @param {number} from @param {number} size */
  #message(bytes, from, size) {
    if (size === 1) return this.#socket.send(Uint8Array.of(10))
    const reader = this.#reader.from(bytes, from)
    if (this.#asked > this.#echoed && bytes[from] === MARKER) {
      this.#echoed++
      return this.#changed(null)
    }
    const kind = this.#dialect.read(reader)
    if (kind === STEP1) this.#socket.send(nothingNew(this.#dialect, this.#entity))
    if (kind !== STEP2 && kind !== UPDATE) return
    this.time = now()
    this.bytes += size - (reader.at - from)
    if (kind === STEP2) this.isSynced = true
    this.#changed(null)
  }

  /** @param {number} bytes Resolves when it is synced and has at least so many. @param {number} [deadline] In ms. */
  has(bytes, deadline = 120_000) {
    return this.#until(() => this.isSynced && this.bytes >= bytes, bytes, deadline)
  }

  /** Resolves when all that it has written is durable. Of the y-websocket dialect only. */
  durable() {
    const number = ++this.#asked
    this.#socket.send(marker(number))
    return this.#until(() => this.#echoed >= number, 0, 120_000)
  }

  /** @param {() => boolean} isDone @param {number} bytes @param {number} deadline */
  async #until(isDone, bytes, deadline) {
    if (isDone()) return
    let timer
    try {
      await new Promise((resolve, reject) => {
        const fail = (/** @type {string} */ why) =>
          reject(new Error(`a client has ${this.bytes} of ${bytes} bytes: ${why}`))
        if (this.#trouble !== null) fail(this.#trouble)
        this.#changed = (trouble) => {
          if (trouble !== null) fail(trouble)
          else if (isDone()) resolve(null)
        }
        timer = setTimeout(() => fail(`out of time, synced: ${this.isSynced}`), deadline)
      })
    } finally {
      clearTimeout(timer)
      this.#changed = () => {}
    }
  }

  /** @param {Uint8Array} update */
  write(update) {
    this.#socket.send(this.#dialect.sync(this.#entity, UPDATE, update))
  }

  /** What came, as updates; only of one that was told to keep it. */
  updates() {
    const bytes = Buffer.concat(this.#socket.kept ?? [])
    const updates = []
    for (let at = 0; at < bytes.length; ) {
      let size = /** @type {number} */ (bytes[at + 1])
      let header = 2
      if (size === 126) {
        size = bytes.readUInt16BE(at + 2)
        header = 4
      } else if (size === 127) {
        size = Number(bytes.readBigUInt64BE(at + 2))
        header = 10
      }
      const end = at + header + size
      const reader = this.#reader.from(bytes, at + header)
      const kind = bytes[at] === 0x82 && size > 1 ? this.#dialect.read(reader) : -1
      if (kind === STEP2 || kind === UPDATE) updates.push(bytes.subarray(reader.at, end))
      at = end
    }
    return updates
  }

  close() {
    this.#socket.close()
  }

  destroy() {
    this.#socket.destroy()
  }
}
