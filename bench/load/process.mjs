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
/** @typedef {{ id: number, method: string, args: unknown[] }} Call */
/** @typedef {{ [method: string]: (...args: unknown[]) => unknown }} Job */

/** By name, since what a call holds has come through a channel: its types are the caller's word. */
const KINDS = /** @type {Record<string, new (...args: unknown[]) => Job>} */ (
  /** @type {unknown} */ ({ FanOut, Idle, LargeEntity, SlowReaders })
)
/** @type {Job | null} */
let job = null

/** @param {Call} call */
async function answer({ method, args }) {
  if (method === 'be') {
    const [kind, ...rest] = args
    const Kind = KINDS[String(kind)]
    if (Kind === undefined) throw new TypeError(`there is no load of the kind ${kind}`)
    job = new Kind(...rest)
    return null
  }
  const call = job?.[method]
  if (call === undefined) throw new TypeError(`the load cannot ${method}`)
  return call.apply(job, args)
}

process.on('message', (/** @type {Call} */ call) => {
  answer(call).then(
    (result) => process.send?.({ id: call.id, result: result ?? null }),
    (error) => process.send?.({ id: call.id, error: String(error?.message ?? error) }),
  )
})
process.on('disconnect', () => process.exit())
