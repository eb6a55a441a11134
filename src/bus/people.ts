import { type ErrorCode, TributaryError } from '../core/errors.ts'
import { type EntityKey, entityId, entityRef, isName, type Tenant, tenant } from '../core/ids.ts'
import { type Logger, SILENT } from '../core/logger.ts'
import { type Bus, checkMessage } from './bus.ts'

/** Somebody who is here: a client on an entity, or one that is just being let in. */
export interface Person {
  readonly actor: string
  readonly tenant: Tenant
  readonly entity: EntityKey
  /** Ends that, with a socket that carries nothing else. Does not throw. */
  sendAway(code: ErrorCode): void
}

/** A message to people, where they are. */
export interface PeopleMessage {
  readonly tenant: string
  /** `null`: to everybody of the tenant. */
  readonly actor: string | null
  /** 1 to 32 of `a` to `z` and `-`. */
  readonly kind: string
  /** At most 63 KB. */
  readonly bytes: Uint8Array
}

/** Whom to send away: a user, everybody on an entity, or a user from an entity. */
export type Kicked = { readonly tenant: string } & (
  | { readonly actor: string; readonly entity?: string }
  | { readonly actor?: string; readonly entity: string }
)

const MESSAGE = 'people'
const KICK = 'kick'

/**
 * Who is on this node, by tenant and user, and what can be done with people wherever they are:
 * messages to a user, broadcasts to a tenant, kicks. It all goes over one channel per tenant, which a
 * node listens to while somebody of that tenant is there: a channel per user would be as many again as
 * there are entities. Best effort, like all that goes over the bus.
 */
export class People {
  readonly #bus: Bus
  readonly #logger: Logger
  readonly #tenants = new Map<Tenant, Present>()
  readonly #listeners = new Set<(message: PeopleMessage) => void>()

  /** @param logger Is told of listeners that throw. */
  constructor(bus: Bus, logger: Logger = SILENT) {
    this.#bus = bus
    this.#logger = logger
  }

  /** How often that user is here, on this node. */
  count(tenant: string, actor: string): number {
    return this.#tenants.get(tenant as Tenant)?.count(actor) ?? 0
  }

  enter(person: Person): void {
    let present = this.#tenants.get(person.tenant)
    if (present === undefined) {
      const owner = person.tenant
      const stop = this.#bus.listen({ is: 'tenant', tenant: owner }, (kind, bytes) =>
        this.#heard(owner, kind, bytes),
      )
      present = new Present(stop)
      this.#tenants.set(owner, present)
    }
    present.add(person)
  }

  /** Idempotent. */
  leave(person: Person): void {
    const present = this.#tenants.get(person.tenant)
    if (present === undefined || !present.remove(person) || present.size > 0) return
    this.#tenants.delete(person.tenant)
    present.stop()
  }

  /**
   * A message to a user wherever they are, or with `actor` `null` to everybody of the tenant: each
   * node on which they are is told, this one too, once, however many sessions they have there.
   *
   * @throws {TypeError} for a kind that is none, and for too many bytes.
   * @throws {TributaryError} `bad-request` for a name that cannot be one.
   */
  send({ tenant: name, actor, kind, bytes }: PeopleMessage): void {
    checkMessage(kind, bytes)
    const owner = tenant(name)
    checkActor(actor)
    const head = Buffer.from(JSON.stringify({ actor, kind }))
    const length = Buffer.alloc(2)
    length.writeUInt16BE(head.length)
    const whole = Buffer.concat([length, head, bytes])
    this.#bus.publish({ is: 'tenant', tenant: owner }, MESSAGE, whole)
    this.#deliver(owner, { tenant: owner, actor, kind, bytes })
  }

  /**
   * @param fn Whoever embeds the server may throw in it, or reject: that is told in a log line, and
   *   concerns nobody else.
   * @returns what ends that.
   */
  onMessage(fn: (message: PeopleMessage) => void): () => void {
    this.#listeners.add(fn)
    return () => this.#listeners.delete(fn)
  }

  /**
   * Ends sessions on every node. A socket that carries other entities too stays open for them.
   *
   * @param again Whether they are told to come again, instead of to stay away: who was told so and
   *   still has a right to be here may come back all the same.
   * @throws {TributaryError} `bad-request`, `bad-entity-id` for a name that cannot be one.
   */
  kick(whom: Kicked, again = false): void {
    const owner = tenant(whom.tenant)
    checkActor(whom.actor ?? null)
    const entity = whom.entity === undefined ? null : entityRef(owner, entityId(whom.entity)).key
    const order: Order = { actor: whom.actor ?? null, entity, again }
    this.#bus.publish({ is: 'tenant', tenant: owner }, KICK, Buffer.from(JSON.stringify(order)))
    this.#sendAway(owner, order)
  }

  #heard(owner: Tenant, kind: string, bytes: Uint8Array): void {
    const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    if (kind === KICK) {
      const order = parse(whole)
      if (order !== null) this.#sendAway(owner, order as unknown as Order)
    } else if (kind === MESSAGE && whole.length >= 2) {
      const end = 2 + whole.readUInt16BE(0)
      const head = parse(whole.subarray(2, end))
      if (head === null) return
      const { actor, kind: what } = head as unknown as Pick<PeopleMessage, 'actor' | 'kind'>
      const message = {
        tenant: owner,
        actor,
        kind: what,
        bytes: new Uint8Array(whole.subarray(end)),
      }
      this.#deliver(owner, message)
    }
  }

  #deliver(owner: Tenant, message: PeopleMessage): void {
    const present = this.#tenants.get(owner)
    if (present === undefined) return
    if (message.actor !== null && present.count(message.actor) === 0) return
    for (const fn of this.#listeners) this.#tell(fn, message)
  }

  /** Beside it on the connection to Redis is the whole node. */
  #tell(fn: (message: PeopleMessage) => unknown, message: PeopleMessage): void {
    const failed = (thrown: unknown) => {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown))
      this.#logger.error('a listener for messages to people failed', { error })
    }
    try {
      const answer = fn(message)
      if (answer instanceof Promise) answer.catch(failed)
    } catch (thrown) {
      failed(thrown)
    }
  }

  #sendAway(owner: Tenant, { actor, entity, again }: Order): void {
    const present = this.#tenants.get(owner)
    if (present === undefined) return
    const them = actor === null ? present.everybody() : present.of(actor)
    for (const person of them) {
      if (entity !== null && person.entity !== entity) continue
      person.sendAway(again ? 'not-available' : 'kicked')
    }
  }
}

/** What another node has written: of a later version it may be anything. */
function parse(text: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text.toString())
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function checkActor(actor: string | null): void {
  if (actor === null || isName(actor)) return
  throw new TributaryError('bad-request', 'the name of a user is 1 to 256 bytes of text')
}

interface Order {
  readonly actor: string | null
  readonly entity: EntityKey | null
  readonly again: boolean
}

/** The people of one tenant. One alone needs no set around it: that is 0.2 KB each. */
class Present {
  readonly stop: () => void
  readonly #byActor = new Map<string, Person | Set<Person>>()

  constructor(stop: () => void) {
    this.stop = stop
  }

  /** Users. */
  get size(): number {
    return this.#byActor.size
  }

  count(actor: string): number {
    const known = this.#byActor.get(actor)
    if (known === undefined) return 0
    return known instanceof Set ? known.size : 1
  }

  /** A copy: who is sent away leaves. */
  of(actor: string): Person[] {
    const known = this.#byActor.get(actor)
    if (known === undefined) return []
    return known instanceof Set ? [...known] : [known]
  }

  everybody(): Person[] {
    return [...this.#byActor.keys()].flatMap((actor) => this.of(actor))
  }

  add(person: Person): void {
    const known = this.#byActor.get(person.actor)
    if (known === undefined) this.#byActor.set(person.actor, person)
    else if (known instanceof Set) known.add(person)
    else this.#byActor.set(person.actor, new Set([known, person]))
  }

  /** @returns whether it was here. */
  remove(person: Person): boolean {
    const known = this.#byActor.get(person.actor)
    if (known instanceof Set) {
      if (!known.delete(person)) return false
      if (known.size === 0) this.#byActor.delete(person.actor)
      return true
    }
    return known === person && this.#byActor.delete(person.actor)
  }
}
