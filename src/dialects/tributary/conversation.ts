import type { PeopleMessage } from '../../bus/people.ts'
import { TributaryError } from '../../core/errors.ts'
import { entityId } from '../../core/ids.ts'
import { Rates } from '../../session/rates.ts'
import type { Unread } from '../../wire/fields.ts'
import { type ClientMessage, readClientMessage } from '../../wire/tributary-client.ts'
import { type ServerMessage, serverFrame } from '../../wire/tributary-server.ts'
import { noteRefusal } from '../note-refusal.ts'
import type { Conversation, Wire } from '../wire.ts'
import { Channel, type ChannelHost, type Open } from './channel.ts'
import { assembledBytes, type DoorContext, refusalOf } from './context.ts'
import type { ChannelMessage } from './inbox.ts'
import { Outbox } from './outbox.ts'

/** Until it was let in somewhere a message has so many times the bound of a hello: it may hold a state vector. */
const MESSAGE_FACTOR = 16
/** It is to be let in somewhere within so many times what its hello may take. [V30] */
const ADMIT_FACTOR = 3
/** So much may wait in channels before nothing more is read. */
const HELD_BYTES = 1024 * 1024
const HELD_MESSAGES = 1_000
/** What is said to whom does not read is not said. */
const UNSENT_BYTES = 256 * 1024

type Sound = Exclude<ClientMessage | Unread, { readonly is: 'malformed' }>

/** Nothing that is said here is a text frame. */
const TEXT: Sound = { is: 'unknown', type: -1 }

interface Turn {
  readonly channel: Channel
  readonly message: Open
  readonly bytes: number
}

/** One socket: who speaks there, and which entities are open on it. */
export class TributaryConversation implements Conversation, ChannelHost {
  readonly wire: Wire
  readonly outbox: Outbox
  tokens = 0
  token: string | null
  readonly #context: DoorContext
  readonly #since: number
  #isGreeted = false
  /** Somebody was let in: from now on a message may be as large as a frame. */
  #isTrusted = false
  /** By the number of the channel. */
  readonly #open = new Map<number, Channel>()
  /** All of them, those that are just being opened too, by entity id. */
  readonly #channels = new Map<string, Channel>()
  /** What is to be opened again as soon as what was said on it before is done. */
  readonly #successors = new Map<Channel, Omit<Turn, 'channel'>>()
  /** Those that wait for their turn to be opened. */
  #queue: Turn[] = []
  #opening = 0
  /** For what belongs to no channel. */
  #rates: Rates | null = null
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
    wire.expect(context.session.limits.unauthenticatedBytes)
  }

  // ---- what the client says

  message(data: Uint8Array, binary: boolean): Promise<void> | undefined {
    const message = binary ? readClientMessage(data) : TEXT
    if (message.is === 'malformed') {
      this.#end(new TributaryError('malformed', `What came is no message of type ${message.type}.`))
    } else if (this.#isGreeted) {
      const channel = 'channel' in message ? this.#open.get(message.channel) : undefined
      if (channel === undefined) {
        // A token is looked at once for each entity.
        const messages = message.is === 'token' ? 1 + this.#channels.size : 1
        this.#handle(message, data.length)
        const [pays, room] = [this.#pay(data.length, messages), this.#room()]
        return pays === undefined ? room : pays.then(() => room)
      }
      channel.receive(message as ChannelMessage, data.length)
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
    if (this.#context.access.open) this.admitted()
    this.#expectMessage()
    const { limits } = this.#context.session
    this.#say({
      is: 'welcome',
      session: this.#context.random.id(16),
      frameBytes: assembledBytes(limits),
      updateBytes: limits.updateBytes,
    })
  }

  /** A channel's token was good, or none is needed. */
  admitted(): void {
    if (this.#isTrusted) return
    this.#isTrusted = true
    this.wire.expect(null)
  }

  #expectMessage(): void {
    if (this.#isTrusted) return
    this.wire.expect(this.#context.session.limits.unauthenticatedBytes * MESSAGE_FACTOR)
  }

  #takeToken(token: string): void {
    if (token !== '') this.token = token
    this.tokens++
  }

  /** What belongs to no channel that is open. */
  #handle(message: Sound, bytes: number): void {
    this.#expectMessage()
    switch (message.is) {
      case 'hello':
        this.#end(new TributaryError('bad-request', 'A client says hello once.'))
        break
      case 'open':
        this.#openEntity(message, bytes)
        break
      case 'token':
        this.#takeToken(message.token)
        for (const channel of this.#channels.values()) channel.renew()
        break
      case 'ping':
        if (this.wire.unsent < UNSENT_BYTES) this.#say({ is: 'pong', number: message.number })
        break
      case 'unknown':
        this.#unknown()
        break
      default:
      // The channel was closed meanwhile: nobody is there to hear it.
    }
  }

  /** Beside the channels, each of which has its own. */
  #pay(bytes: number, messages: number): Promise<void> | undefined {
    const { clock, limits } = this.#context.session
    this.#rates ??= new Rates(limits)
    const ms = this.#rates.spend(bytes, clock.monotonic(), messages)
    if (ms <= 0) return undefined
    return new Promise((resolve) => clock.after(Math.ceil(ms), resolve))
  }

  #openEntity(message: Open, bytes: number): void {
    const { request, entity } = message
    try {
      const id = entityId(entity)
      const before = this.#channels.get(id)
      if (before?.isLeaving === true && !this.#successors.has(before)) {
        this.#successors.set(before, { message, bytes })
        this.hold(bytes)
        return
      }
      if (before !== undefined) {
        throw new TributaryError('conflict', 'The entity is open on this socket.')
      }
      const { socketSessions, socketOpens } = this.#context.session.limits
      if (this.#channels.size >= socketSessions) {
        throw new TributaryError('too-many-sessions', 'Too many entities are open on this socket.')
      }
      const channel = new Channel(this.#context, this, request, id)
      this.#channels.set(id, channel)
      if (this.#opening >= socketOpens) {
        this.#queue.push({ channel, message, bytes })
        this.hold(bytes)
      } else this.#begin(channel, message)
    } catch (thrown) {
      const error = TributaryError.from(thrown)
      const { session, logger, random } = this.#context
      const { metrics } = session
      const reason = noteRefusal({ metrics, logger }, { address: this.wire.address, entity }, error)
      this.#say({ is: 'refused', request, ...refusalOf(error.code, reason, random) })
    }
  }

  #begin(channel: Channel, message: Open): void {
    this.#opening++
    void channel.open(message).then(() => {
      this.#opening--
      const next = this.#queue.shift()
      if (next === undefined) return
      this.hold(-next.bytes)
      this.#begin(next.channel, next.message)
    })
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
    const { address } = this.wire
    this.#context.logger.warn('a connection was ended', { address, code, reason: message })
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
    const next = this.#successors.get(channel)
    if (next === undefined) return
    this.#successors.delete(channel)
    this.hold(-next.bytes)
    this.#openEntity(next.message, next.bytes)
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
    return this.#assembling + bytes <= assembledBytes(this.#context.session.limits)
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
    if (!this.#isGreeted && now - this.#since >= this.#context.session.paces.hello) {
      this.#end(new TributaryError('bad-request', 'No hello has come.'))
      return
    }
    if (!this.#isTrusted && now - this.#since >= this.#context.session.paces.hello * ADMIT_FACTOR) {
      this.#end(new TributaryError('unauthenticated', 'No valid token opened an entity in time.'))
      return
    }
    if (this.#rates?.areIdle(now)) this.#rates = null
    for (const channel of this.#channels.values()) channel.tick(now)
  }

  closed(draining: boolean): void {
    this.#queue = []
    this.#successors.clear()
    for (const channel of [...this.#channels.values()]) channel.leave(!draining)
    this.#onRoom?.()
  }
}
