import { afterEach, expect, test } from 'vitest'
import { SYSTEM_RANDOM } from '../../src/ops/system.ts'
import { readRedisUrl } from '../../src/redis/place.ts'
import { Replicas } from '../../src/redis/replicas.ts'

/** Vitest's own would fail the run, and no test. */
const listeners = process.listeners('unhandledRejection')
afterEach(() => {
  process.removeAllListeners('unhandledRejection')
  for (const listener of listeners) process.on('unhandledRejection', listener)
})

test('[R4] without the connection that asks replicas nobody confirms, and the node goes on', async () => {
  const unhandled: unknown[] = []
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (why) => unhandled.push(why))
  const replicas = new Replicas({
    // A port that nobody listens on.
    place: readRedisUrl('redis://127.0.0.1:1'),
    random: SYSTEM_RANDOM,
    channel: 'a',
    wanted: 1,
    wait: 100,
  })
  expect(await replicas.confirm()).toBe(0)
  await new Promise((resolve) => setImmediate(resolve))
  expect(unhandled).toEqual([])
  expect([replicas.answered, replicas.lastShort]).toEqual([0, 0])
  replicas.close()
})
