import { expect, test } from 'vitest'
import { calmWorld } from '../support/sim-calm.ts'
import { ALONE } from '../support/sim-nature.ts'

test('[E4] a thousand reconnects after many deletes append nothing', async () => {
  const world = await calmWorld()
  const clients = Array.from(
    { length: 4 },
    () => world.openBrowser([{ ...ALONE, hidden: true }])[0],
  )
  for (const client of clients) if (client !== undefined) world.connect(client)
  await world.quiet()
  const { random } = world
  for (let i = 0; i < 400; i++) random.pick(clients)?.edit(random)
  await world.quiet()
  const reconnect = async () => {
    for (const client of clients) {
      client?.cut(0)
      if (client !== undefined) world.connect(client)
    }
    await world.quiet()
  }
  // The first answers may name deletes that no update has named, such as of what lost a set.
  await reconnect()
  const { bytes, entries } = world.audit
  const { repeated } = world.counts
  for (let round = 0; round < 250; round++) await reconnect()
  expect(world.audit).toMatchObject({ bytes, entries })
  expect(world.node?.metrics.repeated.value).toBeGreaterThanOrEqual(repeated + 1_000)
  await world.agree('in the end')
})

test('[E4] 50 clients clean up after one concurrent format, and one of them is written down', async () => {
  // Longer than a tick: else the first clean-up reaches the others together with what it cleans up.
  const world = await calmWorld({ delay: { least: 40, most: 60 } })
  const clients = Array.from(
    { length: 50 },
    () => world.openBrowser([{ ...ALONE, hidden: true }])[0],
  )
  const [one, other] = clients
  if (one === undefined || other === undefined) throw new Error('no clients')
  for (const client of clients) if (client !== undefined) world.connect(client)
  one.change((doc) => doc.getText('text').insert(0, 'plain words'))
  await world.quiet()
  const before = world.audit.entries
  const heard = world.node?.metrics.updatesIn.value ?? 0
  one.change((doc) => doc.getText('text').format(0, 5, { bold: true }))
  other.change((doc) => doc.getText('text').format(0, 5, { bold: true }))
  await world.quiet()
  await world.agree('in the end')
  const cleanUps = (world.node?.metrics.updatesIn.value ?? 0) - heard - 2
  expect(cleanUps).toBeGreaterThanOrEqual(45)
  expect(world.audit.entries - before).toBe(3)
})
