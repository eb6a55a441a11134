import { setTimeout } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { stageTest } from '../support/stage.ts'
import { STOCK_VERSIONS, type StockClient } from '../support/stock-clients.ts'
import { SECRET, tokenOf } from '../support/tokens.ts'

const AUTH = ['--auth-secret', SECRET]
/** Long enough for three tries of a client that tries too often. */
const WATCHED_MS = 9_000

/** The most sockets that were tried within any 5 s. */
function mostTries({ sockets }: StockClient): number {
  const times = sockets.map(({ triedAt }) => triedAt)
  return Math.max(
    ...times.map((from) => times.filter((at) => at >= from && at < from + 5_000).length),
  )
}

describe('stock clients', () => {
  for (const [what, token, code] of [
    ['without a token', null, 4401],
    ['without a grant', tokenOf({ grants: [{ entity: 'another', may: 'write' }] }), 4403],
  ] as const) {
    stageTest(
      `[G21] ${what} try at most twice in 5 s, 3.1 once`,
      async (stage) => {
        const params: Record<string, string> = token === null ? {} : { token }
        const clients = STOCK_VERSIONS.map((version) =>
          stage.stock(version, stage.entity(), { params }),
        )
        await setTimeout(WATCHED_MS)
        for (const client of clients) {
          expect(client.sockets[0]?.closedWith, client.version).toBe(code)
          expect(mostTries(client), client.version).toBeLessThanOrEqual(2)
          expect(client.provider.synced, client.version).toBe(false)
          if (client.version === '3.1.0') expect(client.sockets.length).toBe(1)
          else expect(client.sockets.length, client.version).toBeGreaterThan(1)
        }
      },
      { flags: AUTH, concurrent: true },
    )
  }
})
