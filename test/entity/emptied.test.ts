import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { checkUpdate } from '../../src/crdt/check.ts'
import { Emptied } from '../../src/entity/emptied.ts'

/** The updates of somebody who types so many letters, one at a time. */
function letters(count: number, clientID = 1): Uint8Array[] {
  const doc = new Y.Doc()
  doc.clientID = clientID
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (let at = 0; at < count; at++) doc.getText('t').insert(at, 'a')
  return updates
}

const emptiedOf = (updates: readonly Uint8Array[]) => {
  const emptied = new Emptied<'full'>()
  for (const update of updates) emptied.add(checkUpdate(update), 'full')
  return {
    of: (from: readonly Uint8Array[]) =>
      from.filter((update) => emptied.why(checkUpdate(update)) === 'full').length,
  }
}

test('[V33] what follows on what was taken without its content is kept as one', () => {
  const updates = letters(2_500)
  expect(emptiedOf(updates).of(updates)).toBe(2_500)
})

test('[V33] after 1,000 stretches older ones are forgotten', () => {
  const updates = letters(5_000)
  const refused = updates.filter((_, at) => at % 2 === 0)
  const emptied = emptiedOf(refused)
  expect(emptied.of(refused.slice(-500)), 'the newest').toBe(500)
  expect(emptied.of(refused), 'of all').toBeLessThanOrEqual(1_000)
  expect(emptied.of(updates.filter((_, at) => at % 2 === 1)), 'what was taken').toBe(0)
})

test('[V33] of one update with more stretches than that it is enough to know some', () => {
  const updates = Array.from({ length: 1_500 }, (_, at) => letters(1, at + 1)).flat()
  const whole = Y.mergeUpdates(updates)
  const emptied = emptiedOf([whole])
  expect(emptied.of([whole])).toBe(1)
  expect(emptied.of(updates)).toBe(1_000)
})
