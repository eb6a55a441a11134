import { setTimeout as sleep } from 'node:timers/promises'

/** It has settled when nothing more than this has changed, in bytes: buffers come and go, */
const NOISE = 256 * 1_024
/** for so long; */
const STILL = 30_000
/** or is given up after so long, in ms. */
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
  await load.only('visit', { count: entities, first: 0 })
  const written = await redis.memory()
  const after = await settled(redis)
  const compactions = (await server.metrics())('compactions_total{result="committed"}')
  const warnings = await load.only('trouble')
  const one = await start(1, () => ['LargeEntity', server.door, { bytes: 0, entity: 'idle-0' }])
  if ((await one.only('weigh')) < bytes) warnings.push('an entity came back with less than it had')
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

/** @param {import('./redis.mjs').Redis} redis @returns {Promise<number>} Its memory then. */
async function settled(redis) {
  let [last, since] = [await redis.memory(), performance.now()]
  const begun = since
  for (;;) {
    await sleep(1_000)
    const memory = await redis.memory()
    const time = performance.now()
    if (Math.abs(memory - last) > NOISE) [last, since] = [memory, time]
    if (time - since > STILL) return memory
    if (time - begun > LIMIT) throw new Error('the memory of Redis does not come to rest')
  }
}
