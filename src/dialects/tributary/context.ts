import type { Access } from '../../access/access.ts'
import type { People } from '../../bus/people.ts'
import type { Random } from '../../core/clock.ts'
import { type ErrorCode, outcomeOf } from '../../core/errors.ts'
import type { EntityRef } from '../../core/ids.ts'
import type { Limits } from '../../core/limits.ts'
import type { Logger } from '../../core/logger.ts'
import type { Tier } from '../../core/tier.ts'
import type { Entity } from '../../entity/entity.ts'
import type { SessionContext } from '../../session/context.ts'
import type { Refusal } from '../../wire/tributary-server.ts'
import type { Crowd } from './crowd.ts'
import type { EntityFrames } from './entity-frames.ts'

export interface TributaryContext {
  readonly access: Access
  readonly session: SessionContext
  readonly logger: Logger
  readonly random: Random
  readonly people: People
  /** In force now. */
  tier(): Tier
  open(ref: EntityRef): Promise<Entity>
}

/** What all sockets of the door share. */
export interface DoorContext extends TributaryContext {
  readonly crowd: Crowd
  readonly framesOf: (entity: Entity) => EntityFrames
}

/** What parts may come to: an answer may be a whole entity. */
export const assembledBytes = ({ frameBytes, entityBytes }: Limits): number =>
  Math.max(frameBytes, entityBytes)

/** Who is told to come again comes after so long, and not all at once. */
const AGAIN_MS = 1_000
const SPREAD_MS = 2_000

export function refusalOf(code: ErrorCode, reason: string, random: Random): Refusal {
  const again = outcomeOf(code).again ? AGAIN_MS + random.next() * SPREAD_MS : null
  return { code, reason, again }
}
