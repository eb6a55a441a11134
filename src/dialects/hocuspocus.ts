import type { Random } from '../core/clock.ts'
import { TributaryError } from '../core/errors.ts'
import type { Limits, Paces } from '../core/limits.ts'
import type { Logger } from '../core/logger.ts'
import type { Metrics } from '../ops/metrics.ts'
import { greetingDenied, readGreeting } from '../wire/hocuspocus.ts'
import { deniedHold } from './denied-hold.ts'
import type { Conversation, Door, Wire } from './wire.ts'

// The provider of Hocuspocus is not served. All there is of it stands here and in `wire`: that it is
// recognised by the first thing it says, and told so in its own words. [C26]

export interface HocuspocusContext {
  readonly limits: Limits
  readonly paces: Paces
  readonly metrics: Metrics
  readonly logger: Logger
  readonly random: Random
}

/** At most 123 bytes: it goes into the close frame. */
const WHY =
  'Hocuspocus is not spoken here: use connect() of tributary-sync, or the provider of y-websocket.'

/**
 * Ends a connection whose first message is that of a provider of Hocuspocus.
 *
 * @returns whether it was. Nothing has happened otherwise.
 */
export function turnAwayHocuspocus(
  { metrics, logger, random }: Pick<HocuspocusContext, 'metrics' | 'logger' | 'random'>,
  wire: Wire,
  first: Uint8Array,
): boolean {
  const name = readGreeting(first)
  if (name === null) return false
  const code = 'bad-request'
  metrics.refusals.of(code).add()
  const { address } = wire
  logger.warn('a client speaks the protocol of Hocuspocus', { address, code, reason: WHY })
  wire.write(greetingDenied(name, WHY))
  wire.close(code, deniedHold(random), WHY)
  return true
}

/**
 * `/sync` with no entity behind it: where a provider of Hocuspocus goes when it is pointed at the door
 * of y-websocket, since it names the entity in its messages. Anybody else is told what is missing.
 */
export function hocuspocusDoor(context: HocuspocusContext): Door {
  return {
    prefix: '/sync',
    protocol: null,
    admit({ path }) {
      if (path !== '') {
        throw new TributaryError('no-such-door', 'No WebSocket is served here: is /sync/ meant?')
      }
      return async (wire) => new Nameless(context, wire)
    },
  }
}

const NAMELESS = 'The id of the entity is missing: it comes behind /sync/.'

class Nameless implements Conversation {
  readonly #context: HocuspocusContext
  readonly #wire: Wire
  #ticks = 0

  constructor(context: HocuspocusContext, wire: Wire) {
    this.#context = context
    this.#wire = wire
    wire.expect(context.limits.unauthenticatedBytes)
  }

  message(data: Uint8Array): undefined {
    if (!turnAwayHocuspocus(this.#context, this.#wire, data)) this.#end()
  }

  tick(): void {
    if (++this.#ticks * 1_000 >= this.#context.paces.hello) this.#end()
  }

  #end(): void {
    const { metrics, logger } = this.#context
    const code = 'bad-entity-id'
    metrics.refusals.of(code).add()
    const { address } = this.#wire
    logger.info('a connection was ended', { address, code, reason: NAMELESS })
    this.#wire.close(code, 0, NAMELESS)
  }

  drained(): void {}
  closed(): void {}
}
