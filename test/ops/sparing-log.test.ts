import { describe, expect, test } from 'vitest'
import { TributaryError } from '../../src/core/errors.ts'
import { SparingLog } from '../../src/ops/sparing-log.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { RecordedLog } from '../support/recorded-log.ts'

test('[R13] what an outage does to thousands is told once a minute, with the number of the others', () => {
  const [lines, clock] = [new RecordedLog(), new ManualClock()]
  const log = new SparingLog(lines, clock)
  const error = new TributaryError('storage', 'gone')
  for (let i = 0; i < 1_000; i++) log.error('an append failed', { entity: `e${i}`, error })
  log.with({}).error('an append failed', { entity: 'x', error })
  log.error('a load failed', { entity: 'x', error })
  expect(lines.lines).toEqual([
    ['error', 'an append failed', { entity: 'e0', error }],
    ['error', 'a load failed', { entity: 'x', error }],
  ])
  clock.advance(60_000)
  log.error('an append failed', { entity: 'y', error })
  expect(lines.lines.at(-1)).toEqual([
    'error',
    'an append failed',
    { entity: 'y', error, more: 1_000 },
  ])
})

test('[R13] all else is told each time', () => {
  const lines = new RecordedLog()
  const log = new SparingLog(lines, new ManualClock())
  const damaged = { entity: 'e', error: new TributaryError('damaged', 'flipped') }
  const ofNone = { error: new TributaryError('storage', 'full') }
  for (let i = 0; i < 2; i++) {
    log.error('a', damaged)
    log.error('b', ofNone)
    log.error('c')
    log.warn('d', ofNone)
  }
  expect(lines.events.join('')).toBe('abcdabcd')
})

describe('[G27] a client that is sent away', () => {
  const event = 'a client was not let in'
  const scene = () => {
    const [lines, clock] = [new RecordedLog(), new ManualClock()]
    return { lines, clock, log: new SparingLog(lines, clock) }
  }

  test('is told of once a minute, with the number of the others', () => {
    const { lines, clock, log } = scene()
    const fields = { address: 'a', code: 'forbidden' }
    for (let i = 0; i < 10; i++) log.info(event, { ...fields, entity: `e${i}` })
    log.with({ node: 1 }).info(event, fields)
    log.info(event, { ...fields, code: 'unauthenticated' })
    log.info(event, { ...fields, address: 'b' })
    log.warn('another', fields)
    expect(lines.lines.map(([, , { more, ...rest }]) => [rest.address, rest.code, more])).toEqual([
      ['a', 'forbidden', undefined],
      ['a', 'unauthenticated', 10],
      ['b', 'forbidden', undefined],
      ['a', 'forbidden', undefined],
    ])
    clock.advance(60_000)
    log.info(event, fields)
    expect(lines.lines.at(-1)).toEqual(['info', event, fields])
  })

  test('is one of a hundred at most, however many addresses there are', () => {
    const { lines, clock, log } = scene()
    for (let i = 0; i < 1_000; i++) log.info(event, { address: `a${i}`, code: 'forbidden' })
    log.info('listening', { address: 'x' })
    expect(lines.lines).toHaveLength(101)
    clock.advance(60_000)
    log.info(event, { address: 'a', code: 'forbidden' })
    expect(lines.lines.at(-1)?.[2]).toMatchObject({ more: 900 })
  })
})
