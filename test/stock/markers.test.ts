import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { Acks } from '../support/acks.ts'
import { until } from '../support/deadline.ts'
import { marker, step1, step2, update } from '../support/frames.ts'
import { stageTest, stockTest } from '../support/stage.ts'
import { STOCK_VERSIONS } from '../support/stock-clients.ts'

/** One update that inserts `text`, and the document after it. */
function insertion(text: string): { doc: Y.Doc; bytes: Uint8Array } {
  const doc = new Y.Doc()
  doc.getText().insert(0, text)
  return { doc, bytes: Y.encodeStateAsUpdate(doc) }
}

describe('version markers', () => {
  stockTest(
    '[Y7] what a marker confirmed is there after kill -9',
    async (stage) => {
      const id = stage.entity()
      const client = await stage.stock('3.1.0', id).synced()
      const acks = new Acks(client)
      for (let n = 0; n < 20; n++) {
        let durable = false
        client.doc.getArray('lines').push([n])
        acks.when(() => {
          durable = true
        })
        await until(`line ${n} is durable`, stage.deadline, () => durable)
      }
      client.die()
      await stage.restart('kill')
      const reader = await stage.stock('1.5.4', id).synced()
      expect(reader.doc.getArray('lines').length).toBe(20)
    },
    { flags: [] },
  )

  stageTest('[E6] each marker comes back as it was, in order, after its updates', async (stage) => {
    const id = stage.entity()
    const raw = await stage.raw(id)
    await raw.join()
    const doc = new Y.Doc()
    doc.on('update', (bytes: Uint8Array) => raw.send(update(bytes)))
    const versions = Array.from({ length: 50 }, (_, n) => n * 977 + 3)
    for (const version of versions) {
      doc.getArray('lines').push([version])
      raw.send(marker(version))
    }
    await until('all markers', stage.deadline, () => raw.count('marker') === versions.length)
    const echoed = raw.received.flatMap((m) => (m.is === 'marker' ? [m.version] : []))
    expect(echoed).toEqual(versions)
  })

  stageTest('[E6] a marker without updates comes back too', async (stage) => {
    const raw = await stage.raw(stage.entity())
    raw.send(marker(5))
    expect((await raw.next('marker')).version).toBe(5)
  })

  stageTest('[E6] a marker after something known already comes back', async (stage) => {
    const id = stage.entity()
    const { bytes } = insertion('once')
    const one = await stage.raw(id)
    await one.join()
    one.send(update(bytes))
    await one.settled()
    const two = await stage.raw(id)
    two.send(step1())
    two.send(update(bytes))
    two.send(marker(7))
    expect((await two.next('marker')).version).toBe(7)
    expect(two.doc().getText().toString()).toBe('once')
  })

  stageTest(
    '[E6] no marker is confirmed while what was said before it is asked for',
    async (stage) => {
      const id = stage.entity()
      const doc = new Y.Doc()
      const updates: Uint8Array[] = []
      doc.on('update', (bytes: Uint8Array) => updates.push(bytes))
      doc.getText().insert(0, 'first ')
      doc.getText().insert(6, 'second')
      const raw = await stage.raw(id)
      await raw.join()
      await raw.settled()
      const reader = await stage.raw(id)
      await reader.join()
      // The second without the first: the server has to ask for what it builds on.
      raw.send(update(updates[1] as Uint8Array))
      raw.send(marker(9))
      const asked = await raw.next('step1')
      expect(raw.count('marker')).toBe(1)
      raw.send(step2(Y.encodeStateAsUpdate(doc, asked.bytes)))
      expect((await raw.next('marker')).version).toBe(9)
      await until('the reader has it', stage.deadline, () => {
        const seen = reader.doc()
        return seen.getText().toString() === 'first second' && seen.store.pendingStructs === null
      })
    },
  )
})

describe('--echo', () => {
  for (const echo of ['on', 'off'] as const) {
    stockTest(
      `[S11] with --echo ${echo} an author ${echo === 'on' ? 'gets' : 'does not get'} its own update back`,
      async (stage) => {
        const id = stage.entity()
        const other = await stage.stock('3.1.0', id).synced()
        const raw = await stage.raw(id)
        await raw.join()
        const before = raw.received.length
        const { bytes } = insertion('mine')
        raw.send(update(bytes))
        await raw.settled()
        await until('the other', stage.deadline, () => other.doc.getText().toString() === 'mine')
        // Somebody else's update comes after ours: what was to be sent back has been by then.
        other.doc.getText().insert(0, 'yours ')
        await until('theirs', stage.deadline, () =>
          raw.received.slice(before).some((m) => m.is === 'update' && !brings(m.bytes, bytes)),
        )
        const own = raw.received
          .slice(before)
          .filter((message) => message.is === 'update' && !isEmpty(message.bytes))
          .some((message) => message.is === 'update' && brings(message.bytes, bytes))
        expect(own).toBe(echo === 'on')
      },
      { flags: ['--echo', echo] },
    )
  }

  stockTest(
    '[S11] stock clients work with their own updates coming back',
    async (stage) => {
      const id = stage.entity()
      const clients = STOCK_VERSIONS.map((version) => stage.stock(version, id))
      await Promise.all(clients.map((client) => client.synced()))
      for (let n = 0; n < 20; n++) {
        for (const { doc, version } of clients) doc.getArray('lines').push([`${version} ${n}`])
      }
      await until('all lines', stage.deadline, () =>
        clients.every(({ doc }) => doc.getArray('lines').length === 60),
      )
    },
    { flags: ['--echo', 'on'] },
  )
})

const isEmpty = (bytes: Uint8Array): boolean => bytes.length <= 2

/** Whether `bytes` hold a struct of the client that wrote `own`. */
function brings(bytes: Uint8Array, own: Uint8Array): boolean {
  const authors = new Set(Y.decodeUpdate(own).structs.map(({ id }) => id.client))
  return Y.decodeUpdate(bytes).structs.some(({ id }) => authors.has(id.client))
}
