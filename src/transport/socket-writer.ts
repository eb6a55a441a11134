import type { Socket } from 'node:net'
import { type Frame, frameLength } from '../wire/frame.ts'

/**
 * A large body is handed to the socket in chunks of this size, the next when the last one has left:
 * so that a slow reader's progress can be seen, which one write of 20 MB does not show.
 */
const CHUNK_BYTES = 256 * 1024
const NOTHING = new Uint8Array(0)

/** Who writes. */
interface Writer {
  /** The socket has taken everything. */
  drained(): void
}

/**
 * The way out of one socket: prebuilt frames, written straight to it. Keeps count of what the socket
 * has not taken, and says when it has taken everything.
 */
export class SocketWriter {
  readonly #socket: Socket
  readonly #writer: Writer
  /** `null` while nothing waits here, as nearly always. */
  #queue: Uint8Array[] | null = null
  #queuedBytes = 0
  #written = 0
  #waiting = false

  constructor(socket: Socket, writer: Writer) {
    this.#socket = socket
    this.#writer = writer
  }

  /** Bytes accepted here and not yet taken by the operating system. */
  get unsent(): number {
    return this.#queuedBytes + this.#socket.writableLength
  }

  /** Bytes that the operating system has taken, in all. Grows as long as the peer reads. */
  get taken(): number {
    return this.#written - this.unsent
  }

  /** A frame is only half handed to the socket: nothing else may be written to it now. */
  get midFrame(): boolean {
    return this.#queue !== null
  }

  write(frame: Frame): void {
    const { head, body } = frame
    this.#written += frameLength(frame)
    if (this.#queue !== null) {
      this.#enqueue(head)
      if (body !== null) this.#enqueue(body)
    } else if (body === null) {
      this.#socket.write(head)
    } else if (body.length <= CHUNK_BYTES) {
      this.#socket.cork()
      this.#socket.write(head)
      this.#socket.write(body)
      this.#socket.uncork()
    } else {
      this.#enqueue(head)
      this.#enqueue(body)
      this.#pump()
    }
    this.#awaitDrain()
  }

  #enqueue(bytes: Uint8Array): void {
    this.#queue ??= []
    this.#queue.push(bytes)
    this.#queuedBytes += bytes.length
  }

  /** Hands chunks over as long as the socket takes them at once. */
  #pump(): void {
    const queue = this.#queue
    if (queue === null) return
    while (queue.length > 0 && this.#socket.writableLength < CHUNK_BYTES) {
      const next = queue[0] as Uint8Array
      const chunk = next.length > CHUNK_BYTES ? next.subarray(0, CHUNK_BYTES) : next
      if (chunk.length === next.length) queue.shift()
      else queue[0] = next.subarray(CHUNK_BYTES)
      this.#queuedBytes -= chunk.length
      this.#socket.write(chunk)
    }
    if (queue.length === 0) this.#queue = null
  }

  /**
   * An empty write is called back when everything before it has left. (The socket's own `drain` comes
   * only after a write that went over its high-water mark.)
   */
  #awaitDrain(): void {
    if (this.#waiting || this.unsent === 0) return
    this.#waiting = true
    this.#socket.write(NOTHING, (error) => {
      this.#waiting = false
      if (error != null) return
      this.#pump()
      if (this.unsent > 0) this.#awaitDrain()
      else this.#writer.drained()
    })
  }
}
