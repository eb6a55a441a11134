// A process that makes load. The bench starts it, tells it what to be, and calls its methods; what a
// call returns goes back. It ends with whoever started it.

import { FanOut } from './fan-out.mjs'
import { Idle } from './idle.mjs'
import { LargeEntity } from './large-entity.mjs'
import { SlowReaders } from './slow-readers.mjs'

/**
 * @typedef {object} Door
 * @property {number} port
 * @property {string} prefix Of every path.
 * @property {string} query Of every address, `?` included.
 * @property {string} dialect
 * @property {boolean} answers Whether it speaks the sync protocol at all.
 */
/** @typedef {{ id: number, method: string, args: any[] }} Call */

const KINDS = { FanOut, Idle, LargeEntity, SlowReaders }
/** @type {any} */
let job = null

/** @param {Call} call */
async function answer({ method, args }) {
  if (method === 'be') {
    const [kind, ...rest] = args
    const Kind = /** @type {any} */ (KINDS)[kind]
    job = new Kind(...rest)
    return null
  }
  return job[method](...args)
}

process.on('message', (/** @type {Call} */ call) => {
  answer(call).then(
    (result) => process.send?.({ id: call.id, result: result ?? null }),
    (error) => process.send?.({ id: call.id, error: String(error?.message ?? error) }),
  )
})
process.on('disconnect', () => process.exit())
