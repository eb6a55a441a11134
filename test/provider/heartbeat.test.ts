import { expect, test } from 'vitest'
import { Heartbeat } from '../../client/provider/link/heartbeat.ts'
import { ManualPage } from '../support/link-owner.ts'

function beating(slack = 0) {
  const page = new ManualPage()
  const pings: number[] = []
  const rtts: number[] = []
  let deadAt: number | null = null
  const start = page.now
  const heartbeat = new Heartbeat(page, {
    ping: (number) => pings.push(number),
    rtt: (ms) => rtts.push(ms),
    slack: () => slack,
    dead: () => {
      deadAt ??= page.now - start
    },
  })
  heartbeat.ask()
  const answer = () => {
    heartbeat.heard()
    heartbeat.pong(pings.at(-1) as number)
  }
  answer()
  return { page, heartbeat, pings, rtts, answer, deadAt: () => deadAt }
}

test('[U5] silence is asked about after 2.5 s, and is death 2.5 s later', () => {
  const { page, pings, deadAt } = beating()
  page.advance(2_499)
  expect(pings).toHaveLength(1)
  page.advance(1)
  expect(pings).toHaveLength(2)
  page.advance(2_499)
  expect(deadAt()).toBeNull()
  page.advance(1)
  expect(deadAt()).toBe(5_000)
})

test('[U5] whatever the server says is a sign of life', () => {
  const { page, heartbeat, deadAt, pings } = beating()
  for (let ms = 0; ms < 60_000; ms += 500) {
    page.advance(500)
    heartbeat.heard()
  }
  expect(deadAt()).toBeNull()
  // On a busy link only the round trip is asked for, now and then.
  expect(pings.length).toBeLessThan(6)
})

test('[U5] an answer at the last moment is one', () => {
  const { page, answer, deadAt, rtts } = beating()
  page.advance(4_999)
  answer()
  page.advance(2_500)
  expect(deadAt()).toBeNull()
  expect(rtts).toEqual([0, 2_499])
})

test('[U6] who slept was not told: it asks first', () => {
  const { page, pings, answer, deadAt } = beating()
  page.advance(2_500)
  page.sleep(3_600_000)
  expect(deadAt()).toBeNull()
  expect(pings).toHaveLength(3)
  page.advance(100)
  answer()
  page.advance(4_000)
  expect(deadAt()).toBeNull()
})

test('[U6] a hidden tab whose timers come once a minute stays, as long as it is answered', () => {
  const { page, pings, answer, deadAt } = beating()
  for (let minute = 0; minute < 10; minute++) {
    const before = pings.length
    page.sleep(60_000)
    if (pings.length > before) answer()
  }
  expect(deadAt()).toBeNull()
})

test('[U6] and notices in the end that nobody answers', () => {
  const { page, deadAt } = beating()
  for (let minute = 0; minute < 4; minute++) page.sleep(60_000)
  expect(deadAt()).not.toBeNull()
})

test('[U6] a page that was busy hears first what has arrived meanwhile', () => {
  const { page, answer, deadAt } = beating()
  page.advance(2_500)
  // Busy for 2.2 s: the timer is due before the answer is heard, which is long there.
  page.sleep(2_200)
  answer()
  page.advance(600)
  expect(deadAt()).toBeNull()
})

test('[U18] what is large may take longer', () => {
  const { page, deadAt } = beating(3_000)
  page.advance(7_900)
  expect(deadAt()).toBeNull()
  page.advance(200)
  expect(deadAt()).not.toBeNull()
})

test('a clock that stood still while the device slept is not believed', () => {
  const { page, pings, deadAt } = beating()
  page.advance(2_500)
  // The other clock alone has gone on.
  const { wall } = page
  page.wall = () => wall.call(page) + 3_600_000
  page.advance(2_000)
  expect(pings).toHaveLength(3)
  page.advance(2_400)
  expect(deadAt()).toBeNull()
})

test('who has stopped has no timer left', () => {
  const { page, heartbeat } = beating()
  heartbeat.stop()
  expect(page.pending).toBe(0)
})
