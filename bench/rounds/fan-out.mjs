import { setTimeout as sleep } from 'node:timers/promises'
import { now } from '../load/clock.mjs'
import { Histogram } from '../load/histogram.mjs'
import { LOAD_CORES } from './cores.mjs'

/**
 * V8 still compiles after 10 s of 500 updates a second, with a quarter of the CPU. A server runs for
 * weeks. Where a second brings fewer calls, the shape says how much longer that takes.
 */
const WARM_UP = 15_000
/** What a server still has under way after so long does not come any more. */
const DRAIN = 30_000
/** Sends may be late by a timer; more means that the load could not keep up. */
const LATE = 10

/** @typedef {import('./server.mjs').Server | import('./cluster.mjs').Cluster} Measured */

/**
 * Typing on a schedule: CPU per delivery, and how old each keystroke was when a reader had it.
 *
 * @param {Pick<import('./round.mjs').Stage, 'load' | 'seconds'> & { server: Measured }} stage
 * @param {import('../load/fan-out.mjs').Shape} shape
 */
export async function measureFanOut({ server, load: start, seconds }, shape) {
  // More processes than cores would only take turns.
  const count = Math.min(4, LOAD_CORES)
  const load = await start(count, (index) => ['FanOut', server.doors, shape, { index, of: count }])
  await load.call('open')
  await server.settle(5)
  return runFanOut(server, load, seconds, shape.warmUp)
}

/**
 * Once more or for the first time, on connections that are open.
 *
 * @param {Measured} server
 * @param {import('./load.mjs').Load} load
 * @param {number} seconds
 * @param {number} warmUp In ms.
 */
export async function runFanOut(server, load, seconds, warmUp = WARM_UP) {
  const plan = { start: now() + 300, warmUp, length: seconds * 1_000, drain: DRAIN }
  const results = load.call('run', plan)
  const [before, after] = await Promise.all([
    at(plan.start + plan.warmUp, server),
    at(plan.start + plan.warmUp + plan.length, server),
  ])
  return { ...summary(await results, before, after), warmUp: warmUp / 1_000 }
}

/** @param {number} time @param {Measured} server */
async function at(time, server) {
  await sleep(Math.max(0, time - now()))
  return { ...(await server.account()), time: now() }
}

/**
 * @param {any[]} results
 * @param {Awaited<ReturnType<typeof at>>} before
 * @param {Awaited<ReturnType<typeof at>>} after
 */
function summary(results, before, after) {
  const latency = new Histogram()
  const lateness = new Histogram()
  const acks = new Histogram()
  let delivered = 0
  let lost = 0
  let unacked = 0
  let load = 0
  const trouble = new Set()
  for (const result of results) {
    latency.merge(result.latency)
    lateness.merge(result.lateness)
    acks.merge(result.acks)
    unacked += result.unacked
    delivered += result.delivered
    lost += result.lost
    load += result.load / LOAD_CORES
    for (const one of result.trouble) trouble.add(one)
  }
  const warnings = [...trouble]
  if (lost > 0) {
    warnings.push(`${lost} deliveries had not come ${DRAIN / 1_000} s after the last update`)
  }
  if (unacked > 0) warnings.push(`${unacked} markers had not come back`)
  if (delivered === 0) {
    throw new Error(`nothing was delivered while it was measured: ${warnings.join('; ')}`)
  }
  if (lateness.at(0.99) > LATE) {
    warnings.push(`1 % of the sends were ${Math.round(lateness.at(0.99))} ms late or more`)
  }
  const length = after.time - before.time
  return {
    figures: {
      cpu: ((after.own - before.own) * 1_000) / delivered,
      p50: latency.at(0.5),
      p99: latency.at(0.99),
      p999: latency.at(0.999),
      max: latency.max,
      delivered,
      lost,
      ack: acks.at(0.99),
      written: (after.written - before.written) / delivered,
      busy: (after.own - before.own) / length,
      late: lateness.at(0.99),
      ...ofRedis(before, after, delivered),
    },
    load,
    others: (after.others - before.others) / length,
    warnings,
  }
}

/**
 * Of a cluster. Redis says by itself what it has used, so that nobody else's time is in it.
 *
 * @param {Awaited<ReturnType<typeof at>>} before
 * @param {Awaited<ReturnType<typeof at>>} after
 * @param {number} delivered
 */
function ofRedis(before, after, delivered) {
  if (before.redis === null || after.redis === null) return {}
  const cpu = after.redis.cpu - before.redis.cpu
  return {
    redis: (cpu * 1_000) / delivered,
    redisShare: (cpu / (after.time - before.time)) * 100,
    publishes: (after.redis.publishes - before.redis.publishes) / delivered,
  }
}
