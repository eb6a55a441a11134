import { describe, expect } from 'vitest'
import { Acks } from '../support/acks.ts'
import { areEqual, canonical, equalityFaults } from '../support/checker.ts'
import { until } from '../support/deadline.ts'
import { type Stage, stockTest } from '../support/stage.ts'
import { STOCK_VERSIONS, type StockClient } from '../support/stock-clients.ts'

const allSynced = (clients: readonly StockClient[]) =>
  Promise.all(clients.map((client) => client.synced()))

/** Some of everything, in every client, durable. */
async function write(stage: Stage, clients: readonly StockClient[]): Promise<void> {
  let durable = 0
  for (const client of clients) {
    const { doc, version } = client
    const acks = new Acks(client)
    for (let n = 0; n < 50; n++) doc.getArray('lines').push([`${version} ${n}`])
    doc.getArray('lines').delete(0, 10)
    doc.getMap('map').set(version, { n: 1 })
    acks.when(() => durable++)
  }
  await until('all is durable', stage.deadline, () => durable === clients.length)
  await until('equal', stage.deadline, () => areEqual(clients.map(({ doc }) => doc)), 20)
}

describe('restarts', () => {
  for (const how of ['stop', 'kill'] as const) {
    stockTest(
      `[Y7] everything is there after ${how === 'kill' ? 'kill -9' : 'SIGTERM'}, and clients come back`,
      async (stage) => {
        const id = stage.entity()
        const clients = STOCK_VERSIONS.map((version) => stage.stock(version, id))
        await allSynced(clients)
        await write(stage, clients)
        const before = canonical((clients[0] as StockClient).doc)
        // Whoever is still connected could put back what the server lost.
        for (const client of clients) client.provider.disconnect()

        await stage.restart(how)
        const fresh = await stage.stock('3.1.0', id).synced()
        expect(canonical(fresh.doc).equals(before)).toBe(true)

        for (const client of clients) client.provider.connect()
        await allSynced(clients)
        await write(stage, [...clients.slice(0, 1), fresh])
        const docs = [...clients, fresh].map(({ doc, version }) => ({ name: version, doc }))
        await until('equal', stage.deadline, () => equalityFaults(docs).length === 0, 20)
      },
      { flags: [] },
    )

    stockTest(
      `[Y7] clients that type on through a ${how} lose nothing`,
      async (stage) => {
        const id = stage.entity()
        const clients = STOCK_VERSIONS.map((version) => stage.stock(version, id))
        await allSynced(clients)
        let n = 0
        const typing = setInterval(() => {
          for (const { doc, version } of clients) doc.getArray('lines').push([`${version} ${n}`])
          n++
        }, 5)
        stage.atEnd(() => clearInterval(typing))
        await until('some typing', stage.deadline, () => n > 20)
        await stage.restart(how)
        await until('more typing', stage.deadline, () => n > 60)
        clearInterval(typing)
        await allSynced(clients)
        const all = clients.map(({ doc, version }) => ({ name: version, doc }))
        await until('equal', stage.deadline, () => equalityFaults(all).length === 0, 20)
        const lines = (clients[0] as StockClient).doc.getArray<string>('lines').toJSON()
        expect(new Set(lines).size).toBe(lines.length)
        expect(lines).toHaveLength(n * STOCK_VERSIONS.length)
      },
      { flags: [] },
    )
  }

  stockTest(
    '[S15] who is connected at SIGTERM is told to come back, and may',
    async (stage) => {
      const clients = STOCK_VERSIONS.map((version) => stage.stock(version, stage.entity()))
      await allSynced(clients)
      const exit = await stage.server.stop()
      expect(exit).toEqual({ code: 0, signal: null })
      await until('all closed', stage.deadline, () =>
        clients.every((client) => client.sockets[0]?.closedWith !== null),
      )
      expect(clients.map((client) => client.sockets[0]?.closedWith)).toEqual([1012, 1012, 1012])
      expect(clients.every((client) => client.provider.shouldConnect)).toBe(true)
    },
    { flags: [] },
  )
})
