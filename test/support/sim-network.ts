import { type ErrorCode, TributaryError } from '../../src/core/errors.ts'
import type { Conversation, Wire } from '../../src/dialects/wire.ts'
import { type Frame, frameLength } from '../../src/wire/frame.ts'
import type { Seeded } from './seeded.ts'
import type { SimClock } from './sim-clock.ts'

/** How a connection behaves. Bytes are of frames as they lie on the wire. */
export interface LinkNature {
  /** Milliseconds a message travels; each gets another time, none overtakes another. */
  readonly delay: { readonly least: number; readonly most: number }
  /** How fast the client takes what it is sent. */
  readonly bytesPerMs: number
}

/** The client's end of a connection. */
export interface LinkUser {
  opened(): void
  message(bytes: Uint8Array): void
  /** The connection is over. Never called for one that the user closed itself. */
  lost(code: ErrorCode | 'cut'): void
}

/** What watches everything that goes over the network. */
export interface LinkWatch {
  /** Before the server has written it. */
  serverSays(link: SimLink, message: Uint8Array): void
  /** When the server is about to handle it. */
  serverHears(link: SimLink, message: Uint8Array): void
  serverEnds(link: SimLink, code: ErrorCode): void
  failed(link: SimLink, error: unknown): void
}

/** How often a conversation is told that time passes; in a server once a second. */
const TICK_MS = 1_000

/**
 * One connection, both ends of it: to the server a `Wire` that takes bytes as fast as its client
 * does, in between two queues in which nothing is lost or overtaken until the connection is cut, and
 * then everything that is under way. The server's end treats messages as a real connection does: one
 * after another, none while the last is still being handled.
 *
 * opening → talking → over; `halfOpen` while only the client knows that it is over.
 */
export class SimLink implements Wire {
  readonly address: string
  readonly #clock: SimClock
  readonly #random: Seeded
  readonly #nature: LinkNature
  readonly #user: LinkUser
  readonly #watch: LinkWatch
  #conversation: Conversation | null = null
  #inbox: Uint8Array[] = []
  #handling = true
  /** The server handles and writes nothing any more. */
  #ended = false
  /** The client hears and says nothing any more. */
  #left = false
  #underWay = 0
  #unsent = 0
  #takenAt = 0
  #wroteAt: number
  readonly #arrivesAt = { up: 0, down: 0 }

  constructor(
    parts: { clock: SimClock; random: Seeded; watch: LinkWatch },
    address: string,
    nature: LinkNature,
    user: LinkUser,
  ) {
    this.address = address
    this.#clock = parts.clock
    this.#random = parts.random
    this.#watch = parts.watch
    this.#nature = nature
    this.#user = user
    this.#wroteAt = parts.clock.monotonic()
  }

  // ---- the server's end

  /** The server has accepted the connection. */
  open(begin: (wire: Wire) => Promise<Conversation>): void {
    this.#later('down', () => this.#user.opened())
    this.#armTick()
    begin(this).then(
      (conversation) => {
        if (this.#ended) return conversation.closed(false)
        this.#conversation = conversation
        this.#handling = false
        this.#work()
      },
      (error: unknown) => this.#fail(error),
    )
  }

  get unsent(): number {
    return this.#unsent
  }

  expect(): void {}

  write(frame: Frame): void {
    if (this.#ended) return
    const message = payloadOf(frame)
    this.#watch.serverSays(this, message)
    const { bytesPerMs } = this.#nature
    const length = frameLength(frame)
    this.#wroteAt = this.#clock.monotonic()
    this.#unsent += length
    this.#underWay++
    // Into a dead connection everything can be written, and nothing leaves.
    if (this.#left) return
    this.#takenAt = Math.max(this.#takenAt, this.#clock.monotonic()) + length / bytesPerMs
    this.#clock.at(this.#takenAt, () => {
      if (this.#left) return
      this.#unsent -= length
      this.#underWay--
      this.#later('down', () => this.#user.message(message))
      if (this.#unsent === 0 && !this.#ended) this.#guard(() => this.#conversation?.drained())
    })
  }

  close(code: ErrorCode, holdMs = 0): void {
    if (this.#ended) return
    this.#watch.serverEnds(this, code)
    this.#end(code === 'draining')
    this.#clock.after(holdMs, () => {
      this.#later('down', () => {
        this.#left = true
        this.#user.lost(code)
      })
    })
  }

  /** Whether the server holds a session for it. */
  get talking(): boolean {
    return this.#conversation !== null
  }

  /** Nothing is under way, unwritten or being handled. */
  get quiet(): boolean {
    if (this.#ended && this.#left) return true
    return this.#underWay === 0 && !this.#handling && this.#inbox.length === 0
  }

  #work(): void {
    this.#guard(() => {
      let message = this.#inbox.shift()
      while (message !== undefined && !this.#ended) {
        this.#watch.serverHears(this, message)
        const waits = this.#conversation?.message(message, true)
        if (waits !== undefined) return this.#wait(waits)
        message = this.#inbox.shift()
      }
    })
  }

  #wait(until: Promise<void>): void {
    this.#handling = true
    until.then(
      () => {
        this.#handling = false
        if (!this.#ended) this.#work()
      },
      (error: unknown) => this.#fail(error),
    )
  }

  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.#watch.failed(this, error)
    this.close(TributaryError.from(error).code)
  }

  #end(draining: boolean): void {
    this.#ended = true
    this.#handling = false
    this.#inbox = []
    const conversation = this.#conversation
    this.#conversation = null
    conversation?.closed(draining)
  }

  #armTick(): void {
    this.#clock.after(TICK_MS, () => {
      if (this.#ended) return
      const now = this.#clock.monotonic()
      this.#guard(() => this.#conversation?.tick(now, now - this.#wroteAt))
      this.#armTick()
    })
  }

  // ---- the client's end

  send(message: Uint8Array): void {
    if (this.#left) return
    this.#later('up', () => {
      if (this.#ended) return
      this.#inbox.push(message)
      if (!this.#handling) this.#work()
    })
  }

  /** Everything under way is lost. The server learns of it only after `noticedAfter` ms. */
  cut(noticedAfter: number): void {
    if (this.#left) return
    this.#left = true
    this.#clock.after(noticedAfter, () => {
      if (!this.#ended) this.#end(false)
    })
  }

  /** The server's process is gone: it says and hears nothing more, and nothing is told to it. */
  die(): void {
    this.#ended = true
    this.#inbox = []
    this.#conversation = null
    if (this.#left) return
    this.#left = true
    this.#user.lost('cut')
  }

  #later(way: 'up' | 'down', arrive: () => void): void {
    const now = this.#clock.monotonic()
    const { least, most } = this.#nature.delay
    const at = Math.max(this.#arrivesAt[way], now + least + this.#random.next() * (most - least))
    this.#arrivesAt[way] = at
    this.#underWay++
    this.#clock.at(at, () => {
      this.#underWay--
      if (!this.#left) arrive()
    })
  }
}

/** A frame without what WebSocket puts before it. */
function payloadOf({ head, body }: Frame): Uint8Array {
  const length = (head[1] as number) & 0x7f
  const from = length < 126 ? 2 : length === 126 ? 4 : 10
  return body === null ? head.slice(from) : Buffer.concat([head.subarray(from), body])
}
