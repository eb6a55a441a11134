import type { Cancel } from '../../../src/core/clock.ts'
import { type ClientMessage, writeClientMessage } from '../../../src/wire/tributary-client.ts'
import type { Environment } from './environment.ts'
import type { Socket } from './socket.ts'

/** More than this is not given to a socket: what comes next would wait behind it. */
const FULL_BYTES = 256 * 1024
/** A socket does not say when it has room again. */
const LOOK_MS = 20

/** An update above this goes in pieces, */
const CUT_ABOVE = 256 * 1024
/** of this size: on a slow link a ping gets through between two of them. */
const PIECE_BYTES = 64 * 1024

/** What belongs to an entity, and waits its turn. */
export type Waiting = Extract<ClientMessage, { readonly channel: number }>

/**
 * What goes out of one socket. Each entity has a line of its own and they take turns, so that an
 * upload holds up nobody else; and only so much is given to the socket at a time.
 */
export class Outbound {
  readonly #environment: Environment
  readonly #socket: Socket
  readonly #sent: (bytes: number) => void
  /** By channel. The first one is next. */
  readonly #lines = new Map<number, Waiting[]>()
  #cancel: Cancel = () => {}

  /** @param sent Told of every frame, when it was given to the socket. */
  constructor(environment: Environment, socket: Socket, sent: (bytes: number) => void) {
    this.#environment = environment
    this.#socket = socket
    this.#sent = sent
  }

  /** Before everything that waits. */
  now(message: ClientMessage): void {
    const frame = writeClientMessage(message)
    this.#socket.send(frame)
    this.#sent(frame.length)
  }

  inTurn(message: Waiting): void {
    const line = this.#lines.get(message.channel) ?? []
    this.#lines.set(message.channel, line)
    line.push(...cut(message))
    this.drain()
  }

  /** What waits for that entity is not sent any more. */
  drop(channel: number): void {
    this.#lines.delete(channel)
  }

  /** Sends what there is room for. Called again by itself while something waits. */
  drain(): void {
    this.#cancel()
    for (;;) {
      const [next] = this.#lines
      if (next === undefined) return
      if (this.#socket.bufferedAmount >= FULL_BYTES) break
      const [channel, line] = next
      this.#lines.delete(channel)
      const message = line.shift()
      if (line.length > 0) this.#lines.set(channel, line)
      if (message !== undefined) this.now(message)
    }
    this.#cancel = this.#environment.after(LOOK_MS, () => this.drain())
  }

  stop(): void {
    this.#cancel()
    this.#lines.clear()
  }
}

function cut(message: Waiting): Waiting[] {
  if (message.is !== 'edit' && message.is !== 'answer') return [message]
  const { channel, update } = message
  if (update.length <= CUT_ABOVE) return [message]
  const pieces: Waiting[] = []
  let at = 0
  for (; at + PIECE_BYTES < update.length; at += PIECE_BYTES) {
    pieces.push({ is: 'part', channel, bytes: update.subarray(at, at + PIECE_BYTES) })
  }
  pieces.push({ ...message, update: update.subarray(at) })
  return pieces
}
