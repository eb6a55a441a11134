import type { Admission, May } from '../../access/access.ts'
import type { Person } from '../../bus/people.ts'
import { type ErrorCode, TributaryError } from '../../core/errors.ts'
import {
  DEFAULT_TENANT,
  type EntityId,
  type EntityKey,
  type EntityRef,
  entityRef,
  type Tenant,
} from '../../core/ids.ts'
import type { Logger } from '../../core/logger.ts'
import { formatPosition, type Position, parsePosition } from '../../core/position.ts'
import type { Entity } from '../../entity/entity.ts'
import { type Caller, untilOf } from '../../session/context.ts'
import { type Entered, Session } from '../../session/session.ts'
import type { ClientMessage } from '../../wire/tributary-client.ts'
import { type Refusal, serverFrame } from '../../wire/tributary-server.ts'
import { noteRefusal } from '../note-refusal.ts'
import type { Wire } from '../wire.ts'
import { Assembly } from './assembly.ts'
import { ChannelOutlet, type Owner } from './channel-outlet.ts'
import { assembledBytes, type DoorContext, refusalOf } from './context.ts'
import type { Reachable } from './crowd.ts'
import { type ChannelMessage, Inbox, type Said } from './inbox.ts'
import type { Outbox } from './outbox.ts'

export type Open = Extract<ClientMessage, { readonly is: 'open' }>

/** The socket, as a channel sees it. */
export interface ChannelHost extends Reachable {
  readonly wire: Wire
  readonly outbox: Outbox
  /** Of its token: another number when that is another one. */
  readonly tokens: number
  readonly token: string | null
  /** Its token was good. */
  admitted(): void
  /** From now on what is said on that channel is its. */
  entered(channel: Channel, number: number): void
  /** It is over, and can be opened anew. */
  left(channel: Channel): void
  /** So many bytes more, or less, wait in a channel. */
  hold(bytes: number): void
  /** Whether so many bytes more of unfinished updates may be kept. */
  mayAssemble(bytes: number): boolean
  assembled(bytes: number): void
}

/**
 * One entity on one socket, from `open` to its end. What is said on it is handled in its order, and
 * holds up nobody else: a channel that waits keeps what comes meanwhile.
 *
 * opening → open → over.
 */
export class Channel implements Caller, Person, Owner {
  readonly id: EntityId
  readonly session: string
  actor = 'anonymous'
  /** What its token allows it. */
  may: May = 'read'
  until: number | null = null
  readonly #context: DoorContext
  readonly #host: ChannelHost
  readonly #request: number
  #ref: EntityRef
  #live: Session | null = null
  #number: number | null = null
  #isEntered = false
  #isLeaving = false
  #isOver = false
  #isPresent = false
  readonly #inbox: Inbox
  #assembly: Assembly | null = null
  /** Which of the socket's tokens it was admitted by. */
  #admittedBy = -1
  #isRenewing = false

  constructor(context: DoorContext, host: ChannelHost, request: number, id: EntityId) {
    this.#context = context
    this.#host = host
    this.#request = request
    this.id = id
    this.#ref = entityRef(DEFAULT_TENANT, id)
    this.session = context.random.id(16)
    this.#inbox = new Inbox({
      handle: (said) => this.#handle(said),
      hold: (bytes) => host.hold(bytes),
      failed: (thrown) => this.#fail(TributaryError.from(thrown)),
    })
  }

  // ---- who it is

  get tenant(): Tenant {
    return this.#ref.tenant
  }

  get entity(): EntityKey {
    return this.#ref.key
  }

  get expires(): number | null {
    if (this.until === null) return null
    return Math.max(0, this.until - this.#context.session.clock.monotonic())
  }

  get logger(): Logger {
    const { address } = this.#host.wire
    return this.#context.logger.with({ session: this.session, entity: this.#ref.key, address })
  }

  /** Its client has closed it, which comes behind all that was said before. */
  get isLeaving(): boolean {
    return this.#isLeaving
  }

  // ---- opening

  async open({ position, stateVector }: Open): Promise<void> {
    if (this.#isOver) return
    try {
      await this.#admit()
      // Gone meanwhile, it was never admitted: nobody knows of which tenant the entity is.
      if (this.#isOver) return
      const entity = await this.#context.open(this.#ref)
      if (this.#isOver) return
      await this.#enter(entity, positionIn(position), stateVector)
    } catch (thrown) {
      this.#fail(TributaryError.from(thrown))
    }
  }

  async #admit(): Promise<void> {
    const { tokens, token } = this.#host
    const admission = await this.#context.access.admit(token, this.id)
    if (this.#isOver) return
    this.#host.admitted()
    this.#admittedBy = tokens
    this.#ref = entityRef(admission.tenant, this.id)
    this.actor = admission.actor
    this.#allow(admission)
    this.#isPresent = true
    // From here on it can be sent away, also while the entity is loaded.
    this.#context.people.enter(this)
    this.#context.crowd.enter(this.tenant, this.actor, this.#host)
  }

  #allow({ may, expiresAt }: Admission): void {
    this.may = may
    this.until = untilOf(this.#context.session.clock, expiresAt)
  }

  async #enter(entity: Entity, from: Position | null, stateVector: Uint8Array): Promise<void> {
    const frames = this.#context.framesOf(entity)
    const outlet = new ChannelOutlet(this.#context, this.#host.outbox, frames, this)
    const session = new Session(this.#context.session, this, entity, outlet)
    this.#number = frames.channel
    this.#live = session
    await session.enter(from, stateVector, (how) => this.#entered(entity, outlet, how))
  }

  #entered(
    entity: Entity,
    outlet: ChannelOutlet,
    { follows, bytes, may, position }: Entered,
  ): void {
    this.#isEntered = true
    this.#host.entered(this, outlet.channel)
    outlet.say({
      ...{ is: 'opened', request: this.#request, channel: outlet.channel, may },
      ...{ follows, bytes, tier: this.#context.tier(), expires: this.expires },
      ...{ position: formatPosition(position), stateVector: entity.stateVector },
    })
    if (this.#admittedBy !== this.#host.tokens) this.renew()
  }

  // ---- another token

  /** The socket has another token: what does that allow? */
  renew(): void {
    if (this.#isOver || !this.#isEntered || this.#isRenewing) return
    this.#isRenewing = true
    this.#renew().then(
      () => {
        this.#isRenewing = false
        if (this.#admittedBy !== this.#host.tokens) this.renew()
      },
      (thrown: unknown) => this.#fail(TributaryError.from(thrown)),
    )
  }

  async #renew(): Promise<void> {
    const { tokens, token } = this.#host
    const admission = await this.#context.access.admit(token, this.id)
    if (this.#isOver) return
    if (admission.tenant !== this.tenant || admission.actor !== this.actor) {
      this.ended({ code: 'not-available', reason: 'The new token is somebody else’s.', again: 0 })
      return
    }
    this.#admittedBy = tokens
    this.#allow(admission)
    this.#live?.renewed()
  }

  // ---- what is said on it

  receive(message: ChannelMessage, bytes: number): void {
    if (message.is === 'close') this.#isLeaving = true
    this.#inbox.receive({ message, bytes })
  }

  #handle({ message, bytes }: Said): Promise<void> | undefined {
    const session = this.#live
    if (session === null || session.closed) return undefined
    try {
      const pays = session.spend(bytes)
      const waits = this.#say(session, message)
      return waits === undefined || pays === undefined ? (waits ?? pays) : waits.then(() => pays)
    } catch (thrown) {
      this.#fail(TributaryError.from(thrown))
      return undefined
    }
  }

  #say(session: Session, message: ChannelMessage): Promise<void> | undefined {
    switch (message.is) {
      case 'sync':
        return session.sync(message.stateVector)
      case 'part':
        this.#assemble(message.bytes)
        return undefined
      case 'edit':
      case 'answer': {
        const kind = message.is === 'edit' ? 'update' : 'answer'
        return session.update(this.#whole(message.update), kind, message.batch)
      }
      case 'awareness':
        session.awareness(new Uint8Array(message.body))
        return undefined
      case 'claim':
        session.claim(new Uint8Array(message.body))
        return undefined
      case 'close':
        this.leave(true)
        return undefined
    }
  }

  #assemble(part: Uint8Array): void {
    this.#assembly ??= new Assembly()
    const most = assembledBytes(this.#context.session.limits)
    if (this.#assembly.length + part.length > most) {
      throw new TributaryError('frame-too-large', 'The parts are more than an entity may hold.')
    }
    if (!this.#host.mayAssemble(part.length)) {
      throw new TributaryError('pending-full', 'Parts of too many updates are under way.')
    }
    this.#host.assembled(part.length)
    this.#assembly.add(part)
  }

  /** Bytes of its own: what came is a view into what the socket has read. */
  #whole(last: Uint8Array): Uint8Array {
    if (this.#assembly === null) return new Uint8Array(last)
    this.#assemble(last)
    this.#host.assembled(-this.#assembly.length)
    const whole = this.#assembly.take()
    this.#assembly = null
    return whole
  }

  // ---- what the socket says

  drained(): void {
    if (this.#number === null || this.#host.outbox.isClear(this.#number)) this.#live?.drained()
  }

  tick(now: number): void {
    if (this.#isEntered) this.#live?.tick(now)
  }

  // ---- the end

  sendAway(code: ErrorCode): void {
    if (this.#live !== null) this.#live.evict(code)
    else this.ended(refusalOf(code, 'You have been sent away.', this.#context.random))
  }

  #fail(error: TributaryError): void {
    if (this.#isOver) return
    const { session, logger, random } = this.#context
    const { metrics } = session
    const isDenied = !this.#isEntered || DENIALS.has(error.code)
    const event = isDenied ? undefined : 'an entity was closed for a client'
    const who = { address: this.#host.wire.address, entity: this.id, session: this.session }
    const reason = noteRefusal({ metrics, logger }, who, error, event)
    this.ended(refusalOf(error.code, reason, random))
  }

  /** The server ends it, and says so. */
  ended(refusal: Refusal): void {
    if (this.#isOver) return
    const { wire } = this.#host
    const channel = this.#number
    const isEntered = this.#isEntered
    this.leave(true)
    if (isEntered && channel !== null)
      wire.write(serverFrame({ is: 'closed', channel, ...refusal }))
    else wire.write(serverFrame({ is: 'refused', request: this.#request, ...refusal }))
  }

  /** @param announce whether others are told that its client is gone. */
  leave(announce: boolean): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#live?.close(announce)
    if (this.#isPresent) {
      this.#context.people.leave(this)
      this.#context.crowd.leave(this.tenant, this.actor, this.#host)
    }
    if (this.#number !== null) this.#host.outbox.drop(this.#number)
    this.#inbox.clear()
    if (this.#assembly !== null) this.#host.assembled(-this.#assembly.length)
    this.#assembly = null
    this.#host.left(this)
  }

  get number(): number | null {
    return this.#number
  }
}

/** Of another token, too. */
const DENIALS: ReadonlySet<ErrorCode> = new Set(['unauthenticated', 'forbidden'])

/** Of a position that nobody can read nothing is known. */
function positionIn(text: string): Position | null {
  try {
    return text === '' ? null : parsePosition(text)
  } catch {
    return null
  }
}
