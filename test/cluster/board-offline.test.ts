import { describe, expect } from 'vitest'
import { Artist, type Spot } from '../browser/artist.ts'
import { BoardReader } from '../browser/board-reader.ts'
import { withoutChromium } from '../browser/chromium.ts'
import { sees } from '../browser/peep.ts'
import { clusterTest } from '../support/cluster-test.ts'
import { coldRead } from '../support/cold-read.ts'
import { Stage } from '../support/stage.ts'

/** Resolves when the files of the pages are kept, and this page is served from them. */
const KEPT = `(async () => {
  await navigator.serviceWorker.ready
  if (navigator.serviceWorker.controller !== null) return
  await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve))
})()`

describe.skipIf(withoutChromium)('[U94] a board whose node is killed', () => {
  clusterTest(
    'is drawn on, opened again without any node, and what was drawn goes to another one',
    async (cluster, stage) => {
      const [one, two] = [cluster.node(0), cluster.node(1)]
      const [here, there] = [one, two].map(({ server, port }) => {
        const its = new Stage(server, port, stage.deadline)
        stage.atEnd(() => its.end())
        return its
      }) as [Stage, Stage]
      const id = stage.entity()
      const ann = await Artist.arrive(here, id, { name: 'Ann', serviceWorkers: 'allow' })
      await ann.is('Live')
      await ann.page.evaluate(KEPT)
      const bob = await Artist.arrive(there, id, { name: 'Bob' })
      // Who is live while the board is empty looks at its middle, not at what is drawn.
      await bob.is('Live')
      await box(ann, [200, 150])
      await sees(bob, 'scene', [200, 180])
      await ann.says('Saved')

      await one.kill()
      await ann.is('Offline')
      await box(ann, [400, 150])
      const isKept = async () => /^\d+ changes? kept here$/.test(await ann.words('#saved'))
      await ann.until('it is kept here', isKept)
      await ann.page.reload()
      await ann.is('Offline')
      await ann.until('it is kept here', isKept)
      await box(ann, [600, 350])
      await box(bob, [200, 450])
      await bob.says('Saved')

      one.sendClientsTo(two)
      await ann.is('Live')
      await ann.says('Saved')
      const reader = await BoardReader.open(there, id)
      await reader.until('all four', (shapes) => shapes.length === 4)
      const cold = await coldRead(cluster.redis.url, `b/${id}`)
      expect(cold?.getMap('shapes').size).toBe(4)
    },
    { nodes: 2, timeout: 120_000 },
  )
})

async function box(artist: Artist, [x, y]: Spot): Promise<void> {
  await artist.press('R')
  await artist.draw([
    [x, y],
    [x + 100, y + 60],
  ])
}
