import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { areEqual, equalityFaults } from '../support/checker.ts'
import { until } from '../support/deadline.ts'
import { applyPatch, Typist } from '../support/generator.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'
import { type Stage, stockTest } from '../support/stage.ts'
import { STOCK_VERSIONS, type StockClient } from '../support/stock-clients.ts'

const everyVersion = (stage: Stage, id: string): Promise<StockClient[]> =>
  Promise.all(STOCK_VERSIONS.map((version) => stage.stock(version, id).synced()))

const converged = (stage: Stage, clients: readonly StockClient[]): Promise<void> =>
  until('equal', stage.deadline, () => areEqual(clients.map((client) => client.doc)), 20)

describe('clients of all three generations in one entity', () => {
  stockTest('[Y2] agree on text, map, array, XML and presence', async (stage) => {
    const clients = await everyVersion(stage, stage.entity())
    for (const { doc, version, awareness } of clients) {
      doc.getText('text').insert(0, `written by ${version} `)
      doc.getMap('map').set(version, { nested: [version, 1, null, true] })
      doc.getMap('map').set('contested', version)
      doc.getArray('array').push([version, new Y.Map([['version', version]])])
      const element = new Y.XmlElement('p')
      element.setAttribute('version', version)
      doc.getXmlFragment('xml').push([element])
      element.insert(0, [new Y.XmlText(version)])
      awareness.setLocalState({ user: version })
    }
    await until('everything of everybody', stage.deadline, () =>
      clients.every(
        ({ doc, present }) =>
          doc.getArray('array').length === 6 &&
          doc.getMap('map').size === 4 &&
          doc.getXmlFragment('xml').length === 3 &&
          present.filter(([, state]) => 'user' in (state as object)).length === 3,
      ),
    )
    await converged(stage, clients)

    const [one, ...others] = clients as [StockClient, ...StockClient[]]
    expect(STOCK_VERSIONS.every((v) => one.doc.getText('text').toString().includes(v))).toBe(true)
    for (const other of others) {
      expect(other.doc.getText('text').toString()).toBe(one.doc.getText('text').toString())
      expect(other.doc.getMap('map').toJSON()).toEqual(one.doc.getMap('map').toJSON())
      expect(other.doc.getArray('array').toJSON()).toEqual(one.doc.getArray('array').toJSON())
      expect(other.doc.getXmlFragment('xml').toString()).toBe(
        one.doc.getXmlFragment('xml').toString(),
      )
      expect(other.present).toEqual(one.present)
    }
  })

  const seed = seedOfRun()
  stockTest(`[Y2] agree after typing at once, offline by turns (seed ${seed})`, async (stage) => {
    const random = new Seeded(seed)
    const clients = await everyVersion(stage, stage.entity())
    const typists = clients.map(() => new Typist(random))
    for (let round = 0; round < 300; round++) {
      const who = random.int(0, clients.length - 1)
      const { doc, provider } = clients[who] as StockClient
      const text = doc.getText()
      doc.transact(() => applyPatch(text, (typists[who] as Typist).next(text.toString())))
      if (random.chance(0.03)) provider.disconnect()
      if (random.chance(0.1)) provider.connect()
      if (random.chance(0.2)) await pause(random.int(0, 10))
    }
    for (const { provider } of clients) provider.connect()
    await Promise.all(clients.map((client) => client.synced()))
    await converged(stage, clients)
    expect(equalityFaults(clients.map(({ version, doc }) => ({ name: version, doc })))).toEqual([])
    expect(clients[0]?.doc.getText().length).toBeGreaterThan(50)
  })

  stockTest('[Y2] a client that worked offline brings it and gets the rest', async (stage) => {
    const [one, two, three] = (await everyVersion(stage, stage.entity())) as [
      StockClient,
      StockClient,
      StockClient,
    ]
    one.doc.getText().insert(0, 'shared ')
    await converged(stage, [one, two, three])
    for (const away of [one, two, three]) {
      away.provider.disconnect()
      away.doc.getText().insert(0, `offline ${away.version} `)
      const other = away === one ? two : one
      other.doc.getText().insert(0, 'online ')
      other.doc.getText().delete(0, 3)
      away.provider.connect()
      await away.synced()
      await converged(stage, [one, two, three])
      expect(two.doc.getText().toString()).toContain(`offline ${away.version} `)
    }
  })
})

describe('joining', () => {
  for (const version of STOCK_VERSIONS) {
    stockTest(`[S2] ${version} is synced only with everything in place`, async (stage) => {
      const id = stage.entity()
      const writer = await stage.stock('3.1.0', id).synced()
      for (let line = 0; line < 200; line++) writer.doc.getArray('lines').push([`line ${line}`])
      const early = stage.stock(version, id)
      await early.synced()
      await until('the lines', stage.deadline, () => early.doc.getArray('lines').length === 200)

      const joiner = stage.stock(version, id, { connect: false })
      const atSync: number[] = []
      joiner.onFrame = () => {
        queueMicrotask(() => {
          if (joiner.provider.synced) atSync.push(joiner.doc.getArray('lines').length)
        })
      }
      joiner.provider.connect()
      await joiner.synced()
      await until('a look at the moment of sync', stage.deadline, () => atSync.length > 0)
      expect(atSync[0]).toBe(200)
      expect(equalityFaults([writer, joiner].map(({ doc }, n) => ({ name: `${n}`, doc })))).toEqual(
        [],
      )
    })
  }

  stockTest('[S2] two clients join while a third edits, nothing is missed', async (stage) => {
    const id = stage.entity()
    const writer = await stage.stock('2.1.0', id).synced()
    const lines = writer.doc.getArray('lines')
    const joiners: StockClient[] = []
    for (let line = 0; line < 300; line++) {
      lines.push([line])
      if (line % 7 === 0) lines.delete(0)
      if (line === 100) joiners.push(stage.stock('1.5.4', id), stage.stock('3.1.0', id))
      if (line % 3 === 0) await pause(1)
    }
    await Promise.all(joiners.map((joiner) => joiner.synced()))
    await converged(stage, [writer, ...joiners])
    expect(joiners[0]?.doc.getArray('lines').toJSON()).toEqual(lines.toJSON())
  })

  stockTest('[S2] asking again for everything brings nothing twice', async (stage) => {
    const id = stage.entity()
    const writer = await stage.stock('3.1.0', id).synced()
    const reader = await stage.stock('3.1.0', id, { resyncInterval: 20 }).synced()
    for (let line = 0; line < 40; line++) {
      writer.doc.getArray('lines').push([line])
      await pause(5)
    }
    writer.doc.getArray('lines').delete(0, 10)
    await converged(stage, [writer, reader])
    expect(reader.doc.getArray('lines').toJSON()).toEqual(writer.doc.getArray('lines').toJSON())
    expect(reader.sockets).toHaveLength(1)
  })
})
