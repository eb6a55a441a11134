import { expect, test } from 'vitest'
import { LocalBus } from '../../../src/bus/local.ts'
import { Healer } from '../../../src/entity/healing/healer.ts'
import { REF } from '../../support/entity-stage.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const MB = 1024 * 1024

test('[L78] 64 entities at once; who is done makes room for the next', async () => {
  const healer = new Healer(new ManualClock(), new LocalBus('one'))
  const ends = await Promise.all(Array.from({ length: 64 }, () => healer.turn()))
  let came = false
  const next = healer.turn().then((end) => {
    came = true
    return end
  })
  await Promise.resolve()
  expect([healer.atWork, came]).toEqual([64, false])
  ends[0]?.()
  const end = await next
  expect(healer.atWork).toBe(64)
  for (const each of [...ends.slice(1), end]) each()
  expect(healer.atWork).toBe(0)
})

test('[L78] of 100,000 that wait each has its turn, in their order', async () => {
  const healer = new Healer(new ManualClock(), new LocalBus('one'))
  const came: number[] = []
  const turns = Array.from({ length: 100_000 }, async (_, i) => {
    const end = await healer.turn()
    came.push(i)
    end()
  })
  await Promise.all(turns)
  expect(came.every((one, i) => one === i)).toBe(true)
  expect([came.length, healer.atWork]).toEqual([100_000, 0])
})

test('[L78] 32 MB a second, the first of them at once', () => {
  const clock = new ManualClock()
  const healer = new Healer(clock, new LocalBus('one'))
  expect(healer.spend(32 * MB)).toBe(0)
  expect(healer.spend(16 * MB)).toBe(500)
  clock.advance(1_500)
  expect(healer.spend(32 * MB)).toBe(0)
})

test('[L74] the only node waits for nobody', () => {
  expect(new Healer(new ManualClock(), new LocalBus('one')).wait(REF.key)).toBe(0)
})
