import type { Socket } from 'node:net'
import type { Clock } from '../core/clock.ts'
import { type ErrorCode, outcomeOf, TributaryError } from '../core/errors.ts'
import type { Paces } from '../core/limits.ts'
import type { Logger } from '../core/logger.ts'
import type { Conversation, Wire } from '../dialects/wire.ts'
import type { Metrics } from '../ops/metrics.ts'
import { controlFrame, type Frame, frameLength } from '../wire/frame.ts'
import type { Listener, ServedSocket } from './served-socket.ts'
import { SocketWriter } from './socket-writer.ts'

export interface ConnectionContext {
  readonly clock: Clock
  readonly paces: Paces
  readonly metrics: Metrics
  readonly logger: Logger
}

/** How long a peer may take to answer a close frame. */
const CLOSE_MS = 2_000
/** So long a peer of which nothing is read any more may read that it is over. */
const UNREAD_MS = 500
/** Pongs are not queued for a peer that does not read. */
const PONG_UNSENT_BYTES = 64 * 1024
/** Nobody needs more; whoever sends more is read no further for a second. */
const PINGS_PER_SECOND = 100
const PING = controlFrame('ping', new Uint8Array(0))

/** Where connections begin and end. */
export interface Host {
  gone(connection: Connection): void
}

interface Message {
  readonly data: Uint8Array
  readonly binary: boolean
}

/**
 * One WebSocket. `ws` reads it; frames are written past `ws` to the same socket, prebuilt and shared.
 * (So pings, pongs and close frames go through here too: nothing may come in between a frame's parts.)
 *
 * opening (nothing is read) → talking → ended (nothing is handled or written) → gone.
 */
export class Connection implements Wire, Listener {
  readonly address: string
  readonly #context: ConnectionContext
  readonly #host: Host
  readonly #ws: ServedSocket
  readonly #socket: Socket
  readonly #writer: SocketWriter
  #conversation: Conversation | null = null
  /** What came while something else was being handled. */
  #inbox: Message[] | null = null
  /** Something that was read is still being handled. */
  #busy = true
  #ended = false
  #gone = false
  /** Times are whole milliseconds, here and below: a fraction is an object of its own, 16 bytes. */
  #wroteAt: number
  #heardAt: number
  #heardBytes = 0
  #pingedAt: number | null = null
  /** Pings of the peer since the last tick. */
  #pings = 0
  #movedAt: number
  #moved = 0
  /** Looks how much has come, as long as that has a bound. */
  #measure: (() => void) | null = null

  constructor(
    context: ConnectionContext,
    host: Host,
    ws: ServedSocket,
    socket: Socket,
    address: string,
  ) {
    const now = Math.floor(context.clock.monotonic())
    this.#context = context
    this.#host = host
    this.#ws = ws
    this.#socket = socket
    this.address = address
    this.#writer = new SocketWriter(socket, this)
    this.#wroteAt = now
    this.#heardAt = now
    this.#movedAt = now
    ws.pause()
    ws.listener = this
  }

  /** Begins the conversation; what has arrived meanwhile is handled then. */
  async open(begin: (wire: Wire) => Promise<Conversation>): Promise<void> {
    try {
      const conversation = await begin(this)
      if (this.#ended || this.#gone) {
        conversation.closed(false)
        return
      }
      this.#conversation = conversation
      this.#resume()
    } catch (error) {
      this.#fail(error)
    }
  }

  // ---- Wire

  get unsent(): number {
    return this.#writer.unsent
  }

  write(frame: Frame): void {
    if (this.#ended || this.#gone) return
    this.#wroteAt = this.#now()
    this.#context.metrics.bytesOut.add(frameLength(frame))
    this.#writer.write(frame)
  }

  expect(bytes: number | null): void {
    if (this.#measure !== null) this.#socket.off('data', this.#measure)
    this.#measure = null
    if (bytes === null) return
    const most = this.#socket.bytesRead + bytes
    this.#measure = () => {
      if (this.#socket.bytesRead > most) this.#tooMuch()
    }
    this.#socket.on('data', this.#measure)
  }

  /** Before ws has put a message together, which may be as large as a frame. */
  #tooMuch(): void {
    this.expect(null)
    if (this.#ended || this.#gone) return
    this.#fail(new TributaryError('frame-too-large', 'It sent too much before it was let in.'))
    // Not even the answer to the close frame is read: it may lie behind the rest of all that.
    this.#ws.pause()
    this.#context.clock.after(UNREAD_MS, () => this.terminate())
  }

  close(code: ErrorCode, holdMs = 0, reason: string = code): void {
    if (this.#ended || this.#gone) return
    this.#ended = true
    this.#inbox = null
    this.#ws.pause()
    this.#leave(code === 'draining')
    if (holdMs === 0) this.#finish(code, reason)
    else this.#context.clock.after(holdMs, () => this.#finish(code, reason))
  }

  #finish(code: ErrorCode, reason: string): void {
    if (this.#gone) return
    // A close frame cannot go in between the parts of another frame.
    if (this.#writer.midFrame || code === 'no-progress') {
      this.#ws.terminate()
      return
    }
    // The peer's answer to the close frame must be read; messages before it are not handled.
    this.#ws.resume()
    this.#ws.close(outcomeOf(code).close, reason)
    this.#context.clock.after(CLOSE_MS, () => this.terminate())
  }

  /** Ends the socket without a word. */
  terminate(): void {
    if (!this.#gone) this.#ws.terminate()
  }

  // ---- what comes in

  message(data: Buffer, binary: boolean): void {
    if (this.#ended) return
    this.#heard()
    this.#context.metrics.bytesIn.add(data.length)
    if (this.#busy) {
      this.#inbox ??= []
      this.#inbox.push({ data, binary })
    } else this.#handle(data, binary)
  }

  #handle(data: Uint8Array, binary: boolean): void {
    try {
      const waits = this.#conversation?.message(data, binary)
      if (waits !== undefined) this.#wait(waits)
    } catch (error) {
      this.#fail(error)
    }
  }

  #work(): void {
    while (this.#inbox !== null && !this.#busy && !this.#ended) {
      const message = this.#inbox.shift()
      // An array that was pushed to keeps room for 16 more.
      if (message === undefined) this.#inbox = null
      else this.#handle(message.data, message.binary)
    }
  }

  #wait(until: Promise<void>): void {
    this.#busy = true
    this.#ws.pause()
    until.then(
      () => this.#resume(),
      (error: unknown) => this.#fail(error),
    )
  }

  #resume(): void {
    this.#busy = false
    if (this.#ended || this.#gone) return
    this.#work()
    if (!this.#busy && !this.#ended) {
      this.#heard()
      this.#ws.resume()
    }
  }

  ping(payload: Buffer): void {
    this.#heard()
    if (++this.#pings > PINGS_PER_SECOND && !this.#busy) {
      this.#pings = 0
      this.#wait(new Promise((resolve) => this.#context.clock.after(1_000, resolve)))
    }
    if (this.unsent < PONG_UNSENT_BYTES) this.write(controlFrame('pong', payload))
  }

  #heard(): void {
    this.#heardAt = this.#now()
    this.#pingedAt = null
  }

  #now(): number {
    return Math.floor(this.#context.clock.monotonic())
  }

  failed(error: Error & { readonly code?: string }): void {
    const tooLarge = error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'
    const code: ErrorCode = tooLarge ? 'frame-too-large' : 'bad-request'
    this.#context.metrics.refusals.of(code).add()
    this.#context.logger.warn('a connection broke the WebSocket protocol', {
      address: this.address,
      code,
      reason: error.message,
    })
  }

  /** A handler threw: this connection ends, and nothing else. */
  #fail(thrown: unknown): void {
    const error = TributaryError.from(thrown)
    const { address } = this
    this.#context.metrics.refusals.of(error.code).add()
    if (error.code === 'internal') {
      this.#context.metrics.handlerErrors.add()
      this.#context.logger.error('a connection failed', { address, error })
    } else {
      const { code, message } = error
      this.#context.logger.warn('a connection was ended', { address, code, reason: message })
    }
    this.close(error.code)
  }

  /** The socket has taken everything. */
  drained(): void {
    if (this.#ended || this.#gone) return
    try {
      this.#conversation?.drained()
    } catch (error) {
      this.#fail(error)
    }
  }

  #leave(draining: boolean): void {
    const conversation = this.#conversation
    this.#conversation = null
    try {
      conversation?.closed(draining)
    } catch (error) {
      this.#context.metrics.handlerErrors.add()
      this.#context.logger.error('a connection failed while it ended', {
        error: TributaryError.from(error),
      })
    }
  }

  gone(): void {
    if (this.#gone) return
    this.#gone = true
    this.#inbox = null
    this.#leave(false)
    this.#host.gone(this)
  }

  // ---- time passes

  /** Called about once a second by the wheel. */
  tick(time: number): void {
    if (this.#ended || this.#gone) return
    const now = Math.floor(time)
    this.#pings = 0
    if (this.#stalled(now) || this.#dead(now)) return
    try {
      this.#conversation?.tick(time, now - this.#wroteAt)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** A slow reader may be as slow as it likes; one that takes nothing at all is sent away. */
  #stalled(now: number): boolean {
    const { taken } = this.#writer
    if (taken !== this.#moved || this.unsent === 0) {
      this.#moved = taken
      this.#movedAt = now
      return false
    }
    if (now - this.#movedAt < this.#context.paces.stall) return false
    this.#context.metrics.refusals.of('no-progress').add()
    this.#context.logger.warn('a connection takes nothing any more', { address: this.address })
    this.close('no-progress')
    return true
  }

  #dead(now: number): boolean {
    if (this.#socket.bytesRead !== this.#heardBytes) {
      this.#heardBytes = this.#socket.bytesRead
      this.#heard()
    }
    // Nothing can be heard while nothing is read.
    if (this.#busy) this.#heardAt = now
    if (now - this.#heardAt < this.#context.paces.ping) return false
    if (this.#pingedAt === null) {
      // A ping would wait behind what is on its way: whether that is taken is asked by `stall`.
      if (this.#writer.midFrame) return false
      this.#pingedAt = now
      this.#writer.write(PING)
      return false
    }
    if (now - this.#pingedAt < this.#context.paces.pong) return false
    this.terminate()
    return true
  }
}
