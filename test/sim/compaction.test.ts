import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { calmWorld } from '../support/sim-calm.ts'
import type { SimClient } from '../support/sim-client.ts'
import { ALONE } from '../support/sim-nature.ts'

test('[E13] a snapshot holds no clean-up of formats that nobody has sent yet', async () => {
  const world = await calmWorld({ delay: { least: 40, most: 60 } })
  const clients = [ALONE, ALONE].map((nature) => world.openBrowser([nature])[0] as SimClient)
  for (const client of clients) world.connect(client)
  const [one, other] = clients as [SimClient, SimClient]
  one.change((doc) => doc.getMap('map').set('nested', new Y.Text('plain words')))
  await world.quiet()
  for (const client of [one, other]) {
    client.change((doc) => {
      const text = doc.getMap('map').get('nested')
      if (text instanceof Y.Text) text.format(0, 5, { bold: true })
    })
  }
  await world.until(() => world.audit.entries === 3, 'both formats are in the log')
  // The clients have not heard of each other yet. The audit holds the snapshot against the entries.
  world.node?.compact()
  await world.quiet()
  expect(world.node?.metrics.compactions.of('committed').value).toBe(1)
  expect(world.audit.entries).toBe(4)
  await world.agree('in the end')
})
