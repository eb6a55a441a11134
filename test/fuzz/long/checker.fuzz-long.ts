import { expect, test } from 'vitest'
import { Seeded, seedOfRun } from '../../support/seeded.ts'
import { fuzzTime, realUpdates, strangeAwareness, strangeUpdate } from './corpus.ts'
import { Loader } from './loader.ts'

const IN_A_BATCH = 250
/** Mutants of the same sessions grow alike: new ones after so many batches. */
const SAME_SESSIONS = 40

test('what the checker accepts loads in Yjs; it neither crashes nor wedges', async () => {
  const seed = seedOfRun()
  const end = performance.now() + fuzzTime()
  const loader = new Loader()
  const counts = { updates: 0, accepted: 0, awareness: 0, acceptedAwareness: 0 }
  let corpus: readonly Uint8Array[] = []
  try {
    for (let batch = 0; performance.now() < end; batch++) {
      const random = new Seeded(seed + batch)
      if (batch % SAME_SESSIONS === 0) corpus = realUpdates(random, 20)
      const make = (kind: (random: Seeded) => Uint8Array) =>
        Array.from({ length: IN_A_BATCH }, () => kind(random))
      const updates = make(() => strangeUpdate(random, corpus))
      const awareness = make(strangeAwareness)
      try {
        counts.accepted += await loader.take({ kind: 'update', items: updates })
        counts.acceptedAwareness += await loader.take({ kind: 'awareness', items: awareness })
      } catch (cause) {
        throw new Error(`SEED=${seed} batch ${batch}: ${cause}`, { cause })
      }
      counts.updates += IN_A_BATCH
      counts.awareness += IN_A_BATCH
    }
  } finally {
    await loader.close()
  }
  console.info(`SEED=${seed} checker: ${JSON.stringify(counts)}`)
  expect(counts.accepted).toBeGreaterThan(counts.updates / 10)
  expect(counts.acceptedAwareness).toBeGreaterThan(counts.awareness / 10)
})
