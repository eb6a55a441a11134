import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * @typedef {object} Place
 * @property {string} dist Of the built code of a server.
 * @property {string} redis Its URL.
 */

const SILENT = { error() {}, warn() {}, info() {}, debug() {} }

/** Appends as a node does, by its very code, without a node's sockets. */
export class LogWriter {
  #link
  #log
  #ids
  #failed
  #count = 0

  /** @param {Place} place @param {(reason: string) => void} failed */
  static async open({ dist, redis }, failed) {
    const from = (/** @type {string} */ path) => import(pathToFileURL(join(dist, path)).href)
    const { SYSTEM_CLOCK: clock, SYSTEM_RANDOM: random } = await from('ops/system.js')
    const { DEFAULT_PACES: paces } = await from('core/limits.js')
    const { RedisLink } = await from('redis/link.js')
    const { readRedisUrl } = await from('redis/place.js')
    const { RedisLog } = await from('log/redis.js')
    const link = new RedisLink({ place: readRedisUrl(redis), random, logger: SILENT })
    await link.whenReady()
    const limits = { setAsideBytes: 1_000_000 }
    const parts = { clock, random, logger: SILENT, limits, paces }
    const log = new RedisLog(link, { ...parts, tier: () => 'memory' })
    return new LogWriter(link, log, random.id(8), failed)
  }

  /**
   * @param {any} link
   * @param {any} log
   * @param {string} ids What its entries' begin with.
   * @param {(reason: string) => void} failed
   */
  constructor(link, log, ids, failed) {
    this.#link = link
    this.#log = log
    this.#ids = ids
    this.#failed = failed
  }

  /** @param {string} entity @param {Uint8Array} update */
  append(entity, update) {
    const id = `${this.#ids}.${(this.#count++).toString(36)}`
    this.#log
      .append(`default/${entity}`, {
        id,
        authors: [{ actor: 'anonymous', session: 's-1', clients: [] }],
        origin: 'session',
        time: Date.now(),
        update,
      })
      .catch((/** @type {unknown} */ error) => this.#failed(String(error)))
  }

  async close() {
    await this.#log.close()
    await this.#link.close()
  }
}
