import type { Admission, May } from '../../access/access.ts'
import type { Person } from '../../bus/people.ts'
import { type ErrorCode, TributaryError } from '../../core/errors.ts'
import type { EntityKey, EntityRef, Tenant } from '../../core/ids.ts'
import type { Logger } from '../../core/logger.ts'
import type { Entity } from '../../entity/entity.ts'
import { type Caller, untilOf } from '../../session/context.ts'
import { Session } from '../../session/session.ts'
import { deniedHold } from '../denied-hold.ts'
import type { Wire } from '../wire.ts'
import type { YWebsocketContext } from './context.ts'
import { type Addressee, YWebsocketOutlet } from './outlet.ts'

/** Who is at the other end, by its token. */
export class Client implements Caller, Person, Addressee {
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
    this.session = context.random.id(16)
    this.actor = admission.actor
    this.may = admission.may
    this.until = untilOf(context.session.clock, admission.expiresAt)
    this.#context = context
    this.#ref = ref
    this.#wire = wire
  }

  /** Made when something has to be said, which is rare: kept, it would be 0.9 KB per session. */
  get logger(): Logger {
    const { address } = this.#wire
    return this.#context.logger.with({ session: this.session, entity: this.#ref.key, address })
  }

  holdMs(): number {
    return deniedHold(this.#context.random)
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
