import type { Access, Admission, May } from '../access/access.ts'
import type { People, Person } from '../bus/people.ts'
import type { Cancel, Random } from '../core/clock.ts'
import { type ErrorCode, TributaryError } from '../core/errors.ts'
import {
  DEFAULT_TENANT,
  type EntityId,
  type EntityKey,
  type EntityRef,
  entityRef,
  type Tenant,
} from '../core/ids.ts'
import type { Limits } from '../core/limits.ts'
import type { Logger } from '../core/logger.ts'
import type { SoundUpdate } from '../crdt/scan.ts'
import type { Batch } from '../entity/batch.ts'
import type { Entity } from '../entity/entity.ts'
import type { Member } from '../entity/member.ts'
import type { PresenceBatch } from '../entity/presence/presence-batch.ts'
import type { Metrics } from '../ops/metrics.ts'
import type { Caller, SessionContext } from '../session/context.ts'
import type { NotTaken, Outlet } from '../session/outlet.ts'
import type { Refusals } from '../session/refusals.ts'
import { Session } from '../session/session.ts'
import { Cursor } from '../wire/cursor.ts'
import { entityIdFromPath } from '../wire/entity-path.ts'
import {
  awarenessFrame,
  deniedFrame,
  IDLE_FRAME,
  markerFrame,
  readMessage,
  step1Frame,
  step2Frame,
  updateFrame,
  type YWebsocketMessage,
} from '../wire/y-websocket.ts'
import { turnAwayHocuspocus } from './hocuspocus.ts'
import {
  type Conversation,
  type Door,
  type Knock,
  NOTHING_MORE,
  notLetIn,
  type Wire,
} from './wire.ts'

export interface YWebsocketContext {
  readonly access: Access
  readonly session: SessionContext
  readonly limits: Limits
  readonly metrics: Metrics
  readonly logger: Logger
  readonly random: Random
  readonly refusals: Refusals
  readonly people: People
  open(ref: EntityRef): Promise<Entity>
  /** Sessions on the entity now. */
  sessionsOn(ref: EntityRef): number
}

/** A refused client hears why, and then nothing for so long: older ones come back 100 ms after any close. */
const HOLD_MS = 2_000
/** One that may not be here comes back for ever, so it is held longer, and not all for equally long. */
const DENIED_HOLD_MS = 3_000
const DENIED_SPREAD_MS = 2_000
/** Clients give up after 30 s without a data frame. */
const IDLE_MS = 15_000

/** `/sync/<entity id>`: stock y-websocket clients 1.x to 3.x, one entity per socket. */
export function yWebsocketDoor(context: YWebsocketContext): Door {
  return {
    prefix: '/sync/',
    protocol: null,
    admit(knock) {
      const id = entityIdFromPath(knock.path)
      const { access } = context
      // What is refused before the upgrade is a status, which every client understands; but who
      // belongs to which tenant is told by the token, and a client that is denied by a status hammers.
      if (access.open) refuseEarly(context, entityRef(DEFAULT_TENANT, id), knock)
      return async (wire) => {
        try {
          const admission = await access.admit(knock.token, id)
          const ref = entityRef(admission.tenant, id)
          if (!access.open) refuseEarly(context, ref, knock)
          return await converse(context, wire, ref, admission)
        } catch (thrown) {
          const error = TributaryError.from(thrown)
          // It has waited long for a store that cannot be asked; another node may have it.
          if (error.code === 'storage') return sendAway(context, wire, error)
          if (access.open) throw thrown
          return deny(context, wire, error, id)
        }
      }
    },
  }
}

/** While it is loaded nothing is read, and the client is kept from giving up. [R12] */
async function openMeanwhile(
  context: YWebsocketContext,
  wire: Wire,
  ref: EntityRef,
): Promise<Entity> {
  const { clock } = context.session
  const wake = (): Cancel =>
    clock.after(IDLE_MS, () => {
      wire.write(IDLE_FRAME)
      cancel = wake()
    })
  let cancel = wake()
  try {
    return await context.open(ref)
  } finally {
    cancel()
  }
}

function sendAway({ metrics }: YWebsocketContext, wire: Wire, { code }: TributaryError) {
  metrics.refusals.of(code).add()
  wire.close(code)
  return NOTHING_MORE
}

function refuseEarly(context: YWebsocketContext, ref: EntityRef, knock: Knock): void {
  if (context.refusals.barred(knock.address, ref.key)) {
    const why = 'This address sent refused updates to this entity. Try again in a minute.'
    throw new TributaryError('refused-lately', why)
  }
  if (context.sessionsOn(ref) >= context.limits.entitySessions) {
    throw new TributaryError('too-many-sessions', 'The entity has as many sessions as it may.')
  }
}

/** It is told why, held, and closed; what it says meanwhile is not read. */
function deny(
  { metrics, random, logger }: YWebsocketContext,
  wire: Wire,
  error: TributaryError,
  id: EntityId,
) {
  metrics.refusals.of(error.code).add()
  if (error.code === 'internal') {
    metrics.handlerErrors.add()
    logger.error('a client could not be let in', { address: wire.address, error })
  } else {
    logger.info('a client was not let in', notLetIn(wire.address, id, error))
  }
  const reason = error.code === 'internal' ? 'The server failed. Its log says why.' : error.message
  wire.write(deniedFrame(reason))
  wire.close(error.code, DENIED_HOLD_MS + random.next() * DENIED_SPREAD_MS)
  return NOTHING_MORE
}

async function converse(
  context: YWebsocketContext,
  wire: Wire,
  ref: EntityRef,
  admission: Admission,
): Promise<Conversation> {
  const client = new Client(context, ref, wire, admission)
  // From here on it can be sent away, also while the entity is loaded.
  context.people.enter(client)
  try {
    const session = client.begin(await openMeanwhile(context, wire, ref))
    return new YWebsocketConversation(context, session, wire, client)
  } catch (thrown) {
    context.people.leave(client)
    throw thrown
  }
}

/** Who is at the other end, by its token. */
class Client implements Caller, Person {
  readonly session: string
  readonly actor: string
  readonly may: May
  readonly until: number | null
  readonly #context: YWebsocketContext
  readonly #ref: EntityRef
  readonly #wire: Wire
  #session: Session | null = null
  #sentAway: ErrorCode | null = null

  constructor(context: YWebsocketContext, ref: EntityRef, wire: Wire, admission: Admission) {
    const { clock } = context.session
    this.session = context.random.id(16)
    this.actor = admission.actor
    this.may = admission.may
    // The wall clock says when; from here on the one that nobody sets counts.
    this.until =
      admission.expiresAt === null
        ? null
        : clock.monotonic() + Math.max(0, admission.expiresAt - clock.wall())
    this.#context = context
    this.#ref = ref
    this.#wire = wire
  }

  /** Made when something has to be said, which is rare: kept, it would be 0.9 KB per session. */
  get logger(): Logger {
    const { address } = this.#wire
    return this.#context.logger.with({ session: this.session, entity: this.#ref.key, address })
  }

  /** Not all at the same time. @returns ms. */
  spread(ms: number): number {
    return ms + this.#context.random.next() * DENIED_SPREAD_MS
  }

  get tenant(): Tenant {
    return this.#ref.tenant
  }

  get entity(): EntityKey {
    return this.#ref.key
  }

  /** @throws {TributaryError} when it was sent away meanwhile, and what joining the entity throws. */
  begin(entity: Entity): Session {
    if (this.#sentAway !== null)
      throw new TributaryError(this.#sentAway, 'You have been sent away.')
    const outlet = new YWebsocketOutlet(this.#wire, this)
    const session = new Session(this.#context.session, this, entity, outlet)
    session.open()
    this.#session = session
    return session
  }

  sendAway(code: ErrorCode): void {
    this.#sentAway = code
    if (this.#session !== null) {
      this.#session.evict(code)
      return
    }
    // It is just being let in, which may take long.
    this.#context.people.leave(this)
    this.#wire.close(code)
  }

  /** It sent what is refused for good. */
  refused(): void {
    this.#context.refusals.record(this.#wire.address, this.#ref.key)
  }
}

class YWebsocketConversation implements Conversation {
  readonly #context: YWebsocketContext
  readonly #session: Session
  readonly #wire: Wire
  readonly #caller: Client
  /** What has come so far: `other` is something that this dialect does not have. */
  #heard: 'nothing' | 'something' | 'other' = 'nothing'

  constructor(context: YWebsocketContext, session: Session, wire: Wire, caller: Client) {
    this.#context = context
    this.#session = session
    this.#wire = wire
    this.#caller = caller
  }

  message(data: Uint8Array, binary: boolean): Promise<void> | undefined {
    if (this.#heard === 'nothing') {
      this.#heard = 'something'
      if (turnAwayHocuspocus(this.#context, this.#wire, data)) return undefined
    }
    const wait = this.#session.spend(data.length)
    if (!binary) {
      this.#unknown('a text frame')
      return wait
    }
    const handled = this.#handleAll(new Cursor(data))
    return handled === undefined || wait === undefined
      ? (handled ?? wait)
      : handled.then(() => wait)
  }

  /** Stock clients put one message into a frame; a second one must not be lost without a word. */
  #handleAll(cursor: Cursor): Promise<void> | undefined {
    do {
      const waits = this.#handle(readMessage(cursor), cursor)
      if (waits !== undefined) {
        return cursor.atEnd ? waits : waits.then(() => this.#handleAll(cursor))
      }
    } while (!cursor.atEnd && !this.#session.closed)
    return undefined
  }

  #handle(message: YWebsocketMessage, cursor: Cursor): Promise<void> | undefined {
    const session = this.#session
    switch (message.is) {
      case 'step1':
        return session.sync(message.stateVector)
      case 'step2':
        return session.update(own(message.update), 'answer')
      case 'update':
        return session.update(own(message.update), 'update')
      case 'awareness':
        session.awareness(own(message.body))
        return
      case 'query-awareness':
        return session.queryAwareness()
      case 'marker':
        session.marker(own(message.version))
        return
      case 'malformed':
        session.refuse(
          new TributaryError('malformed', `A message of type ${message.type} is cut short.`),
        )
        return
      case 'unknown':
        cursor.at = cursor.bytes.length
        this.#unknown(`a message of type ${message.type}`)
        return
    }
  }

  #unknown(what: string): void {
    this.#context.metrics.unknownMessages.add()
    if (this.#heard === 'other') return
    this.#heard = 'other'
    this.#caller.logger.warn('a message was dropped: this dialect does not have it', { what })
  }

  drained(): void {
    this.#session.drained()
  }

  tick(now: number, quietMs: number): void {
    this.#session.tick(now)
    if (quietMs >= IDLE_MS && !this.#session.closed) this.#wire.write(IDLE_FRAME)
  }

  closed(draining: boolean): void {
    this.#context.people.leave(this.#caller)
    this.#session.close(!draining)
  }
}

/**
 * Inbound frames are views into a socket's buffer: what is kept gets bytes of its own, so that a
 * small update does not hold 64 KB, and so that nothing can ever read past it.
 */
const own = (view: Uint8Array): Uint8Array => new Uint8Array(view)

class YWebsocketOutlet implements Outlet {
  readonly nacks = false
  readonly #wire: Wire
  readonly #caller: Client

  constructor(wire: Wire, caller: Client) {
    this.#wire = wire
    this.#caller = caller
  }

  get unsent(): number {
    return this.#wire.unsent
  }

  get unsentJoins(): number {
    return this.#wire.unsent
  }

  batch(batch: Batch): void {
    this.#wire.write(batch.frame(updateFrame))
  }

  update(update: SoundUpdate): void {
    this.#wire.write(updateFrame(update))
  }

  synced(update: SoundUpdate): void {
    this.#wire.write(step2Frame(update))
  }

  question(stateVector: Uint8Array): void {
    this.#wire.write(step1Frame(stateVector))
  }

  presence(batch: PresenceBatch<Member>, reader: Member): void {
    this.#wire.write(batch.frame(reader, awarenessFrame))
  }

  awareness(body: Uint8Array): void {
    this.#wire.write(awarenessFrame(body))
  }

  marker(version: Uint8Array): void {
    this.#wire.write(markerFrame(version))
  }

  notTaken({ reason }: NotTaken): void {
    this.notice(reason)
  }

  notice(reason: string): void {
    this.#wire.write(deniedFrame(reason))
  }

  // Of these this dialect has no word.
  ack(): void {}
  at(): void {}
  rights(): void {}

  refuse(code: ErrorCode, reason: string): void {
    this.#caller.refused()
    this.notice(reason)
    this.#wire.close(code, HOLD_MS)
  }

  close(code: ErrorCode): void {
    // Its client is back 100 ms after any close, with all that there was no room for.
    this.#wire.close(code, code === 'pending-full' ? this.#caller.spread(DENIED_HOLD_MS) : 0)
  }
}
