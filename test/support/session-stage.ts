import { DEFAULT_LIMITS, DEFAULT_PACES, type Limits } from '../../src/core/limits.ts'
import { SILENT } from '../../src/core/logger.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import { encodeStateVector } from '../../src/crdt/state-vector.ts'
import type { Entity } from '../../src/entity/entity.ts'
import { Session } from '../../src/session/session.ts'
import type { EntityStage } from './entity-stage.ts'
import { FakeOutlet } from './fake-outlet.ts'

/** One more session on an entity. */
export function join(
  stage: EntityStage,
  entity: Entity,
  options: { limits?: Partial<Limits>; may?: 'read' | 'write' } = {},
) {
  const outlet = new FakeOutlet()
  const session = new Session(
    {
      clock: stage.clock,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      paces: DEFAULT_PACES,
      metrics: stage.metrics,
      checkInThread: async (bytes) => checkUpdate(bytes),
    },
    { actor: 'anonymous', session: 's', may: options.may ?? 'write', until: null, logger: SILENT },
    entity,
    outlet,
  )
  session.open()
  return { session, outlet }
}

/** The state vector of who has nothing. */
export const NOTHING = encodeStateVector(new Map())
