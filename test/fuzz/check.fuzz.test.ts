import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { checkUpdate } from '../../src/crdt/check.ts'
import { EMPTY_UPDATE } from '../../src/crdt/scan.ts'
import { scanUpdate } from '../../src/crdt/scan-update.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'
import { generated } from './grammar.ts'
import { mutant } from './mutants.ts'
import { runSession } from './sessions/session.ts'
import { Yjs13Peer } from './sessions/yjs-13.ts'

/** Updates of each kind. Raise it by hand for a longer run. */
const UPDATES = 8_000

/** Updates of real sessions: what mutants are made of, and what accepted ones are merged with. */
function realUpdates(random: Seeded): Uint8Array[] {
  return Array.from({ length: 20 }, () => {
    const peers = [new Yjs13Peer(random), new Yjs13Peer(random)]
    const { emitted } = runSession(random, peers, 40)
    for (const peer of peers) peer.free()
    return emitted.map(({ bytes }) => bytes)
  }).flat()
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** The bytes as the checker passes them on, or null. Anything but a refusal goes through. */
function accepted(bytes: Uint8Array): Uint8Array | null {
  try {
    return checkUpdate(bytes).bytes
  } catch (error) {
    expect(error).toMatchObject({ name: 'TributaryError', code: 'malformed' })
    return null
  }
}

/** What Yjs has to do with an update once it was accepted, beside a real one and a strange one. */
function useInYjs(update: Uint8Array, real: Uint8Array, strange: Uint8Array): void {
  const doc = new Y.Doc()
  let emitted = 0
  doc.on('update', () => emitted++)
  Y.applyUpdate(doc, update)
  expect(doc._transactionCleanups).toHaveLength(0)
  const encoded = Y.encodeStateAsUpdate(doc)
  expect(accepted(encoded), `encoded again: ${hex(encoded)}`).not.toBeNull()
  Y.diffUpdate(update, Y.encodeStateVector(doc))
  const merged = Y.mergeUpdates([update, real])
  expect(accepted(merged), `merged: ${hex(merged)}`).not.toBeNull()
  // Two that are not closed may wait for one another, but nothing throws.
  for (const bytes of [merged, scanUpdate(Y.mergeUpdates([update, strange])).bytes]) {
    const other = new Y.Doc()
    Y.applyUpdate(other, bytes)
    // The document still works: somebody types.
    other.getText('typed').insert(0, 'text')
    expect(other._transactionCleanups).toHaveLength(0)
  }
}

const kinds = {
  'mutants of real updates': mutant,
  'updates by the grammar': (random: Seeded) => generated(random),
}

describe('[C2] what is accepted loads, encodes and merges in Yjs', () => {
  for (const [kind, make] of Object.entries(kinds)) {
    test(kind, () => {
      const seed = seedOfRun()
      const corpus = realUpdates(new Seeded(seed))
      let passed = 0
      let strange: Uint8Array = EMPTY_UPDATE
      for (let i = 0; i < UPDATES; i++) {
        const random = new Seeded(seed + i)
        const bytes = make(random, corpus)
        const update = accepted(bytes)
        if (update === null) continue
        passed++
        try {
          useInYjs(update, random.pick(corpus), strange)
        } catch (cause) {
          throw new Error(`SEED=${seed} update ${i}: ${hex(bytes)} beside ${hex(strange)}`, {
            cause,
          })
        }
        strange = update
      }
      const share = passed / UPDATES
      console.info(`SEED=${seed} ${kind}: ${(share * 100).toFixed(1)} % of ${UPDATES} accepted`)
      expect(share).toBeGreaterThan(0.1)
    }, 60_000)
  }
})
