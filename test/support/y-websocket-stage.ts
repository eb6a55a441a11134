import { openAccess } from '../../src/access/open-access.ts'
import { LocalBus } from '../../src/bus/local.ts'
import { People } from '../../src/bus/people.ts'
import { DEFAULT_LIMITS, DEFAULT_PACES } from '../../src/core/limits.ts'
import type { YWebsocketContext } from '../../src/dialects/y-websocket/context.ts'
import { yWebsocketDoor } from '../../src/dialects/y-websocket/door.ts'
import { createMetrics } from '../../src/ops/metrics.ts'
import { SYSTEM_RANDOM } from '../../src/ops/system.ts'
import { Refusals } from '../../src/session/refusals.ts'
import type { Frame } from '../../src/wire/frame.ts'
import { ManualClock } from './manual-clock.ts'
import { RecordedLog } from './recorded-log.ts'

const never = (): Promise<never> => new Promise(() => {})

/** The door of y-websocket without a server around it, and one socket that comes to it. */
export function yWebsocketStage(changes: Partial<YWebsocketContext>) {
  const clock = new ManualClock()
  const metrics = createMetrics()
  const logger = new RecordedLog()
  const limits = DEFAULT_LIMITS
  const door = yWebsocketDoor({
    access: openAccess(),
    session: { clock, limits, paces: DEFAULT_PACES, metrics, checkInThread: never },
    limits,
    metrics,
    logger,
    random: { ...SYSTEM_RANDOM, next: () => 0 },
    refusals: new Refusals(clock),
    people: new People(new LocalBus('one')),
    open: never,
    sessionsOn: () => 0,
    ...changes,
  })
  /** The beginnings of the frames, in hex. */
  const written: string[] = []
  const closed: unknown[][] = []
  const begin = () =>
    door.admit({ path: 'notes', token: null, protocols: [], address: 'here' })({
      address: 'here',
      unsent: 0,
      expect() {},
      write: ({ head }: Frame) => void written.push(Buffer.from(head).toString('hex')),
      close: (...how) => void closed.push(how),
    })
  return { clock, metrics, logger, written, closed, begin }
}
