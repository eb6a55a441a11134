import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import type { Cluster } from '../support/cluster.ts'
import { clusterTest } from '../support/cluster-test.ts'
import { until } from '../support/deadline.ts'
import { update } from '../support/frames.ts'
import type { Stage } from '../support/stage.ts'

const EDITS = 100

interface Cost {
  readonly appends: number
  /** What nodes tell each other besides, by the clock and not by the edit. */
  readonly publishes: number
  readonly seconds: number
}

/** What edits cost Redis on an entity that so many nodes have open, two clients on each. */
async function costOf(cluster: Cluster, stage: Stage, nodes: number): Promise<Cost> {
  const id = stage.entity()
  const doors = cluster.nodes.slice(0, nodes).map(({ door }) => door)
  const readers = await Promise.all(
    [...doors, ...doors].map(async (door) => {
      const reader = await stage.raw(id, { door })
      await reader.join()
      return reader
    }),
  )
  const writer = await stage.raw(id, { door: doors[0] as string })
  await writer.join()
  const doc = new Y.Doc()
  doc.on('update', (bytes: Uint8Array) => writer.send(update(bytes)))
  const since = performance.now()
  const before = await cluster.commands()
  for (let n = 0; n < EDITS; n++) {
    doc.getArray('edits').push([n])
    // One by one: edits of one tick would be one entry.
    await writer.settled()
  }
  const after = await cluster.commands()
  const seconds = (performance.now() - since) / 1_000
  await until('all of it everywhere', stage.deadline, () =>
    readers.every((reader) => reader.doc().getArray('edits').length === EDITS),
  )
  const count = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0)
  return { appends: count('xadd'), publishes: count('publish'), seconds }
}

describe('what an edit costs Redis', () => {
  clusterTest(
    '[T1] Hocuspocus publishes 3N−2 times for an edit: here once, with one, two and four nodes',
    async (cluster, stage) => {
      for (const nodes of [1, 2, 4]) {
        const { appends, publishes, seconds } = await costOf(cluster, stage, nodes)
        expect(appends, `${nodes} nodes`).toBe(EDITS)
        expect(publishes, `${nodes} nodes`).toBeGreaterThanOrEqual(EDITS)
        // A sign of life of each of the four every other second, and who they think is dead: 3N−2
        // would be 1,000 with four.
        const besides = 4 * (seconds + 3)
        expect(publishes, `${nodes} nodes`).toBeLessThan(EDITS + besides)
      }
    },
    { nodes: 4, timeout: 120_000 },
  )
})
