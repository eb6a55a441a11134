import { type Frame, frameLength } from '../../wire/frame.ts'
import type { Wire } from '../wire.ts'

/** More is not given to the socket while something waits: what others have to say comes in between. */
const AHEAD_BYTES = 1024 * 1024

/** What one channel has to say and the socket has no room for. */
interface Queue {
  readonly frames: Frame[]
  /** How many of them are out. */
  at: number
  bytes: number
}

/**
 * The way out of a socket that several channels share. Each keeps its order; what is large waits, and
 * is written in turn with what the others have to say.
 */
export class Outbox {
  readonly #wire: Wire
  readonly #queues = new Map<number, Queue>()
  #queued = 0

  constructor(wire: Wire) {
    this.#wire = wire
  }

  /** Bytes of everybody that the socket has not taken. */
  get unsent(): number {
    return this.#wire.unsent + this.#queued
  }

  /** The same without what other channels have waiting here. */
  unsentBefore(channel: number): number {
    return this.#wire.unsent + (this.#queues.get(channel)?.bytes ?? 0)
  }

  write(channel: number, frame: Frame): void {
    let queue = this.#queues.get(channel)
    if (queue === undefined) {
      if (this.#wire.unsent < AHEAD_BYTES) {
        this.#wire.write(frame)
        return
      }
      queue = { frames: [], at: 0, bytes: 0 }
      this.#queues.set(channel, queue)
    }
    queue.frames.push(frame)
    queue.bytes += frameLength(frame)
    this.#queued += frameLength(frame)
  }

  /** Whether nothing of that channel waits here. */
  isClear(channel: number): boolean {
    return !this.#queues.has(channel)
  }

  /** The socket has room again: a frame of each in turn, as long as there is. */
  pump(): void {
    while (this.#queues.size > 0) {
      for (const [channel, queue] of this.#queues) {
        if (this.#wire.unsent >= AHEAD_BYTES) return
        const frame = queue.frames[queue.at++] as Frame
        queue.bytes -= frameLength(frame)
        this.#queued -= frameLength(frame)
        this.#wire.write(frame)
        if (queue.at === queue.frames.length) this.#queues.delete(channel)
      }
    }
  }

  /** Forgets what that channel has not said. */
  drop(channel: number): void {
    this.#queued -= this.#queues.get(channel)?.bytes ?? 0
    this.#queues.delete(channel)
  }
}
