import assert from 'node:assert/strict'
import * as Y from 'yjs'
import { Reader } from './bytes.mjs'
import { Histogram } from './histogram.mjs'
import { FIRST_WRITER, keystroke, pasted, prepared, stateVector } from './updates.mjs'
import { walkUpdate } from './walk-update.mjs'

/**
 * A bench that sends nonsense measures nonsense. Run before every measurement, in a few milliseconds.
 *
 * @throws {Error} When what the writers write is not what Yjs reads, or what readers count is wrong.
 */
export function selfTest() {
  keystrokesAreText()
  preparedIsWhole()
  histogramIsClose()
}

function keystrokesAreText() {
  const doc = new Y.Doc()
  const updates = []
  for (let clock = 0; clock < 40; clock++) {
    for (const client of [FIRST_WRITER, FIRST_WRITER + 7]) updates.push(keystroke(client, clock))
  }
  for (const update of updates) Y.applyUpdate(doc, update)
  assert.equal(doc.getText('text').length, 80)
  assert.equal(doc.store.pendingStructs, null)
  assert.deepEqual(seenIn(Y.mergeUpdates(updates)), [40, 40])
  // As Yjs writes them itself: merged into one struct per client.
  assert.deepEqual(seenIn(Y.encodeStateAsUpdate(doc)), [40, 40])
  const blobs = [0, 1, 2].map((clock) => keystroke(FIRST_WRITER, clock, 900))
  const heavy = new Y.Doc()
  for (const blob of blobs) Y.applyUpdate(heavy, blob)
  assert.equal(heavy.store.pendingStructs, null)
  assert.deepEqual(seenIn(Y.mergeUpdates(blobs)), [3])
  const other = new Y.Doc()
  other.clientID = FIRST_WRITER
  other.getText('text').insert(0, 'e')
  assert.deepEqual(Buffer.from(Y.encodeStateAsUpdate(other)), keystroke(FIRST_WRITER, 0))
  const paste = new Y.Doc()
  Y.applyUpdate(paste, pasted(FIRST_WRITER, 'some words'))
  assert.equal(paste.getText('text').toString(), 'some words')
}

/** @param {Uint8Array} update */
function seenIn(update) {
  /** @type {Map<number, number>} */
  const ends = new Map()
  walkUpdate(new Reader().from(update, 0), (client, from, to) => {
    assert.equal(from, ends.get(client) ?? 0)
    ends.set(client, to)
  })
  return [...ends.values()]
}

function preparedIsWhole() {
  const { update, clocks } = prepared(20_000)
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update)
  assert.equal(doc.store.pendingStructs, null)
  assert.deepEqual(
    Y.decodeStateVector(stateVector(clocks)),
    Y.decodeStateVector(Y.encodeStateVector(doc)),
  )
  assert.ok(Math.abs(Y.encodeStateAsUpdate(doc).length - 20_000) < 2_000)
}

function histogramIsClose() {
  const first = new Histogram()
  const second = new Histogram()
  for (let ms = 0.01; ms < 20_000; ms += 0.37) (Math.floor(ms) % 2 ? first : second).add(ms)
  first.merge(second.pack())
  for (const share of [0.001, 0.5, 0.99]) {
    assert.ok(
      Math.abs(first.at(share) / (20_000 * share) - 1) < 0.01,
      `${first.at(share)} at ${share}`,
    )
  }
}
