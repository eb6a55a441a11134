import { expect, test } from 'vitest'
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
