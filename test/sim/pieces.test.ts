import { expect, test, vi } from 'vitest'
import { runSeeds } from '../support/sim-seeds.ts'

/** The limit stands for 8 MB, which no run of a simulation reaches. */
const cut = vi.hoisted(() => ({ limit: 150, joins: 0, pieces: 0 }))

vi.mock('../../src/crdt/pieces.ts', async (importOriginal) => {
  const real = await importOriginal<typeof import('../../src/crdt/pieces.ts')>()
  return {
    ...real,
    PIECE_BYTES: cut.limit,
    *piecesFor(...[snapshot, have]: Parameters<typeof real.piecesFor>) {
      cut.joins++
      for (const piece of real.piecesFor(snapshot, have, cut.limit)) {
        cut.pieces++
        yield piece
      }
    },
  }
})

test('[S2] [S3] [S5] joins in pieces end as all others, whatever comes in between', {
  timeout: 120_000,
}, async () => {
  await runSeeds({ first: 10_001, runs: 40 }, { change: (nature) => ({ ...nature, pieces: true }) })
  expect(cut.pieces).toBeGreaterThan(2 * cut.joins)
})
