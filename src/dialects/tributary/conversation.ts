import type { PeopleMessage } from '../../bus/people.ts'
import { TributaryError } from '../../core/errors.ts'
import { entityId } from '../../core/ids.ts'
import {
  type ClientMessage,
  readClientMessage,
  type UnreadClientMessage,
} from '../../wire/tributary-client.ts'
import { type ServerMessage, serverFrame } from '../../wire/tributary-server.ts'
import type { Conversation, Wire } from '../wire.ts'
import { Channel, type ChannelHost, type Open } from './channel.ts'
import { type DoorContext, refusalOf, refusalOfError } from './context.ts'
import { Outbox } from './outbox.ts'

const HELLO_MS = 10_000
/** So much may wait in channels before nothing more is read. */
const HELD_BYTES = 1024 * 1024
const HELD_MESSAGES = 1_000
/** What is said to whom does not read is not said. */
const UNSENT_BYTES = 256 * 1024

/** One socket: who speaks there, and which entities are open on it. */
export class TributaryConversation implements Conversation, ChannelHost {
  readonly wire: Wire
  readonly outbox: Outbox
  tokens = 0
  token: string | null
  readonly #context: DoorContext
  readonly #since: number
  #isGreeted = false
  /** By the number of the channel. */
  readonly #open = new Map<number, Channel>()
  /** All of them, those that are just being opened too, by entity id. */
  readonly #channels = new Map<string, Channel>()
  #heldBytes = 0
  #heldMessages = 0
  #assembling = 0
  #onRoom: (() => void) | null = null

  /** @param token What came with the upgrade: for a hello without one. */
  constructor(context: DoorContext, wire: Wire, token: string | null) {
    this.#context = context
    this.wire = wire
    this.outbox = new Outbox(wire)
    this.token = token
    this.#since = context.session.clock.monotonic()
  }

  // ---- what the client says

  message(data: Uint8Array, binary: boolean): Promise<void> | undefined {
    if (!binary) {
      this.#unknown()
      return undefined
    }
    const message = readClientMessage(data)
    if (message.is === 'malformed') {
      this.#end(new TributaryError('malformed', `A message of type ${message.type} is none.`))
    } else if (this.#isGreeted) {
      this.#handle(message, data.length)
    } else if (message.is === 'hello') {
      this.#greet(message.token)
    } else {
      this.#end(new TributaryError('bad-request', 'A client says hello first.'))
    }
    return this.#room()
  }

  #greet(token: string): void {
    this.#isGreeted = true
    this.#takeToken(token)
    const { limits } = this.#context.session
    this.#say({
      is: 'welcome',
      session: this.#context.random.id(16),
      frameBytes: limits.frameBytes,
      updateBytes: limits.updateBytes,
    })
  }

  #takeToken(token: string): void {
    if (token !== '') this.token = token
    this.tokens++
  }

  #handle(
    message: Exclude<ClientMessage | UnreadClientMessage, { is: 'malformed' }>,
    bytes: number,
  ) {
    switch (message.is) {
      case 'hello':
        this.#end(new TributaryError('bad-request', 'A client says hello once.'))
        return
      case 'open':
        this.#openEntity(message)
        return
      case 'token':
        this.#takeToken(message.token)
        for (const channel of this.#channels.values()) channel.renew()
        return
      case 'ping':
        if (this.wire.unsent < UNSENT_BYTES) this.#say({ is: 'pong', number: message.number })
        return
      case 'unknown':
        this.#unknown()
        return
      default:
        // One that is closed by now is no longer there to hear it.
        this.#open.get(message.channel)?.receive(message, bytes)
    }
  }

  #openEntity(message: Open): void {
    const { request, entity } = message
    const { random } = this.#context
    try {
      const id = entityId(entity)
      if (this.#channels.has(id)) {
        throw new TributaryError('conflict', 'The entity is open on this socket.')
      }
      const channel = new Channel(this.#context, this, request, id)
      this.#channels.set(id, channel)
      void channel.open(message)
    } catch (thrown) {
      const error = TributaryError.from(thrown)
      this.#context.session.metrics.refusals.of(error.code).add()
      this.#say({ is: 'refused', request, ...refusalOfError(error, random) })
    }
  }

  #unknown(): void {
    this.#context.session.metrics.unknownMessages.add()
  }

  #say(message: ServerMessage): void {
    this.wire.write(serverFrame(message))
  }

  /** The socket is at fault: it is told why, and closed. */
  #end({ code, message }: TributaryError): void {
    this.#context.session.metrics.refusals.of(code).add()
    this.#say({ is: 'error', ...refusalOf(code, message, this.#context.random) })
    this.wire.close(code)
  }

  /** Resolves when channels have caught up enough for more to be read. */
  #room(): Promise<void> | undefined {
    if (!this.#isFull) return undefined
    return new Promise((resolve) => {
      this.#onRoom = resolve
    })
  }

  get #isFull(): boolean {
    return this.#heldBytes > HELD_BYTES || this.#heldMessages > HELD_MESSAGES
  }

  // ---- what channels say

  entered(channel: Channel, number: number): void {
    this.#open.set(number, channel)
  }

  left(channel: Channel): void {
    this.#channels.delete(channel.id)
    if (channel.number !== null && this.#open.get(channel.number) === channel) {
      this.#open.delete(channel.number)
    }
  }

  hold(bytes: number): void {
    this.#heldBytes += bytes
    this.#heldMessages += bytes > 0 ? 1 : -1
    if (this.#isFull || this.#onRoom === null) return
    const tell = this.#onRoom
    this.#onRoom = null
    tell()
  }

  mayAssemble(bytes: number): boolean {
    return this.#assembling + bytes <= this.#context.session.limits.frameBytes
  }

  assembled(bytes: number): void {
    this.#assembling += bytes
  }

  /** A message to the user. Best effort: who does not read what there is gets no more. */
  tell({ kind, bytes }: PeopleMessage): void {
    if (this.wire.unsent < UNSENT_BYTES) this.#say({ is: 'message', kind, bytes })
  }

  // ---- what the socket says

  drained(): void {
    // What is small first; what waits in turn then fills the socket again.
    for (const channel of this.#channels.values()) channel.drained()
    this.outbox.pump()
  }

  tick(now: number): void {
    if (!this.#isGreeted && now - this.#since >= HELLO_MS) {
      this.#end(new TributaryError('bad-request', 'No hello has come.'))
      return
    }
    for (const channel of this.#channels.values()) channel.tick(now)
  }

  closed(draining: boolean): void {
    for (const channel of [...this.#channels.values()]) channel.leave(!draining)
    this.#onRoom?.()
  }
}
