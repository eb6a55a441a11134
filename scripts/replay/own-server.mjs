import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from '../build.mjs'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** A server on a folder of its own, both gone afterwards; or a node on somebody's Redis. */
export class OwnServer {
  #data
  /** @type {readonly string[]} */
  #flags
  /** @type {import('node:child_process').ChildProcess | null} */
  #child = null
  /** Where clients connect: `ws://127.0.0.1:1234/sync`. */
  door = ''

  /** @param {{ url: string, prefix: string } | null} redis `null`: the folder. */
  constructor(redis) {
    this.#data = redis === null ? mkdtempSync(join(tmpdir(), 'tributary-replay-')) : null
    this.#flags =
      redis === null
        ? ['--data', /** @type {string} */ (this.#data)]
        : ['--redis', redis.url, '--redis-prefix', redis.prefix]
  }

  /** @param {{ url: string, prefix: string } | null} redis */
  static async start(redis = null) {
    // Type errors are left to `npm run check`.
    build({ ifStale: true, check: false })
    const server = new OwnServer(redis)
    await server.#start()
    return server
  }

  async #start() {
    const child = spawn(process.execPath, [MAIN, '--port', '0', ...this.#flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child = child
    const lines = createInterface({ input: child.stdout })
    for await (const line of lines) {
      const { url } = JSON.parse(line)
      if (typeof url !== 'string') continue
      this.door = `${url.replace('http', 'ws')}/sync`
      break
    }
    if (this.door === '') throw new Error('the server did not start')
    child.stdout.resume()
  }

  /** Killed without a farewell: what is there afterwards was durable before. */
  async startAgain() {
    await this.kill()
    this.door = ''
    await this.#start()
  }

  async end() {
    await this.kill()
    if (this.#data !== null) rmSync(this.#data, { recursive: true, force: true })
  }

  async kill() {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}
