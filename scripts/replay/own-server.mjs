import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from '../build.mjs'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** A server on a folder of its own, both gone afterwards. */
export class OwnServer {
  #data = mkdtempSync(join(tmpdir(), 'tributary-replay-'))
  /** @type {import('node:child_process').ChildProcess | null} */
  #child = null
  /** Where clients connect: `ws://127.0.0.1:1234/sync`. */
  door = ''

  static async start() {
    // Type errors are left to `npm run check`.
    build({ ifStale: true, check: false })
    const server = new OwnServer()
    await server.#start()
    return server
  }

  async #start() {
    const child = spawn(process.execPath, [MAIN, '--port', '0', '--data', this.#data], {
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

  /** No farewell: what is there afterwards was durable before. */
  async killAndStartAgain() {
    await this.#kill()
    this.door = ''
    await this.#start()
  }

  async end() {
    await this.#kill()
    rmSync(this.#data, { recursive: true, force: true })
  }

  async #kill() {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}
