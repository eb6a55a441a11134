import { expect, test } from 'vitest'
import { calmWorld } from '../support/sim-calm.ts'
import type { SimClient } from '../support/sim-client.ts'
import { ALONE } from '../support/sim-nature.ts'
import type { SimWorld } from '../support/sim-world.ts'

/**
 * Two tabs of one browser. The first is offline and writes; the second is connected and deletes what
 * the first told it of, which the server has never heard of.
 */
async function unclosedDelete(world: SimWorld): Promise<[SimClient, SimClient]> {
  const [offline, online] = world.openBrowser([ALONE, ALONE]) as [SimClient, SimClient]
  world.connect(online)
  await world.until(() => online.synced, 'the second tab is synced')
  await world.advance(100)
  offline.change((doc) => doc.getText('text').insert(0, 'written offline'))
  await world.advance(100)
  expect(online.doc.getText('text').toString()).toBe('written offline')
  online.change((doc) => doc.getText('text').delete(0, 8))
  return [offline, online]
}

test('[E3] [S7] what an update builds on is asked for, and comes with the answer', async () => {
  const world = await calmWorld()
  const [offline, online] = await unclosedDelete(world)
  online.askSaved()
  await world.until(() => online.acknowledged === 1, 'the second tab is told that it is saved')
  expect(online.asked).toBe(2)
  expect(world.audit.nextClock(offline.doc.clientID)).toBe(15)
  world.connect(offline)
  await world.rest()
  await world.agree('in the end')
  expect(world.node?.metrics.questions.value).toBe(1)
  expect(world.node?.metrics.unclosed.value).toBe(1)
})

test('[S7] no second question while one is unanswered', async () => {
  const world = await calmWorld({ delay: { least: 50, most: 50 } })
  const [offline, online] = await unclosedDelete(world)
  online.change((doc) => doc.getText('text').delete(0, 2))
  online.change((doc) => doc.getText('text').insert(0, 'and '))
  world.connect(offline)
  await world.rest()
  await world.agree('in the end')
  expect(world.node?.metrics.unclosed.value).toBe(3)
  expect(online.asked).toBe(2)
})

test('[S7] [E6] a client that never answers is asked once more, told nothing, and sent away with 1013', async () => {
  const world = await calmWorld()
  world.rules.allowedEnds.add('no-answer')
  const ends: string[] = []
  world.onLost = (_, code) => ends.push(code)
  const [offline, online] = await unclosedDelete(world)
  online.answers = false
  online.askSaved()
  const since = world.clock.monotonic()
  await world.until(() => online.asked === 2, 'it is asked')
  await world.until(() => online.asked === 3, 'it is asked once more')
  expect(world.clock.monotonic() - since).toBeGreaterThanOrEqual(10_000)
  expect(world.clock.monotonic() - since).toBeLessThan(11_500)
  expect(ends).toEqual([])
  await world.until(() => ends.length > 0, 'it is sent away')
  expect(world.clock.monotonic() - since).toBeGreaterThanOrEqual(20_000)
  expect(world.clock.monotonic() - since).toBeLessThan(23_000)
  expect(ends).toEqual(['no-answer'])
  expect([online.asked, online.acknowledged]).toEqual([3, 0])

  online.answers = true
  for (const client of [offline, online]) world.connect(client)
  await world.rest()
  await world.agree('when it answers')
})
