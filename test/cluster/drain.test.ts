import { describe, expect } from 'vitest'
import { Acks } from '../support/acks.ts'
import { type Cluster, type ClusterNode, DURABLE } from '../support/cluster.ts'
import { clusterTest } from '../support/cluster-test.ts'
import { PATIENCE } from '../support/crowd.ts'
import { until } from '../support/deadline.ts'
import type { Stage } from '../support/stage.ts'
import type { StockClient } from '../support/stock-clients.ts'

const UNSAVED = 'stopped with updates that could not be made durable and were not acknowledged'

/** The fields of the first line of that event. */
function lineOf({ server }: ClusterNode, event: string): Record<string, unknown> | undefined {
  return server.output
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .find((line) => line.event === event)
}

interface Author {
  readonly id: string
  readonly client: StockClient
  readonly acks: Acks
}

/** Somebody who is there, with one line that is durable. */
async function author(node: ClusterNode, stage: Stage): Promise<Author> {
  const id = stage.entity()
  const client = stage.stock('3.1.0', id, { door: node.door, deadline: PATIENCE })
  const acks = new Acks(client)
  await client.synced()
  write(client, acks, 'before')
  await until('what was before is durable', PATIENCE, () => acks.waiting === 0)
  return { id, client, acks }
}

function write(client: StockClient, acks: Acks, line: string): void {
  client.doc.getArray('lines').push([line])
  acks.when(() => {})
}

const isPending = (node: ClusterNode) =>
  until('it is pending', PATIENCE, async () => (await node.metrics()).sum('pending_bytes') > 0)

/** Its Redis goes away: for one node by a route that is lost, for the other by its end. */
async function lose({ nodes, redis }: Cluster): Promise<void> {
  nodes[0]?.back.goDark()
  await redis.kill()
}

const DURABLE_NODES = { nodes: 2, redisOptions: DURABLE }

describe('[H30] a node that is told to stop', () => {
  clusterTest(
    'without its Redis ends in time, with 1, and says what it could not save; its clients still have it',
    async (cluster, stage) => {
      const authors = await Promise.all(cluster.nodes.map((node) => author(node, stage)))
      await lose(cluster)
      await Promise.all(
        cluster.nodes.map(async (node, n) => {
          const { client, acks } = authors[n] as Author
          write(client, acks, 'unsaved')
          await isPending(node)
          expect(await node.server.stop()).toEqual({ code: 1, signal: null })
          expect(lineOf(node, UNSAVED)).toMatchObject({ level: 'error', entities: 1 })
          expect(lineOf(node, UNSAVED)?.bytes).toBeGreaterThan(0)
          expect(acks.waiting).toBe(1)
        }),
      )

      await cluster.redis.restart()
      cluster.node(0).back.comeBack()
      for (const [n, node] of cluster.nodes.entries()) {
        const { id, client, acks } = authors[n] as Author
        await node.start()
        await until('it is durable', PATIENCE, () => acks.waiting === 0)
        client.provider.disconnect()
        const cold = await stage.stock('2.1.0', id, { door: node.door }).synced()
        expect(cold.doc.getArray('lines').toArray()).toEqual(['before', 'unsaved'])
      }
    },
    DURABLE_NODES,
  )

  clusterTest(
    'without its Redis, and with nothing to save, ends with 0',
    async (cluster, stage) => {
      await Promise.all(cluster.nodes.map((node) => author(node, stage)))
      await lose(cluster)
      for (const node of cluster.nodes) {
        expect(await node.server.stop()).toEqual({ code: 0, signal: null })
        expect(lineOf(node, UNSAVED)).toBe(undefined)
      }
    },
    DURABLE_NODES,
  )

  clusterTest(
    'waits for a Redis that comes back meanwhile',
    async (cluster, stage) => {
      const node = cluster.node(0)
      const { id, client, acks } = await author(node, stage)
      await cluster.redis.kill()
      write(client, acks, 'saved at last')
      await isPending(node)
      const exit = node.server.stop()
      await until('it stops', PATIENCE, () => lineOf(node, 'stopping') !== undefined)
      await cluster.redis.restart()
      expect(await exit).toEqual({ code: 0, signal: null })
      client.provider.disconnect()
      await node.start()
      const cold = await stage.stock('2.1.0', id, { door: node.door }).synced()
      expect(cold.doc.getArray('lines').toArray()).toEqual(['before', 'saved at last'])
    },
    { ...DURABLE_NODES, nodes: 1 },
  )
})
