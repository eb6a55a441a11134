import type { Cancel } from '../../../src/core/clock.ts'
import { type ClientMessage, TRIBUTARY_PROTOCOL } from '../../../src/wire/tributary-client.ts'
import {
  type Refusal,
  readServerMessage,
  type ServerMessage,
} from '../../../src/wire/tributary-server.ts'
import type { Environment } from './environment.ts'
import { Heartbeat } from './heartbeat.ts'
import { Outbound, type Waiting } from './outbound.ts'
import type { OpenSocket, Socket } from './socket.ts'

/** From the first try to `welcome`: longer than a slow phone needs, shorter than people wait. */
const WELCOME_MS = 10_000
/** So much may be on its way without being asked whether it has arrived. */
const UNASKED_BYTES = 64 * 1024
/** Bytes per ms on the slowest line that is not taken for a dead one: 20 KB/s. */
const SLOWEST = 20
/** What a server sends comes in pieces of this size, and nothing is heard before one is complete. */
const PIECE_BYTES = 256 * 1024
/** A server that is restarted. */
const RESTART = 1012

/** How a connection ended. */
export type Ending =
  /** `broken`: by what the server said, which people shall read of. `restart`: it comes back. */
  | { readonly is: 'lost' | 'broken' | 'restart'; readonly reason: string }
  | { readonly is: 'refused'; readonly refusal: Refusal }

export type Welcome = Extract<ServerMessage, { readonly is: 'welcome' }>
/** What is said once the server has welcomed us, and concerns more than the connection. */
export type Heard = Exclude<ServerMessage, { readonly is: 'welcome' | 'pong' | 'error' }>

export interface ConnectionOwner {
  welcomed(welcome: Welcome): void
  heard(message: Heard): void
  /** Once, and nothing follows. */
  ended(ending: Ending): void
  rtt(ms: number): void
  /** Bytes that are known to be coming in. */
  awaited(): number
}

export interface ConnectionParts {
  readonly openSocket: OpenSocket
  readonly environment: Environment
}

/** One socket, from its opening to its end. */
export class Connection {
  readonly #owner: ConnectionOwner
  readonly #socket: Socket
  readonly #out: Outbound
  readonly #heartbeat: Heartbeat
  #patience: Cancel
  #state: 'opening' | 'greeted' | 'welcomed' | 'over' = 'opening'
  #sent = 0
  /** Of these the server has said that they have arrived. */
  #arrived = 0
  #sentBeforePing = 0

  constructor(address: string, token: string, parts: ConnectionParts, owner: ConnectionOwner) {
    const { environment, openSocket } = parts
    this.#owner = owner
    this.#socket = openSocket(address, TRIBUTARY_PROTOCOL, {
      open: () => {
        if (this.#state !== 'opening') return
        this.#state = 'greeted'
        this.#out.now({ is: 'hello', token })
      },
      frame: (bytes) => this.#frame(bytes),
      close: (code, reason) => {
        if (code === RESTART) this.#end({ is: 'restart', reason: 'the server is restarted' })
        else this.#end({ is: 'lost', reason: reason || lossOf(this.#state) })
      },
    })
    this.#out = new Outbound(environment, this.#socket, (bytes) => {
      this.#sent += bytes
    })
    this.#heartbeat = new Heartbeat(environment, {
      ping: (number) => {
        this.#sentBeforePing = this.#sent
        this.#out.now({ is: 'ping', number })
      },
      rtt: (ms) => owner.rtt(ms),
      slack: () => this.#slack(),
      dead: () => this.#end({ is: 'lost', reason: 'the server does not answer any more' }),
    })
    this.#patience = environment.after(WELCOME_MS, () =>
      this.#end({ is: 'lost', reason: lossOf(this.#state) }),
    )
  }

  /** Of what belongs to no entity, or must not wait behind what does. */
  say(message: ClientMessage): void {
    if (this.#state === 'welcomed') this.#out.now(message)
  }

  sayInTurn(message: Waiting): void {
    if (this.#state !== 'welcomed') return
    this.#out.inTurn(message)
    // Only what is known to be large and unconfirmed may make an answer late.
    if (this.#sent - this.#arrived > UNASKED_BYTES) this.#heartbeat.ask()
  }

  /** What is left to say about that entity is not said. */
  dropLine(channel: number): void {
    this.#out.drop(channel)
  }

  /** Is it still there? */
  check(): void {
    if (this.#state === 'welcomed') this.#heartbeat.ask()
  }

  /** From here: its owner is told nothing. */
  close(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#patience()
    this.#heartbeat.stop()
    this.#out.stop()
    this.#socket.close()
  }

  /** What was said is no message of `tributary.v1`, or comes where it cannot. */
  #broken(): void {
    const isOurs = this.#state === 'welcomed'
    this.#end({
      is: 'broken',
      reason: isOurs ? 'the server said what nobody can read' : lossOf('greeted'),
    })
  }

  #end(ending: Ending): void {
    if (this.#state === 'over') return
    this.close()
    this.#owner.ended(ending)
  }

  #slack(): number {
    const out = this.#sent - this.#arrived
    const onTheWay = out + Math.min(PIECE_BYTES, this.#owner.awaited())
    return Math.max(0, onTheWay - UNASKED_BYTES) / SLOWEST
  }

  #frame(bytes: Uint8Array): void {
    if (this.#state === 'over') return
    const message = readServerMessage(bytes)
    if (message.is === 'malformed') {
      this.#broken()
      return
    }
    this.#heartbeat.heard()
    if (message.is === 'unknown') return
    if (message.is === 'error') this.#end({ is: 'refused', refusal: message })
    else if (message.is === 'welcome') this.#welcome(message)
    else if (this.#state !== 'welcomed') this.#broken()
    else if (message.is === 'pong') this.#pong(message.number)
    else this.#owner.heard(message)
  }

  #welcome(welcome: Welcome): void {
    if (this.#state !== 'greeted') {
      this.#broken()
      return
    }
    this.#state = 'welcomed'
    this.#patience()
    this.#owner.welcomed(welcome)
    this.check()
  }

  #pong(number: number): void {
    if (!this.#heartbeat.pong(number)) return
    this.#arrived = this.#sentBeforePing
    this.#out.drain()
  }
}

const LOSSES: Readonly<Record<string, string>> = {
  welcomed: 'the connection was lost',
  greeted: 'no Tributary answers at this address',
}
const lossOf = (state: string): string => LOSSES[state] ?? 'the server cannot be reached'
