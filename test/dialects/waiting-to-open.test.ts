import { expect, test } from 'vitest'
import { openAccess } from '../../src/access/open-access.ts'
import { LocalBus } from '../../src/bus/local.ts'
import { People } from '../../src/bus/people.ts'
import { type ErrorCode, TributaryError } from '../../src/core/errors.ts'
import { DEFAULT_LIMITS, DEFAULT_PACES } from '../../src/core/limits.ts'
import type { YWebsocketContext } from '../../src/dialects/y-websocket/context.ts'
import { yWebsocketDoor } from '../../src/dialects/y-websocket/door.ts'
import type { Entity } from '../../src/entity/entity.ts'
import { createMetrics } from '../../src/ops/metrics.ts'
import { SYSTEM_RANDOM } from '../../src/ops/system.ts'
import { Refusals } from '../../src/session/refusals.ts'
import type { Frame } from '../../src/wire/frame.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { RecordedLog } from '../support/recorded-log.ts'

const settle = () => new Promise((resolve) => setImmediate(resolve))

test('[R12] who waits for an entity is kept from giving up, told nothing, and sent away in the end', async () => {
  const clock = new ManualClock()
  const metrics = createMetrics()
  const logger = new RecordedLog()
  const limits = DEFAULT_LIMITS
  let fail: (error: TributaryError) => void = () => {}
  const loading = new Promise<Entity>((_, reject) => {
    fail = reject
  })
  const door = yWebsocketDoor({
    access: openAccess(),
    session: { clock, limits, paces: DEFAULT_PACES, metrics, checkInThread: () => never() },
    limits,
    metrics,
    logger,
    random: SYSTEM_RANDOM,
    refusals: new Refusals(clock),
    people: new People(new LocalBus('one')),
    open: () => loading,
    sessionsOn: () => 0,
  } satisfies YWebsocketContext)
  const written: string[] = []
  const closed: ErrorCode[] = []
  const begin = door.admit({ path: 'notes', token: null, protocols: [], address: 'here' })
  const conversation = begin({
    address: 'here',
    unsent: 0,
    expect() {},
    write: (frame: Frame) => written.push(hexOf(frame)),
    close: (code) => closed.push(code),
  })
  await settle()
  clock.advance(14_000)
  expect(written).toEqual([])
  clock.advance(31_000)
  // An awareness frame without entries: clients give up after 30 s without any frame.
  expect(written).toEqual(['8203010100', '8203010100', '8203010100'])
  fail(new TributaryError('storage', 'nobody answers'))
  await conversation
  expect(closed).toEqual(['storage'])
  expect(metrics.refusals.of('storage').value).toBe(1)
  expect(logger.lines, 'the outage itself is told elsewhere').toEqual([])
  expect(clock.pending).toBe(0)
})

const never = (): Promise<never> => new Promise(() => {})
const hexOf = (frame: Frame): string => Buffer.from(frame.head).toString('hex')
