import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { busyOf, cpuOf } from '../measure/cpu.mjs'
import { writtenBy } from '../measure/disk.mjs'
import { memoryOf } from '../measure/memory.mjs'
import { readMetrics } from '../measure/metrics.mjs'
import { CORE } from './cores.mjs'

const ATTEND = new URL('../targets/attend.mjs', import.meta.url).href
/** Beside the sources: a temporary folder may lie in memory, where an fsync costs nothing. */
const DATA = fileURLToPath(new URL('../../.tmp/bench', import.meta.url))

/** A target that runs, on a core and, if it stores anything, on a data folder of its own. */
export class Server {
  #child
  /** @type {string | null} */
  #data
  #target
  #profiles
  /** Of Tributary, from its next start on. @type {readonly string[]} */
  flags
  /** @type {import('../load/process.mjs').Door} */
  door
  /** @type {string | null} How safe what it acknowledges is; null when it stores nothing. */
  tier = null

  /**
   * @param {import('../targets/targets.mjs').Target} target
   * @param {string | null} profiles Where to leave a CPU profile.
   * @param {readonly string[]} flags Of Tributary, beside port and data folder.
   */
  static async start(target, profiles = null, flags = []) {
    const server = new Server(target, profiles, flags)
    try {
      await server.#ready()
      return server
    } catch (error) {
      await server.stop()
      throw error
    }
  }

  /**
   * @param {import('../targets/targets.mjs').Target} target
   * @param {string | null} profiles
   * @param {readonly string[]} flags
   */
  constructor(target, profiles, flags) {
    this.#target = target
    this.#profiles = profiles
    this.flags = flags
    this.#data = null
    if (target.stores) {
      mkdirSync(DATA, { recursive: true })
      this.#data = mkdtempSync(join(DATA, 'data-'))
    }
    this.#child = this.#spawn()
    const { prefix, dialect, answers } = target
    this.door = { port: 0, prefix, query: '', dialect, answers }
  }

  #spawn() {
    const { script, main = '' } = this.#target
    const child = spawn(
      'taskset',
      [
        ...['-c', String(CORE), process.execPath, '--expose-gc', '--import', ATTEND],
        ...(this.#profiles === null ? [] : ['--cpu-prof', '--cpu-prof-dir', this.#profiles]),
        ...[script, this.#data ?? '', main, ...this.flags],
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )
    // Whoever kills the server leaves us a broken pipe.
    child.stdin.on('error', () => {})
    return child
  }

  /** Its data folder, of a target that stores anything. */
  get data() {
    if (this.#data === null) throw new Error('this target keeps nothing')
    return this.#data
  }

  get main() {
    return this.#target.main ?? ''
  }

  get pid() {
    return /** @type {number} */ (this.#child.pid)
  }

  async #ready() {
    const failed = once(this.#child, 'exit').then(([code]) => {
      throw new Error(`the server ended with ${code} before it listened`)
    })
    // Once it has listened, its end is somebody else's concern.
    failed.catch(() => {})
    const { port, url } = await Promise.race([this.#address(), failed])
    this.door.port = port ?? Number(new URL(url).port)
    for (let tries = 0; !(await isOpen(this.door.port)); tries++) {
      if (tries > 200) throw new Error('the server does not listen')
      await sleep(25)
    }
    if (this.#data === null) return
    for (let tries = 0; ; tries++) {
      const answer = await fetch(`http://127.0.0.1:${this.door.port}/readyz`)
      this.tier = String(/** @type {any} */ (await answer.json()).tier)
      if (answer.ok) return
      if (tries > 200) throw new Error(`the server does not get ready: ${answer.status}`)
      await sleep(25)
    }
  }

  /** @returns {Promise<{ port?: number, url: string }>} */
  async #address() {
    for await (const line of createInterface({ input: this.#child.stdout })) {
      if (!line.startsWith('{')) continue
      const said = JSON.parse(line)
      if (said.port === undefined && said.url === undefined) continue
      this.#child.stdout.resume()
      return said
    }
    throw new Error('the server did not say where it listens')
  }

  get doors() {
    return [this.door]
  }

  /** What the server and others have used of its core by now, in ms. */
  cpu() {
    const own = cpuOf(this.pid)
    return { own, others: busyOf(CORE) - own }
  }

  /** Bytes that it has made the system write to disk by now. */
  written() {
    return writtenBy(this.pid)
  }

  async account() {
    return { ...this.cpu(), written: this.written(), redis: null }
  }

  memory() {
    return memoryOf(this.pid).rss
  }

  /** Of Tributary. */
  metrics() {
    return readMetrics(this.door.port)
  }

  /**
   * Ends and starts again on the same data folder, on another port.
   *
   * @param {() => unknown} [between] While it is down.
   * @returns {Promise<number>} How long the start took, in ms: from its process to its `/readyz`.
   */
  async restart(between) {
    await this.#end()
    await between?.()
    const since = performance.now()
    this.#child = this.#spawn()
    await this.#ready()
    return performance.now() - since
  }

  /** Until it has nothing left to do, or for `limit` seconds. @param {number} [limit] */
  async settle(limit = 30) {
    let calm = 0
    for (let rounds = 0; calm < 4 && rounds < limit * 4; rounds++) {
      const before = cpuOf(this.pid)
      await sleep(250)
      calm = cpuOf(this.pid) - before <= 10 ? calm + 1 : 0
    }
  }

  /** Leaves nothing unused in memory, so that what is left can be counted. */
  async collect() {
    process.kill(this.pid, 'SIGUSR2')
    await this.settle()
  }

  async stop() {
    await this.#end()
    this.remove()
  }

  async #end() {
    const child = this.#child
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      const ended = once(child, 'exit')
      // A profile is written at an orderly end only. All else has been measured: no reason to wait.
      if (this.#profiles !== null) child.stdin.end()
      else child.kill('SIGKILL')
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(timer)
    }
  }

  /** At once, where nothing can be waited for. */
  kill() {
    this.#child.kill('SIGKILL')
    this.remove()
  }

  remove() {
    if (this.#data !== null) rmSync(this.#data, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** @param {number} port @returns {Promise<boolean>} */
function isOpen(port) {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const end = (/** @type {boolean} */ is) => {
      socket.destroy()
      resolve(is)
    }
    socket.once('connect', () => end(true)).once('error', () => end(false))
  })
}
