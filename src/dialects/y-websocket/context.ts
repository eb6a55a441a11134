import type { Access } from '../../access/access.ts'
import type { People } from '../../bus/people.ts'
import type { Random } from '../../core/clock.ts'
import type { EntityRef } from '../../core/ids.ts'
import type { Limits } from '../../core/limits.ts'
import type { Logger } from '../../core/logger.ts'
import type { Entity } from '../../entity/entity.ts'
import type { Metrics } from '../../ops/metrics.ts'
import type { SessionContext } from '../../session/context.ts'
import type { Refusals } from '../../session/refusals.ts'

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

/** Clients give up after 30 s without a data frame. */
export const IDLE_MS = 15_000
