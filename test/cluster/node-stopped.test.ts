import { setTimeout as pause } from 'node:timers/promises'
import { describe } from 'vitest'
import { DEFAULT_TENANT, entityId, entityRef } from '../../src/core/ids.ts'
import { Names } from '../../src/redis/names.ts'
import { type Cluster, DURABLE } from '../support/cluster.ts'
import { clusterTest } from '../support/cluster-test.ts'
import { Crowd, PATIENCE } from '../support/crowd.ts'
import { until } from '../support/deadline.ts'
import { seedOfRun } from '../support/seeded.ts'
import type { Stage } from '../support/stage.ts'

const seed = seedOfRun()
/** A minute, as the fault has it, with `STOPPED_MS=60000`. */
const STOPPED_MS = Number(process.env.STOPPED_MS ?? 12_000)
const load = { clients: 9, entities: 3, updatesPerSecond: 150, seed }
const options = {
  nodes: 3,
  redisOptions: DURABLE,
  flags: ['--pace-compact-entries', '10', '--pace-compact-bytes', '2kb'],
  timeout: STOPPED_MS + 120_000,
  concurrent: true,
}

/** Where an entity's log in Redis ends, and where what is left of it begins; 0 before its first entry. */
async function spanOf(cluster: Cluster, id: string): Promise<{ first: number; last: number }> {
  const { key } = entityRef(DEFAULT_TENANT, entityId(id))
  const { stream } = new Names('tributary:', 0).keys(key)
  const { client } = cluster.redis
  if ((await client.exists(stream)) === 0) return { first: 0, last: 0 }
  const [first] = await client.xrange(stream, '-', '+', 'COUNT', 1)
  const info = (await client.xinfo('STREAM', stream)) as (string | number)[]
  const last = String(info[info.indexOf('last-generated-id') + 1])
  return { first: Number.parseInt(first?.[0] ?? last, 10), last: Number.parseInt(last, 10) }
}

/** @param meanwhile With the node's clients, while it is stopped. */
async function stopAndGoOn(
  cluster: Cluster,
  stage: Stage,
  meanwhile: 'stay' | 'leave',
): Promise<void> {
  const crowd = await Crowd.gather(stage, load, ...cluster.ports)
  await crowd.acknowledged()
  const stopped = cluster.node(0)
  const others = cluster.node(1)
  stopped.server.signal('SIGSTOP')
  const ends = await Promise.all(crowd.entities.map((id) => spanOf(cluster, id)))
  if (meanwhile === 'leave') {
    stopped.sendClientsTo(others)
    stopped.front.cut()
  }
  await pause(STOPPED_MS)
  await until('all logs are trimmed past it', PATIENCE, async () => {
    const now = await Promise.all(crowd.entities.map((id) => spanOf(cluster, id)))
    return now.every(({ first }, n) => first > (ends[n]?.last ?? 0) + 1)
  })
  stopped.server.signal('SIGCONT')
  stopped.comeHome()
  await crowd.synced()
  await crowd.acknowledged()
  await crowd.settle()
  // By the node that was stopped, which must not go on with what it had.
  await crowd.settleAt(stopped.port)
  await crowd.look('the node that went on', crowd.authors, stopped.port)
  await cluster.lookAtTheEnd(crowd)
}

describe('a node that is stopped while others write, compact and trim past it', () => {
  clusterTest(
    `[T4] y-redis goes on with a gap; here it has all, and its clients wait for it: ${STOPPED_MS} ms, C1 to C8 hold (seed ${seed})`,
    (cluster, stage) => stopAndGoOn(cluster, stage, 'stay'),
    options,
  )

  clusterTest(
    `[T4] and its clients go elsewhere: ${STOPPED_MS} ms, C1 to C8 hold (seed ${seed})`,
    (cluster, stage) => stopAndGoOn(cluster, stage, 'leave'),
    options,
  )
})
