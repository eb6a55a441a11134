import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { stockTest } from '../support/stage.ts'
import { STOCK_VERSIONS } from '../support/stock-clients.ts'

describe('an idle client', () => {
  stockTest(
    '[S14] with null presence stays on the same socket for 70 s',
    async (stage) => {
      const clients = STOCK_VERSIONS.map((version) => stage.stock(version, stage.entity()))
      for (const { awareness } of clients) awareness.setLocalState(null)
      const together = stage.entity()
      const others = STOCK_VERSIONS.map((version) => stage.stock(version, together))
      const all = [...clients, ...others]
      await Promise.all(all.map((client) => client.synced()))
      await pause(70_000)
      for (const client of all) {
        expect(client.sockets, client.version).toHaveLength(1)
        expect(client.provider.wsconnected).toBe(true)
      }
    },
    { timeout: 100_000 },
  )
})
