import { expect, test } from 'vitest'
import { calmWorld } from '../support/sim-calm.ts'
import type { SimClient } from '../support/sim-client.ts'
import { ALONE } from '../support/sim-nature.ts'
import type { SimWorld } from '../support/sim-world.ts'

const solo = (world: SimWorld): SimClient => world.openBrowser([ALONE])[0] as SimClient

test('[E10] clients that come at the same time cause one load', async () => {
  const world = await calmWorld({ store: { delay: 80, failing: 0, unanswered: 0 } })
  const clients = Array.from({ length: 8 }, () => solo(world))
  for (const client of clients) world.connect(client)
  await world.rest()
  await world.agree('in the end')
  expect(world.node?.counts.loads).toBe(1)
})

test('[E10] the last client may leave while another comes, at any moment', async () => {
  let unloads = 0
  for (let offset = 0; offset < 120; offset += 3) {
    const world = await calmWorld({
      seed: offset + 1,
      store: { delay: 20, failing: 0, unanswered: 0 },
      paces: { idle: 40 },
    })
    const [first, second] = [solo(world), solo(world)]
    world.connect(first)
    first.change((doc) => doc.getText('text').insert(0, 'left behind'))
    await world.until(() => first.synced, 'the first is synced')
    await world.advance(30)
    world.cut(first)
    await world.advance(offset)
    world.connect(second)
    await world.until(() => second.synced, 'the second is synced')
    expect(second.doc.getText('text').toString()).toBe('left behind')
    second.change((doc) => doc.getText('text').insert(0, 'not '))
    world.connect(first)
    await world.quiet()
    await world.agree(`after ${offset} ms`)
    unloads += world.node?.counts.unloads ?? 0
    expect(world.node?.counts.loads).toBe(1 + (world.node?.counts.unloads ?? 0))
  }
  // Some came before it was let go, some after.
  expect(unloads).toBeGreaterThan(5)
  expect(unloads).toBeLessThan(35)
})

test('[E10] [E5] an entity is not let go while an append of it fails', async () => {
  const world = await calmWorld({
    store: { delay: 5, failing: 0.9, unanswered: 0 },
    paces: { idle: 20 },
  })
  const client = solo(world)
  world.connect(client)
  await world.until(() => client.synced, 'it is synced')
  client.change((doc) => doc.getText('text').insert(0, 'kept'))
  await world.advance(10)
  world.cut(client)
  await world.until(() => world.node?.counts.unloads === 1, 'the entity is let go')
  expect(world.store.failures).toBeGreaterThan(1)
  expect(world.audit.nextClock(client.doc.clientID)).toBe(4)
  world.connect(client)
  await world.rest()
  await world.agree('in the end')
})
