import { expect, test } from 'vitest'
import { atMost } from '../../src/core/at-most.ts'
import { ManualClock } from '../support/manual-clock.ts'

test('what ends in time is waited for, and leaves no timer behind', async () => {
  const clock = new ManualClock()
  expect(await atMost(clock, 100, Promise.resolve('done'))).toBe(true)
  expect(await atMost(clock, 100, null)).toBe(true)
  await expect(atMost(clock, 100, Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(clock.pending).toBe(0)
})

test('what does not end is left after the time', async () => {
  const clock = new ManualClock()
  let ended: boolean | null = null
  const waiting = atMost(clock, 100, new Promise(() => {})).then((is) => {
    ended = is
  })
  clock.advance(99)
  await Promise.resolve()
  expect(ended).toBe(null)
  clock.advance(1)
  await waiting
  expect(ended).toBe(false)
  expect(clock.pending).toBe(0)
})
