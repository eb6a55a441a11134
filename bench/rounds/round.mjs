import { cpus } from 'node:os'
import { stolen as stolenTime } from '../measure/cpu.mjs'
import { Cluster } from './cluster.mjs'
import { measureClusterFanOut } from './cluster-fan-out.mjs'
import { measureComeBack } from './come-back.mjs'
import { measureCrowd } from './crowd.mjs'
import { measureFanOut } from './fan-out.mjs'
import { measureHistory } from './history.mjs'
import { measureIdle } from './idle.mjs'
import { measureJoin } from './join.mjs'
import { measureLatency } from './latency.mjs'
import { Load } from './load.mjs'
import { measurePublishes } from './publishes.mjs'
import { measureReaders } from './readers.mjs'
import { measureRedisMemory } from './redis-memory.mjs'
import { measureRelay } from './relay.mjs'
import { Server } from './server.mjs'
import { measureSlowReaders } from './slow-readers.mjs'
import { measureStart } from './start.mjs'
import { measureTokens } from './tokens.mjs'

/**
 * What one target did in one round of a scenario.
 *
 * @typedef {object} Sample
 * @property {string | null} tier
 * @property {Record<string, number>} figures By the keys that the scenario names, and more.
 * @property {number} load The share of its cores that the load used.
 * @property {number} others The share of the server's core that went to others.
 * @property {number} stolen The share of the machine's time that its host gave to other machines.
 * @property {string[]} warnings What makes the figures doubtful.
 */
/**
 * @typedef {object} Stage What a measurement is given.
 * @property {Server} server Of a cluster, the first one.
 * @property {Cluster | null} cluster
 * @property {(count: number, what: (index: number) => unknown[]) => Promise<Load>} load
 * @property {() => Promise<void>} rest Ends the load: for a measurement of several turns.
 * @property {number} seconds
 */

export const MEASURES = {
  'fan-out': measureFanOut,
  idle: measureIdle,
  join: measureJoin,
  'come-back': measureComeBack,
  'slow-readers': measureSlowReaders,
  latency: measureLatency,
  crowd: measureCrowd,
  history: measureHistory,
  readers: measureReaders,
  start: measureStart,
  tokens: measureTokens,
  'cluster-fan-out': measureClusterFanOut,
  publishes: measurePublishes,
  relay: measureRelay,
  'redis-memory': measureRedisMemory,
}

/** What a host may take of a machine's time: caches that others have used cost much more than that. */
export const UNDISTURBED = 0.01

/** @type {Set<{ kill: () => void }>} What must not outlive us. */
const running = new Set()
process.on('exit', () => {
  for (const one of running) one.kill()
})

/**
 * @param {import('../scenarios/scenario.mjs').Scenario} scenario
 * @param {import('../targets/targets.mjs').Target} target
 * @param {{ seconds: number, profiles: string | null }} options
 * @returns {Promise<Sample>}
 */
export async function playRound(scenario, target, { seconds, profiles }) {
  const { nodes, flags, isDurable } = scenario
  const cluster =
    nodes === undefined
      ? null
      : await Cluster.start(target, profiles, flags ?? [], nodes, isDurable)
  const server = cluster?.node(0) ?? (await Server.start(target, profiles, flags))
  const measured = cluster ?? server
  running.add(measured)
  /** @type {Load[]} */
  const loads = []
  const stage = {
    server,
    cluster,
    seconds,
    load: async (/** @type {number} */ count, /** @type {(index: number) => unknown[]} */ what) => {
      const load = await Load.start(count, what, cluster !== null)
      loads.push(load)
      running.add(load)
      return load
    },
    rest: async () => {
      for (const load of loads.splice(0)) {
        running.delete(load)
        await load.stop()
      }
    },
  }
  try {
    // Each measurement has its own kind of shape, which a scenario names beside it.
    const measure =
      /** @type {(stage: Stage, shape: any) => Promise<Omit<Sample, 'tier' | 'stolen'>>} */ (
        MEASURES[scenario.measure]
      )
    const before = { stolen: stolenTime(), time: performance.now() }
    const sample = await measure(stage, scenario.shape)
    const length = (performance.now() - before.time) * cpus().length
    const stolen = (stolenTime() - before.stolen) / length
    if (sample.load > 0.9) {
      sample.warnings.push(`the load used ${percent(sample.load)} of its cores: it measured itself`)
    }
    if (sample.others > 0.1) {
      sample.warnings.push(`others took ${percent(sample.others)} of the server's core`)
    }
    if (stolen > UNDISTURBED) {
      sample.warnings.push(`${percent(stolen)} of the machine's time went to other machines`)
    }
    return { tier: server.tier, ...sample, stolen }
  } finally {
    await stage.rest()
    running.delete(measured)
    await measured.stop()
  }
}

/** @param {number} share */
function percent(share) {
  return `${Math.round(share * 100)} %`
}
