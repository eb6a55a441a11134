import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { within } from '../../support/deadline.ts'
import type { Batch, Outcome } from './loader.mjs'

/** Far more than a batch takes: what is not through by then never is. */
const LIMIT_MS = 20_000

/** The loader's thread. */
export class Loader {
  readonly #at = new SharedArrayBuffer(4)
  readonly #worker = new Worker(new URL('loader.mjs', import.meta.url), { workerData: this.#at })

  /** @throws {Error} with the item that crashed or wedged it, in hex. */
  async take(batch: Batch): Promise<number> {
    const told = (item: number) => Buffer.from(batch.items[item] as Uint8Array).toString('hex')
    let outcome: Outcome
    try {
      const answer = once(this.#worker, 'message')
      this.#worker.postMessage(batch)
      outcome = ((await within('a batch', LIMIT_MS, answer)) as [Outcome])[0]
    } catch (cause) {
      const item = Atomics.load(new Int32Array(this.#at), 0)
      throw new Error(`the thread died or hangs at this ${batch.kind}: ${told(item)}`, { cause })
    }
    const { accepted, finding } = outcome
    if (finding === null) return accepted
    throw new Error(`${batch.kind} ${told(finding.item)}: ${finding.error}`)
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }
}
