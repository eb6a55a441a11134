import { expect, test } from 'vitest'
import { TributaryError } from '../../src/core/errors.ts'
import { patiently } from '../../src/entity/patiently.ts'
import { ManualClock } from '../support/manual-clock.ts'

const away = new TributaryError('storage', 'nobody answers')
/** Lets what is resolved go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

function start(outcomes: (count: number) => string | TributaryError) {
  const clock = new ManualClock()
  const tries: number[] = []
  const state = { over: false }
  const end = patiently(
    clock,
    async () => {
      const outcome = outcomes(tries.push(clock.now - 1_000_000))
      if (outcome instanceof Error) throw outcome
      return outcome
    },
    () => state.over,
  ).catch((error: TributaryError) => error.code)
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 100) {
      await settle()
      clock.advance(100)
    }
    await settle()
  }
  return { tries, state, end, pass }
}

test('[R12] what the store cannot be asked is asked again, less and less often, until it answers', async () => {
  const { tries, end, pass } = start((count) => (count < 8 ? away : 'here'))
  await pass(20_000)
  expect(await end).toBe('here')
  expect(tries).toEqual([0, 100, 300, 700, 1_500, 3_100, 5_100, 7_100])
})

test('[R12] and is given up after a minute', async () => {
  const { tries, end, pass } = start(() => away)
  await pass(59_000)
  const before = tries.length
  await pass(4_000)
  expect(await end).toBe('storage')
  expect(tries.length).toBeGreaterThan(before)
  expect(tries.at(-1)).toBeGreaterThanOrEqual(60_000)
})

test('[R12] any other fault is no reason to ask again, and nobody is who asks no more', async () => {
  const damaged = start(() => new TributaryError('damaged', 'flipped'))
  expect(await damaged.end).toBe('damaged')
  expect(damaged.tries).toHaveLength(1)
  const left = start(() => away)
  left.state.over = true
  await left.pass(500)
  expect(await left.end).toBe('draining')
  expect(left.tries).toHaveLength(1)
})
