import { expect, test } from 'vitest'
import { calmWorld } from '../support/sim-calm.ts'
import type { SimClient } from '../support/sim-client.ts'
import { ALONE } from '../support/sim-nature.ts'
import type { SimWorld } from '../support/sim-world.ts'

const solo = (world: SimWorld): SimClient => world.openBrowser([ALONE])[0] as SimClient

const seenBy = (client: SimClient, other: SimClient): unknown =>
  client.awareness.getStates().get(other.doc.clientID)

/** Two tabs of one browser and somebody else, all here. */
async function threeHere(world: SimWorld): Promise<[SimClient, SimClient, SimClient]> {
  const [one, sibling] = world.openBrowser([ALONE, ALONE]) as [SimClient, SimClient]
  const far = solo(world)
  for (const client of [one, sibling, far]) world.connect(client)
  await world.rest()
  world.agreeOnPresence()
  return [one, sibling, far]
}

test('[A2] [A5] a tab whose socket dies makes nobody else leave, and is spoken for by its sibling', async () => {
  const world = await calmWorld()
  const [one, sibling, far] = await threeHere(world)
  world.cut(one, 300)
  await world.advance(100)
  // The tab has told its sibling that all are gone, who has told the server.
  expect(seenBy(sibling, far)).toBe(undefined)
  expect(seenBy(far, sibling)).toEqual({ name: 'client 1', at: 0 })
  await world.advance(300)
  expect(seenBy(far, one)).toEqual({ name: 'client 0', at: 0 })
  world.connect(one)
  await world.rest()
  world.agreeOnPresence()
})

test('[A3] [A6] who comes back before the old connection is known dead is never gone', async () => {
  const world = await calmWorld()
  const [one, , far] = await threeHere(world)
  world.cut(one, 500)
  world.connect(one)
  for (let i = 0; i < 60; i++) {
    if (i % 10 === 5) one.move()
    await world.advance(10)
    expect(seenBy(far, one)).not.toBe(undefined)
  }
  await world.rest()
  world.agreeOnPresence()
})

test('[A7] a claim that a slow network holds back after the step1 is still a claim', async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const world = await calmWorld({ seed })
    const [one, far] = [solo(world), solo(world)]
    for (const client of [one, far]) world.connect(client)
    await world.rest()
    world.cut(one)
    await world.advance(100)
    expect(seenBy(far, one)).toBe(undefined)
    world.connect(one, { link: { delay: { least: 5, most: 400 } } })
    await world.until(() => one.synced, 'it is back')
    await world.quiet()
    expect(seenBy(far, one), `seed ${seed}`).toEqual({ name: 'client 0', at: 0 })
    one.move()
    await world.quiet()
    expect(seenBy(far, one), `seed ${seed}`).toEqual({ name: 'client 0', at: 1 })
  }
})

test('[A12] [A13] what a sibling tab repeats does not go round for ever', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = await calmWorld({ seed, delay: { least: 20, most: 60 }, betweenTabs: 20 })
    const [one, sibling, far] = await threeHere(world)
    const { messages } = world.counts
    world.cut(one)
    world.connect(one)
    for (let i = 0; i < 12; i++) {
      await world.advance(16)
      one.move()
    }
    await world.quiet()
    // Three clients, thirteen states, each heard, echoed and told between tabs.
    expect(world.counts.messages - messages).toBeLessThan(150)
    for (const client of [one, sibling, far]) {
      expect(seenBy(client, one), `seed ${seed}`).toEqual({ name: 'client 0', at: 12 })
    }
  }
})

test('[A4] [A13] after a restart all see each other again by the next renewal', async () => {
  const world = await calmWorld()
  const clients = await threeHere(world)
  for (let round = 0; round < 5; round++) {
    for (const client of clients) {
      world.cut(client)
      world.connect(client)
      await world.advance(50)
    }
  }
  world.onLost = (client) => world.connect(client)
  for (const how of ['kill', 'drain'] as const) {
    await world.stop(how)
    await world.start()
    await world.rest()
    world.agreeOnPresence()
  }
})

test('[A14] those whom a stopping node sends away leave without a word', async () => {
  const world = await calmWorld()
  await threeHere(world)
  const { departures } = world.counts
  await world.stop('drain')
  expect(world.counts.departures).toBe(departures)
})
