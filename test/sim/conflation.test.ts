import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { calmWorld } from '../support/sim-calm.ts'
import type { SimClient } from '../support/sim-client.ts'
import { ALONE } from '../support/sim-nature.ts'
import type { SimWorld } from '../support/sim-world.ts'

const SLOW = { link: { bytesPerMs: 0.05 } }

const solo = (world: SimWorld): SimClient => world.openBrowser([ALONE])[0] as SimClient

async function type(world: SimWorld, writer: SimClient, words: number): Promise<void> {
  for (let i = 0; i < words; i++) {
    writer.change((doc) => {
      const text = doc.getText('text')
      text.insert(text.length, `word ${i} `)
      if (i % 3 === 2) text.delete(0, 5)
    })
    await world.advance(20)
  }
}

test('[S4] a slow reader is sent what it missed as one update, deletes and all', async () => {
  const world = await calmWorld({ limits: { outboxSoftBytes: 60 } })
  const [writer, reader] = [solo(world), solo(world)]
  world.connect(writer)
  world.connect(reader, SLOW)
  await world.rest()
  const before = reader.updated
  await type(world, writer, 60)
  await world.rest()
  await world.agree('in the end')
  expect(world.node?.metrics.conflations.value).toBeGreaterThan(0)
  expect(reader.updated - before).toBeLessThan(15)
})

test('[S4] what has been compacted away under a slow reader comes as to a client that returns', async () => {
  const world = await calmWorld({ limits: { outboxSoftBytes: 60 }, paces: { compactEntries: 10 } })
  const [writer, reader] = [solo(world), solo(world)]
  world.connect(writer)
  world.connect(reader, SLOW)
  await world.rest()
  await type(world, writer, 60)
  await world.rest()
  await world.agree('in the end')
  expect(world.node?.counts.compactedAway).toBeGreaterThan(0)
})

test('[S2] a slow joiner is synced when it has everything, whatever is written meanwhile', async () => {
  const world = await calmWorld({ limits: { outboxSoftBytes: 60, outboxHardBytes: 1 } })
  const writer = solo(world)
  world.connect(writer)
  await type(world, writer, 30)
  const joiner = solo(world)
  world.connect(joiner, SLOW)
  await world.until(() => joiner.connected, 'the joiner is connected')
  await world.advance(5)
  const promised = world.audit.nextClock(writer.doc.clientID)
  const writing = type(world, writer, 30)
  await world.until(() => joiner.synced, 'the joiner is synced')
  expect(Y.getState(joiner.doc.store, writer.doc.clientID)).toBeGreaterThanOrEqual(promised)
  await writing
  await world.rest()
  await world.agree('in the end')
})

test('[S4] a join that waits for its socket while the tail is compacted away misses nothing', async () => {
  const world = await calmWorld({
    limits: { outboxSoftBytes: 60, outboxHardBytes: 1 },
    paces: { compactEntries: 5 },
  })
  const [writer, late] = [solo(world), solo(world)]
  world.connect(writer)
  await type(world, writer, 20)
  const joiner = solo(world)
  world.connect(joiner, SLOW)
  world.connect(late)
  await world.advance(10)
  // Another client's first struct is in what is compacted away.
  await type(world, late, 6)
  await type(world, writer, 20)
  await world.rest()
  await world.agree('in the end')
  expect(world.node?.counts.compactedAway).toBeGreaterThan(0)
})
