import { connect } from 'node:net'

/** All sockets read into it: each read is taken before the next one begins. */
const PLACE = Buffer.allocUnsafe(256 * 1024)
/** How much of a message that is not kept can be looked at. */
const HEAD = 256
const CLOSE = 8
const PING = 9
const PONG = 10

/**
 * @typedef {object} Listener
 * @property {() => void} opened
 * @property {(bytes: Uint8Array, from: number, to: number) => void} message Valid during the call only.
 * @property {(head: Uint8Array, size: number) => void} [passed] Instead of `message`, for one longer
 *   than `whole`: its first bytes, when all of it has come.
 * @property {(reason: string) => void} closed Not when we closed it.
 */

/**
 * A WebSocket client, and nothing more: a stock one would cost more per message than most servers.
 * Masks are zero, which the protocol allows and which leaves the payload as it is.
 */
export class Socket {
  #socket
  #listener
  #whole
  #isUpgraded = false
  #isOver = false
  /** @type {Buffer | null} A frame that has only begun. */
  #rest = null
  /** @type {Buffer | null} The first bytes of a long message that is being passed over. */
  #head = null
  #size = 0
  #toPass = 0
  /** Bytes that have been read. */
  read = 0
  /** Once it has read so many it reads no more: the rest stays with the system, and then the server. */
  limit = Number.POSITIVE_INFINITY
  /** @type {Buffer[] | null} Set to an array to keep every byte, for a later look. */
  kept = null

  /**
   * @param {number} port
   * @param {string} path
   * @param {Listener} listener
   * @param {object} [options]
   * @param {number} [options.whole] Messages above this many bytes are counted, not kept.
   * @param {Buffer} [options.buffer] To read into, at most so much at a time.
   * @param {string | null} [options.protocol] The subprotocol that is offered.
   */
  constructor(port, path, listener, options = {}) {
    const { whole = Number.POSITIVE_INFINITY, buffer = PLACE, protocol = null } = options
    this.#listener = listener
    this.#whole = whole
    this.#socket = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      onread: {
        buffer,
        callback: (size, place) => {
          this.read += size
          this.#take(/** @type {Buffer} */ (place).subarray(0, size))
          return this.read < this.limit
        },
      },
    })
    this.#socket.on('connect', () => {
      this.#socket.write(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\n` +
          'Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
          (protocol === null ? '' : `Sec-WebSocket-Protocol: ${protocol}\r\n`) +
          'Sec-WebSocket-Version: 13\r\n\r\n',
      )
    })
    this.#socket.on('error', (error) => this.#over(String(error)))
    this.#socket.on('close', () => this.#over('the connection ended'))
  }

  /** Bytes that were given to the system. */
  get written() {
    return this.#socket.bytesWritten
  }

  /** @param {Uint8Array} payload */
  send(payload) {
    this.#socket.write(frame(0x82, payload))
  }

  /** After `limit` was raised. */
  resume() {
    this.#socket.resume()
  }

  /** Orderly, as a client that goes away does. */
  close() {
    if (this.#isOver) return
    this.#isOver = true
    this.#socket.end(frame(0x80 | CLOSE, Uint8Array.of(3, 232)))
    // The server's close frame may come into a socket that nobody waits for any more.
    this.#socket.unref()
  }

  destroy() {
    this.#isOver = true
    this.#socket.destroy()
  }

  /** @param {string} reason */
  #over(reason) {
    if (this.#isOver) return
    this.destroy()
    this.#listener.closed(reason)
  }

  /** @param {Buffer} chunk */
  #take(chunk) {
    if (this.#isOver) return
    this.kept?.push(Buffer.from(chunk))
    let bytes = chunk
    if (this.#rest !== null) {
      bytes = Buffer.concat([this.#rest, chunk])
      this.#rest = null
    }
    let at = this.#isUpgraded ? 0 : this.#upgrade(bytes)
    while (at < bytes.length && !this.#isOver) {
      const next = this.#toPass > 0 ? this.#pass(bytes, at) : this.#frame(bytes, at)
      if (next === at) break
      at = next
    }
    if (at < bytes.length) this.#rest = Buffer.from(bytes.subarray(at))
  }

  /** @param {Buffer} bytes @returns {number} Where the first frame begins. */
  #upgrade(bytes) {
    const end = bytes.indexOf('\r\n\r\n')
    if (end < 0) return 0
    const status = bytes.toString('latin1', 0, bytes.indexOf('\r\n'))
    if (!status.startsWith('HTTP/1.1 101')) {
      this.#over(`refused: ${status}`)
      return bytes.length
    }
    if (this.kept !== null) this.kept = [Buffer.from(bytes.subarray(end + 4))]
    this.#isUpgraded = true
    this.#listener.opened()
    return end + 4
  }

  /** @param {Buffer} bytes @param {number} at @returns {number} `at` when more is needed. */
  #frame(bytes, at) {
    const left = bytes.length - at
    if (left < 2) return at
    const first = /** @type {number} */ (bytes[at])
    let size = /** @type {number} */ (bytes[at + 1])
    let header = 2
    if (size === 126) {
      if (left < 4) return at
      size = bytes.readUInt16BE(at + 2)
      header = 4
    } else if (size === 127) {
      if (left < 10) return at
      size = Number(bytes.readBigUInt64BE(at + 2))
      header = 10
    }
    if (size > this.#whole && left >= header + HEAD) {
      this.#head = Buffer.from(bytes.subarray(at + header, at + header + HEAD))
      this.#size = size
      this.#toPass = size
      return at + header
    }
    if (left < header + size) return at
    this.#deliver(first, bytes, at + header, at + header + size)
    return at + header + size
  }

  /** @param {number} first @param {Buffer} bytes @param {number} from @param {number} to */
  #deliver(first, bytes, from, to) {
    if (first === 0x82) this.#listener.message(bytes, from, to)
    else if (first === (0x80 | PING)) {
      this.#socket.write(frame(0x80 | PONG, bytes.subarray(from, to)))
    } else if (first === (0x80 | CLOSE)) {
      const code = to - from >= 2 ? bytes.readUInt16BE(from) : 1005
      this.#over(`closed with ${code} ${bytes.toString('latin1', from + 2, to)}`)
    } else if (first !== (0x80 | PONG)) this.#over(`a frame that begins with ${first}`)
  }

  /** @param {Buffer} bytes @param {number} at */
  #pass(bytes, at) {
    const size = Math.min(this.#toPass, bytes.length - at)
    this.#toPass -= size
    if (this.#toPass === 0) {
      const head = /** @type {Buffer} */ (this.#head)
      this.#head = null
      this.#listener.passed?.(head, this.#size)
    }
    return at + size
  }
}

/** @param {number} first @param {Uint8Array} payload */
function frame(first, payload) {
  const size = payload.length
  const header = size < 126 ? 2 : size < 65_536 ? 4 : 10
  const bytes = Buffer.allocUnsafe(header + 4 + size)
  bytes[0] = first
  if (header === 2) bytes[1] = 0x80 | size
  else if (header === 4) {
    bytes[1] = 0x80 | 126
    bytes.writeUInt16BE(size, 2)
  } else {
    bytes[1] = 0x80 | 127
    bytes.writeBigUInt64BE(BigInt(size), 2)
  }
  bytes.fill(0, header, header + 4)
  bytes.set(payload, header + 4)
  return bytes
}
