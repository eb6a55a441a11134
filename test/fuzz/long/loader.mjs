// The thread that takes what the fuzzer made: the built checker, and behind it Yjs as a client and a
// compaction use it. It is a thread so that what wedges it can be found and ended.

import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { Awareness, applyAwarenessUpdate } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { encodeAwareness, readAwareness } from '../../../dist/crdt/awareness.js'
import { compactUpdates } from '../../../dist/crdt/canonical.js'
import { checkUpdate } from '../../../dist/crdt/check.js'

/**
 * @typedef {{ readonly kind: 'update' | 'awareness', readonly items: readonly Uint8Array[] }} Batch
 * @typedef {{ accepted: number, finding: { item: number, error: string } | null }} Outcome
 */

const LIMITS = { bytes: 16_384, depth: 64 }

/** @type {Uint8Array} The accepted update before this one: it meets the next. */
let last = Uint8Array.of(0, 0)

/** What nothing else may be thrown than. @param {unknown} error */
const isRefusal = (error) =>
  error instanceof Error &&
  error.name === 'TributaryError' &&
  'code' in error &&
  error.code === 'malformed'

/** @param {Uint8Array} bytes @returns {boolean} Whether it was accepted. */
function takeUpdate(bytes) {
  /** @type {Uint8Array} */
  let update
  try {
    update = checkUpdate(bytes).bytes.slice()
  } catch (error) {
    if (isRefusal(error)) return false
    throw error
  }
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update)
  const encoded = Y.encodeStateAsUpdate(doc)
  checkUpdate(encoded)
  Y.diffUpdate(update, Y.encodeStateVector(doc))
  const merged = Y.mergeUpdates([update, last])
  const both = new Y.Doc()
  Y.applyUpdate(both, merged)
  both.getText('typed').insert(0, 'text')
  // What Yjs could use is closed and may be compacted; the rest would have been asked for.
  const { pendingStructs, pendingDs } = doc.store
  if (pendingStructs === null && pendingDs === null) compactUpdates(null, [encoded], { gc: true })
  last = update
  return true
}

/** @param {Uint8Array} bytes */
function takeAwareness(bytes) {
  let frame
  try {
    frame = readAwareness(bytes, LIMITS)
  } catch (error) {
    if (isRefusal(error)) return false
    throw error
  }
  const awareness = new Awareness(new Y.Doc())
  try {
    applyAwarenessUpdate(awareness, encodeAwareness(frame.entries), null)
  } finally {
    awareness.destroy()
  }
  return frame.entries.length > 0
}

/** @param {Batch} batch @param {Int32Array} at Says which one is being taken. @returns {Outcome} */
function take({ kind, items }, at) {
  let accepted = 0
  for (const [item, bytes] of items.entries()) {
    Atomics.store(at, 0, item)
    try {
      if (kind === 'update' ? takeUpdate(bytes) : takeAwareness(bytes)) accepted++
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
      return { accepted, finding: { item, error: text } }
    }
  }
  return { accepted, finding: null }
}

if (!isMainThread) {
  const at = new Int32Array(workerData)
  parentPort?.on('message', (batch) => parentPort?.postMessage(take(batch, at)))
}
