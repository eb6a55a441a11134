import { expect, test } from 'vitest'
import { Followers, followersOf } from '../../src/redis/followers.ts'

const MINUTE = 60_000

test('[L94] a replica that was there and is not is missing, for 10 minutes or until it is back', () => {
  const followers = new Followers()
  expect([0, 1, 2].map((count) => followers.seen(count, 0))).toEqual([false, false, false])
  expect(followers.seen(1, MINUTE)).toBe(true)
  expect(followers.seen(2, 2 * MINUTE)).toBe(false)
  expect(followers.seen(1, 3 * MINUTE)).toBe(true)
  expect(followers.seen(0, 12 * MINUTE)).toBe(true)
  // Somebody wants it so.
  expect(followers.seen(0, 13 * MINUTE)).toBe(false)
  expect(followers.seen(1, 14 * MINUTE)).toBe(false)
  expect(followers.seen(0, 15 * MINUTE)).toBe(true)
  followers.forget()
  expect(followers.seen(0, 16 * MINUTE)).toBe(false)
})

test('[L94] one that is not online, or has been silent for more than 10 s, does not follow', () => {
  const slave = (state: string, lag: number) =>
    `ip=127.0.0.1,port=1,state=${state},offset=14,lag=${lag}`
  const info = new Map([
    ['role', 'master'],
    ['connected_slaves', '4'],
    ['slave0', slave('online', 0)],
    ['slave1', slave('online', 10)],
    ['slave2', slave('online', 11)],
    ['slave3', slave('wait_bgsave', 0)],
  ])
  expect(followersOf(info)).toBe(2)
  expect(followersOf(new Map())).toBe(0)
})
