import { setTimeout as sleep } from 'node:timers/promises'

/** It is looked at so often, in ms: counting goes through all keys. */
const LOOK = 5_000
/** Given up after so long, in ms. */
const LIMIT = 3_600_000

/**
 * What an idle entity takes of Redis' memory, when all that is done for it by and by has been done.
 *
 * @param {import('./round.mjs').Stage} stage
 * @param {{ entities: number, bytes: number }} shape
 */
export async function measureRedisMemory({ cluster, server, load: start }, { entities, bytes }) {
  if (cluster === null) throw new Error('this scenario needs a Redis')
  const { redis } = cluster
  await cluster.settle()
  const before = await redis.memory()
  const load = await start(1, () => ['Idle', server.door, { bytes }])
  await load.alone('visit', { count: entities, first: 0 })
  const written = await redis.memory()
  const after = await settled(redis)
  const compactions = (await server.metrics())('compactions_total{result="committed"}')
  const warnings = await load.alone('trouble')
  const one = await start(1, () => ['LargeEntity', server.door, { bytes: 0, entity: 'idle-0' }])
  if ((await one.alone('weigh')) < bytes) warnings.push('an entity came back with less than it had')
  return {
    figures: {
      each: (after - before) / entities,
      written: (written - before) / entities,
      total: after / 2 ** 20,
      compactions: compactions / entities,
    },
    load: 0,
    others: 0,
    warnings,
  }
}

/**
 * Its memory when every entity has come to rest. (That memory stands still says nothing: snapshots come
 * as logs go.)
 *
 * @param {import('./redis.mjs').Redis} redis
 * @returns {Promise<number>}
 */
async function settled(redis) {
  const begun = performance.now()
  while ((await redis.dirty()) > 0) {
    if (performance.now() - begun > LIMIT) throw new Error('not all entities come to rest')
    await sleep(LOOK)
  }
  return redis.memory()
}
