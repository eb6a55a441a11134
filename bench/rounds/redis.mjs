import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { OTHER_CORES } from './cores.mjs'

/** Beside the sources: a temporary folder may lie in memory, where an fsync costs nothing. */
const DATA = fileURLToPath(new URL('../../.tmp/bench', import.meta.url))
/** Like the one of the deployment guide: every write is on disk before it is answered. */
const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always']

/**
 * A redis-server between the nodes, on the cores of the load: they are the nodes' to be measured
 * alone. The load there is nice, and makes room for it at once.
 */
export class Redis {
  #child
  #folder
  #port
  /** @type {import('node:net').Socket | null} */
  #socket = null

  /** @param {boolean} isDurable Otherwise all of it is in memory. */
  static async start(isDurable) {
    mkdirSync(DATA, { recursive: true })
    const folder = mkdtempSync(join(DATA, 'redis-'))
    const redis = new Redis(folder, await freePort(), isDurable ? DURABLE : [])
    try {
      await redis.#ready()
      return redis
    } catch (error) {
      await redis.stop()
      throw error
    }
  }

  /** @param {string} folder @param {number} port @param {readonly string[]} options */
  constructor(folder, port, options) {
    this.#folder = folder
    this.#port = port
    this.#child = spawn(
      'taskset',
      [
        ...['-c', OTHER_CORES, 'redis-server', '--port', String(port), '--bind', '127.0.0.1'],
        ...['--dir', folder, '--save', '', ...options],
      ],
      { stdio: 'ignore' },
    )
    this.#child.on('error', () => {})
  }

  get url() {
    return `redis://127.0.0.1:${this.#port}`
  }

  async #ready() {
    for (let tries = 0; ; tries++) {
      const { exitCode, signalCode } = this.#child
      if (exitCode !== null || signalCode !== null) {
        throw new Error(`redis-server ended with ${exitCode ?? signalCode}: is it installed?`)
      }
      this.#socket = await opened(this.#port)
      if (this.#socket !== null) return
      if (tries > 200) throw new Error('redis-server does not listen')
      await sleep(25)
    }
  }

  /**
   * What `INFO` says of a section, by the name of each line. Numbers are read, all else is NaN.
   *
   * @param {string} section
   * @returns {Promise<(line: string) => number>} Throws for a line that is not there.
   */
  async info(section) {
    const text = await this.#ask(`INFO ${section}`)
    const lines = new Map(
      Array.from(text.matchAll(/^([\w|-]+):(.*?)\r?$/gm), ([, name, value]) => [name, value]),
    )
    return (line) => {
      const value = lines.get(line)
      if (value === undefined) throw new Error(`no line ${line} in INFO ${section}`)
      return Number(value)
    }
  }

  /** CPU of its main thread by now, in ms: what it is limited by. */
  async cpu() {
    const info = await this.info('cpu')
    return (info('used_cpu_user_main_thread') + info('used_cpu_sys_main_thread')) * 1_000
  }

  /** How often something was published by now, by scripts too. */
  async publishes() {
    const text = await this.#ask('INFO commandstats')
    let calls = 0
    for (const [, count] of text.matchAll(/^cmdstat_s?publish:calls=(\d+)/gm))
      calls += Number(count)
    return calls
  }

  /** How many entities have something in their logs that is still to be compacted. */
  async dirty() {
    return Number(await this.#ask(`EVAL "${COUNT_DIRTY}" 0`))
  }

  /** In bytes, the empty server's own included. */
  async memory() {
    return (await this.info('memory'))('used_memory')
  }

  /** One command that is answered by a text. @param {string} command @returns {Promise<string>} */
  #ask(command) {
    const socket = this.#socket
    if (socket === null) throw new Error('there is no Redis')
    return new Promise((resolve, reject) => {
      let text = ''
      const end = (/** @type {Error | null} */ error) => {
        socket.off('data', take).off('error', end).off('close', closed)
        if (error === null) resolve(text.slice(text.indexOf('\n') + 1))
        else reject(error)
      }
      const closed = () => end(new Error('Redis is gone'))
      const take = (/** @type {Buffer} */ bytes) => {
        text += bytes.toString('latin1')
        const [head = '', length] = /^\$(\d+)\r\n/.exec(text) ?? []
        if (text.startsWith('-')) end(new Error(`Redis: ${text.slice(1).trim()}`))
        else if (length !== undefined && text.length >= head.length + Number(length) + 2) end(null)
      }
      socket.on('data', take).once('error', end).once('close', closed)
      socket.write(`${command}\r\n`)
    })
  }

  async stop() {
    this.#socket?.destroy()
    const child = this.#child
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
    this.#remove()
  }

  /** At once, where nothing can be waited for. */
  kill() {
    this.#child.kill('SIGKILL')
    this.#remove()
  }

  #remove() {
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** @param {number} port @returns {Promise<import('node:net').Socket | null>} */
function opened(port) {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.removeAllListeners('error').on('error', () => {})
      resolve(socket)
    })
    socket.once('error', () => resolve(null))
  })
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** A dirty set is there only while something is in it: 1,024 at most, among all keys. */
const COUNT_DIRTY =
  "local n = 0; for _, k in ipairs(redis.call('KEYS', 'tributary:*}:d')) do n = n + redis.call('ZCARD', k) end; return tostring(n)"
