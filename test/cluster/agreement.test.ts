import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { areEqual, equalityFaults } from '../support/checker.ts'
import { clusterStockTest } from '../support/cluster-test.ts'
import { until } from '../support/deadline.ts'
import { applyPatch, Typist } from '../support/generator.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'
import type { Stage } from '../support/stage.ts'
import { STOCK_VERSIONS, type StockClient } from '../support/stock-clients.ts'

const seed = seedOfRun()

/** One client of each generation, each on a node of its own. */
const oneEach = (stage: Stage, doors: readonly string[], id: string): Promise<StockClient[]> =>
  Promise.all(
    STOCK_VERSIONS.map((version, n) =>
      stage.stock(version, id, { door: doors[n % doors.length] as string }).synced(),
    ),
  )

const converged = (stage: Stage, clients: readonly StockClient[]): Promise<void> =>
  until('equal', stage.deadline, () => areEqual(clients.map(({ doc }) => doc)), 20)

describe('stock clients of three generations, each on a node of its own', () => {
  clusterStockTest('[L54] agree on text, map, array and XML', async (doors, stage) => {
    const clients = await oneEach(stage, doors, stage.entity())
    for (const { doc, version } of clients) {
      doc.getText('text').insert(0, `written by ${version} `)
      doc.getMap('map').set(version, { nested: [version, 1, null, true] })
      doc.getMap('map').set('contested', version)
      doc.getArray('array').push([version, new Y.Map([['version', version]])])
      const element = new Y.XmlElement('p')
      element.setAttribute('version', version)
      doc.getXmlFragment('xml').push([element])
      element.insert(0, [new Y.XmlText(version)])
    }
    await until('everything of everybody', stage.deadline, () =>
      clients.every(
        ({ doc }) =>
          doc.getArray('array').length === 6 &&
          doc.getMap('map').size === 4 &&
          doc.getXmlFragment('xml').length === 3 &&
          STOCK_VERSIONS.every((version) => doc.getText('text').toString().includes(version)),
      ),
    )
    await converged(stage, clients)
    expect(equalityFaults(clients.map(({ version, doc }) => ({ name: version, doc })))).toEqual([])
  })

  clusterStockTest(
    `[L54] agree after typing at once, and changing nodes by turns (seed ${seed})`,
    async (doors, stage) => {
      const random = new Seeded(seed)
      const id = stage.entity()
      const clients = await oneEach(stage, doors, id)
      const typists = clients.map(() => new Typist(random))
      for (let round = 0; round < 300; round++) {
        const who = random.int(0, clients.length - 1)
        const { doc, version } = clients[who] as StockClient
        const text = doc.getText()
        doc.transact(() => applyPatch(text, (typists[who] as Typist).next(text.toString())))
        if (random.chance(0.03)) {
          // The same document at another door, as behind a load balancer.
          clients[who]?.end()
          const next = stage.stock(version, id, { doc, door: random.pick(doors) })
          clients[who] = next
        }
        if (random.chance(0.2)) await pause(random.int(0, 10))
      }
      await Promise.all(clients.map((client) => client.synced()))
      await converged(stage, clients)
      expect(clients[0]?.doc.getText().length).toBeGreaterThan(50)
    },
  )

  clusterStockTest(
    '[L54] one that joins while others edit elsewhere misses nothing',
    async (doors, stage) => {
      const id = stage.entity()
      const [one, two] = (await oneEach(stage, doors, id)) as [StockClient, StockClient]
      const joiners: StockClient[] = []
      for (let n = 0; n < 300; n++) {
        one.doc.getArray('one').push([n])
        two.doc.getArray('two').push([n])
        if (n % 7 === 0)
          two.doc.getArray('one').delete(0, Math.min(1, two.doc.getArray('one').length))
        if (n % 60 === 30) {
          joiners.push(stage.stock('3.1.0', id, { door: doors[(n / 30) % doors.length] as string }))
        }
        if (n % 3 === 0) await pause(1)
      }
      await Promise.all(joiners.map((joiner) => joiner.synced()))
      await converged(stage, [one, two, ...joiners])
      expect(joiners[0]?.doc.getArray('two').length).toBe(300)
    },
  )
})
