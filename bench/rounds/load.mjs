import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { OTHER_CORES } from './cores.mjs'

const SCRIPT = fileURLToPath(new URL('../load/process.mjs', import.meta.url))

/** The processes that make load, called like one object: each call goes to all of them. */
export class Load {
  /** @type {import('node:child_process').ChildProcess[]} */
  #children = []
  #calls = 0

  /**
   * @param {number} count
   * @param {(index: number) => unknown[]} what Which kind each one is, and what its constructor gets.
   * @param {boolean} [isNice] Whether it makes room for whoever else is on its cores.
   */
  static async start(count, what, isNice = false) {
    const load = new Load()
    try {
      for (let index = 0; index < count; index++) load.#spawn(isNice)
      await Promise.all(load.#children.map((child, index) => load.#ask(child, 'be', what(index))))
      return load
    } catch (error) {
      await load.stop()
      throw error
    }
  }

  /** @param {boolean} isNice */
  #spawn(isNice) {
    const nice = isNice ? ['nice', '-n', '10'] : []
    this.#children.push(
      spawn('taskset', ['-c', OTHER_CORES, ...nice, process.execPath, SCRIPT], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      }),
    )
  }

  /**
   * @param {string} method
   * @param {...unknown} args
   * @returns {Promise<any[]>} What each process returned.
   */
  call(method, ...args) {
    return Promise.all(this.#children.map((child) => this.#ask(child, method, args)))
  }

  /** Of the one process there is. @param {string} method @param {...unknown} args @returns {Promise<any>} */
  async alone(method, ...args) {
    const [result] = await this.call(method, ...args)
    return result
  }

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {string} method
   * @param {unknown[]} args
   * @returns {Promise<any>}
   */
  #ask(child, method, args) {
    const id = this.#calls++
    return new Promise((resolve, reject) => {
      const end = () => {
        child.off('message', answered)
        child.off('exit', ended)
        child.off('error', reject)
      }
      const ended = () => {
        end()
        reject(new Error(`a load process ended during "${method}"`))
      }
      const answered = (/** @type {any} */ answer) => {
        if (answer.id !== id) return
        end()
        if (answer.error === undefined) resolve(answer.result)
        else reject(new Error(answer.error))
      }
      child.on('message', answered)
      child.on('exit', ended)
      child.on('error', reject)
      child.send({ id, method, args })
    })
  }

  async stop() {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) continue
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
  }

  kill() {
    for (const child of this.#children) child.kill('SIGKILL')
  }
}
