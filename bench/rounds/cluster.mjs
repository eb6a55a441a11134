import { setTimeout as sleep } from 'node:timers/promises'
import { busyOf, cpuOf } from '../measure/cpu.mjs'
import { CORE } from './cores.mjs'
import { Redis } from './redis.mjs'
import { Server } from './server.mjs'

/** Some nodes of one target on one core, and a Redis between them on the cores of the load. */
export class Cluster {
  /** @type {Server[]} */
  nodes = []
  redis

  /**
   * @param {import('../targets/targets.mjs').Target} target
   * @param {string | null} profiles Where to leave a CPU profile of each thread of each node.
   * @param {readonly string[]} flags Of Tributary.
   * @param {number} count How many nodes.
   * @param {boolean} [isDurable] Whether Redis keeps anything on disk.
   */
  static async start(target, profiles, flags, count, isDurable = true) {
    const cluster = new Cluster(await Redis.start(isDurable))
    try {
      const all = [...flags, '--redis', cluster.redis.url]
      for (let n = 0; n < count; n++) cluster.nodes.push(await Server.start(target, profiles, all))
      return cluster
    } catch (error) {
      await cluster.stop()
      throw error
    }
  }

  /** @param {Redis} redis */
  constructor(redis) {
    this.redis = redis
  }

  /** @param {number} number */
  node(number) {
    const node = this.nodes.at(number)
    if (node === undefined) throw new Error(`there is no node ${number}`)
    return node
  }

  get doors() {
    return this.nodes.map(({ door }) => door)
  }

  /** What all nodes, and others, have used of their core by now, in ms. */
  cpu() {
    const own = this.nodes.reduce((sum, { pid }) => sum + cpuOf(pid), 0)
    return { own, others: busyOf(CORE) - own }
  }

  async account() {
    const written = this.nodes.reduce((sum, node) => sum + node.written(), 0)
    const redis = { cpu: await this.redis.cpu(), publishes: await this.redis.publishes() }
    return { ...this.cpu(), written, redis }
  }

  /** Until nobody has anything left to do, or for `limit` seconds. @param {number} [limit] */
  async settle(limit = 30) {
    let calm = 0
    for (let rounds = 0; calm < 4 && rounds < limit * 4; rounds++) {
      const before = this.cpu().own
      await sleep(250)
      calm = this.cpu().own - before <= 10 * this.nodes.length ? calm + 1 : 0
    }
  }

  async stop() {
    await Promise.all(this.nodes.map((node) => node.stop()))
    await this.redis.stop()
  }

  /** At once, where nothing can be waited for. */
  kill() {
    for (const node of this.nodes) node.kill()
    this.redis.kill()
  }
}
