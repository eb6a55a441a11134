import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { areEqual } from '../support/checker.ts'
import { until } from '../support/deadline.ts'
import { awareness, marker, query, step1, step2, update } from '../support/frames.ts'
import { Refused } from '../support/raw-client.ts'
import { type Stage, stageTest } from '../support/stage.ts'
import { STOCK_VERSIONS } from '../support/stock-clients.ts'

/** What a fresh author's insertion of `text` into the list looks like on the wire. */
function insertion(text: string, clientID?: number): Uint8Array {
  const doc = new Y.Doc()
  if (clientID !== undefined) doc.clientID = clientID
  doc.getArray('list').push([text])
  return update(Y.encodeStateAsUpdate(doc))
}

/** The status of an upgrade: 101 when it was made. */
async function statusOf(stage: Stage, id: string, localAddress = '127.0.0.1'): Promise<number> {
  const error: unknown = await stage
    .raw(id, { ws: { localAddress } })
    .then(() => null)
    .catch((reason: unknown) => reason)
  if (error === null) return 101
  if (error instanceof Refused) return error.status
  throw error
}

describe('frames', () => {
  stageTest(
    '[Y4] one over the limit closes its socket with 1009 and nothing else',
    async (stage) => {
      const id = stage.entity()
      const other = await stage.stock('3.1.0', id).synced()
      const raw = await stage.raw(id)
      await raw.join()
      raw.send(insertion('x'.repeat(60_000)))
      await raw.settled()
      raw.send(insertion('y'.repeat(70_000)))
      expect((await raw.closed).code).toBe(1009)
      other.doc.getArray('list').push(['after'])
      const fresh = await stage.stock('2.1.0', id).synced()
      await until('what came after', stage.deadline, () => fresh.doc.getArray('list').length === 2)
      expect(areEqual([fresh.doc, other.doc])).toBe(true)
    },
    { flags: ['--limit-frame-bytes', '64KB'] },
  )

  stageTest(
    '[Y4] nor does it help to send one in fragments',
    async (stage) => {
      const raw = await stage.raw(stage.entity())
      await raw.join()
      for (let n = 0; n < 10; n++) raw.socket.send(new Uint8Array(10_000), { fin: false })
      expect((await raw.closed).code).toBe(1009)
    },
    { flags: ['--limit-frame-bytes', '64KB'] },
  )
})

describe('updates over a limit are stored without their effect', () => {
  stageTest(
    '[E7] one that is too large: its author and the others converge, and go on',
    async (stage) => {
      const id = stage.entity()
      const clients = STOCK_VERSIONS.map((version) => stage.stock(version, id))
      await Promise.all(clients.map((client) => client.synced()))
      const [author] = clients as [(typeof clients)[0]]
      const text = author.doc.getText()
      text.insert(0, 'before ')
      const keptAt = text.length
      text.insert(keptAt, 'x'.repeat(5_000))
      text.insert(text.length, ' after')
      await until('all agree without it', stage.deadline, () =>
        clients.every(({ doc }) => doc.getText().toString() === 'before  after'),
      )
      await until('equal', stage.deadline, () => areEqual(clients.map(({ doc }) => doc)), 20)

      const metrics = await stage.metrics()
      expect(metrics.sum('updates_neutered_total')).toBe(1)
      expect(metrics.sum('set_aside_total')).toBe(1)
      expect(metrics.sum('set_aside_bytes')).toBeGreaterThan(5_000)

      // Its author offers everything again when it comes back: nothing of it rises.
      author.drop()
      await until('it is back', stage.deadline, () => author.sockets.length === 2)
      await author.synced()
      const fresh = await stage.stock('3.1.0', id).synced()
      expect(fresh.doc.getText().toString()).toBe('before  after')
      author.doc.getText().insert(0, 'and on ')
      await until('the next edit', stage.deadline, () =>
        fresh.doc.getText().toString().startsWith('and on '),
      )
      await stage.restart('kill')
      const later = await stage.stock('2.1.0', id).synced()
      expect(later.doc.getText().toString()).toBe('and on before  after')
      expect(author.sockets.map((socket) => socket.closedWith)).not.toContain(4422)
    },
    { flags: ['--limit-update-bytes', '2KB'] },
  )

  stageTest(
    '[E7] an entity over its quota takes no more content, and everybody still agrees',
    async (stage) => {
      const id = stage.entity()
      const clients = STOCK_VERSIONS.map((version) => stage.stock(version, id))
      await Promise.all(clients.map((client) => client.synced()))
      const [author] = clients as [(typeof clients)[0]]
      for (let n = 0; n < 40; n++) {
        author.doc.getArray('list').push([`${n} ${'x'.repeat(1_000)}`])
        await until('equal', stage.deadline, () => areEqual(clients.map(({ doc }) => doc)), 5)
      }
      const kept = author.doc.getArray('list').length
      expect(kept).toBeGreaterThan(5)
      expect(kept).toBeLessThan(20)
      // What was there can still be deleted: that is how room is made.
      author.doc.getArray('list').delete(0, kept)
      await until('the deletes', stage.deadline, () =>
        clients.every(({ doc }) => doc.getArray('list').length === 0),
      )
    },
    { flags: ['--limit-entity-bytes', '16KB'] },
  )

  stageTest(
    '[E7] what is set aside is bounded: the oldest go',
    async (stage) => {
      const raw = await stage.raw(stage.entity())
      await raw.join()
      for (let n = 0; n < 20; n++) raw.send(insertion('x'.repeat(2_000), 100 + n))
      await raw.settled()
      const metrics = await stage.metrics()
      expect(metrics.sum('set_aside_total')).toBe(20)
      expect(metrics.sum('set_aside_bytes')).toBeLessThanOrEqual(10 * 1024)
      expect(metrics.sum('set_aside_bytes')).toBeGreaterThan(2_000)
    },
    { flags: ['--limit-update-bytes', '1KB', '--limit-set-aside-bytes', '10KB'] },
  )
})

describe('sockets and sessions', () => {
  stageTest(
    '[Y6] one too many on an entity is a 503 before the upgrade',
    async (stage) => {
      const id = stage.entity()
      await (await stage.raw(id)).join()
      const second = await stage.raw(id)
      await second.join()
      expect(await statusOf(stage, id)).toBe(503)
      expect(await statusOf(stage, stage.entity())).toBe(101)
      await second.close()
      await until('room again', stage.deadline, async () => (await statusOf(stage, id)) === 101, 50)
    },
    { flags: ['--limit-entity-sessions', '2'] },
  )

  stageTest(
    '[Y6] however many come at the same moment',
    async (stage) => {
      const id = stage.entity()
      const clients = await Promise.all(
        Array.from({ length: 20 }, () => stage.raw(id).catch(() => null)),
      )
      const closed = new Set<number>()
      for (const client of clients) void client?.closed.then(({ code }) => closed.add(code))
      for (const client of clients) client?.send(marker(1))
      await until(
        'two are served',
        stage.deadline,
        () => clients.filter((client) => client !== null && client.count('marker') > 0).length >= 2,
      )
      await until(
        'the others are not',
        stage.deadline,
        () => clients.filter((client) => client !== null && !client.isClosed).length === 2,
      )
      expect((await stage.metrics()).sum('sessions')).toBe(2)
      expect([...closed].filter((code) => code !== 1013)).toEqual([])
    },
    { flags: ['--limit-entity-sessions', '2'] },
  )

  stageTest(
    '[Y6] one too many of an address is a 429, of a node a 503',
    async (stage) => {
      const id = stage.entity()
      await stage.raw(id, { ws: { localAddress: '127.0.0.2' } })
      await stage.raw(id, { ws: { localAddress: '127.0.0.2' } })
      expect(await statusOf(stage, id, '127.0.0.2')).toBe(429)
      expect(await statusOf(stage, id, '127.0.0.3')).toBe(101)
      expect(await statusOf(stage, id, '127.0.0.4')).toBe(503)
    },
    { flags: ['--limit-address-sockets', '2', '--limit-node-sockets', '3'] },
  )
})

describe('rates pause reading: nothing is lost, nobody is closed', () => {
  stageTest(
    '[S6] messages',
    async (stage) => {
      const id = stage.entity()
      const raw = await stage.raw(id)
      await raw.join()
      const doc = new Y.Doc()
      const updates: Uint8Array[] = []
      doc.on('update', (bytes: Uint8Array) => updates.push(update(bytes)))
      for (let n = 0; n < 150; n++) doc.getArray('list').push([n])
      const from = performance.now()
      for (const bytes of updates) raw.send(bytes)
      await raw.settled()
      // 50 at once and 100 more at 50 a second.
      expect(performance.now() - from).toBeGreaterThan(1_500)
      const reader = await stage.raw(id)
      await reader.join()
      expect(reader.doc().getArray('list').length).toBe(150)
    },
    { flags: ['--limit-session-messages', '50', '--limit-session-messages-burst', '50'] },
  )

  stageTest(
    '[S6] bytes',
    async (stage) => {
      const id = stage.entity()
      const raw = await stage.raw(id)
      await raw.join()
      const from = performance.now()
      for (let n = 0; n < 30; n++) raw.send(insertion('x'.repeat(10_000), 1_000 + n))
      await raw.settled()
      // 100 KB at once and 200 KB more at 100 KB a second.
      expect(performance.now() - from).toBeGreaterThan(1_500)
      const reader = await stage.raw(id)
      await reader.join()
      expect(reader.doc().getArray('list').length).toBe(30)
    },
    { flags: ['--limit-session-bytes', '100KB', '--limit-session-bytes-burst', '100KB'] },
  )

  stageTest(
    '[S6] new client ids: one session is held up, the others are not',
    async (stage) => {
      const id = stage.entity()
      const raw = await stage.raw(id)
      await raw.join()
      for (let n = 0; n < 30; n++) raw.send(insertion(`id ${n}`, 1_000 + n))
      const other = await stage.stock('3.1.0', id).synced()
      other.doc.getArray('list').push(['unharmed'])
      const reader = await stage.stock('2.1.0', id).synced()
      await until('the other', stage.deadline, () =>
        reader.doc.getArray('list').toJSON().includes('unharmed'),
      )
      expect(reader.doc.getArray('list').length).toBeLessThan(20)
      expect(raw.isClosed).toBe(false)
    },
    { flags: ['--limit-session-new-clients', '10'] },
  )
})

describe('awareness', () => {
  const SESSION = 4711

  stageTest(
    '[A11] a state too large, too deep or not JSON is dropped, those beside it are not',
    async (stage) => {
      const id = stage.entity()
      const witness = await stage.stock('3.1.0', id).synced()
      const raw = await stage.raw(id)
      raw.send(step1())
      raw.send(awareness({ client: SESSION, clock: 1, state: { n: 0 } }))
      await raw.next('step2')
      const states = () => witness.awareness.getStates()
      await until('the first', stage.deadline, () => states().has(SESSION))
      const bad = [
        { client: SESSION, clock: 2, state: { n: 'x'.repeat(2_000) } },
        { client: SESSION, clock: 2, json: '['.repeat(65) + ']'.repeat(65) },
        { client: SESSION, clock: 2, json: '['.repeat(5_000) + ']'.repeat(5_000) },
        { client: SESSION, clock: 2, json: '{"n":' },
        { client: SESSION, clock: 2, json: 'undefined' },
        { client: SESSION, clock: 2, json: '' },
      ]
      for (const entry of bad) {
        raw.send(awareness(entry, { client: 4712, clock: 1, state: { beside: true } }))
      }
      raw.send(awareness({ client: SESSION, clock: 3, state: { n: 1 } }))
      await until('the last', stage.deadline, () => states().get(SESSION)?.n === 1)
      await until('the one beside', stage.deadline, () => states().get(4712)?.beside === true)
      expect(raw.isClosed).toBe(false)
      expect(witness.sockets).toHaveLength(1)
    },
    { flags: ['--limit-awareness-bytes', '1KB'] },
  )

  stageTest('[A11] a flood of nulls for ids nobody has leaves nothing behind', async (stage) => {
    const id = stage.entity()
    const witness = await stage.stock('3.1.0', id).synced()
    const raw = await stage.raw(id)
    await raw.join()
    for (let n = 0; n < 20; n++) {
      const nulls = Array.from({ length: 1_000 }, (_, client) => ({
        client: n * 1_000 + client + 10,
        clock: 2 ** 31,
        state: null,
      }))
      raw.send(awareness(...nulls))
    }
    await raw.settled()
    const fresh = await stage.raw(id)
    await fresh.join()
    fresh.send(query())
    await fresh.settled()
    const entries = fresh.received.flatMap((m) => (m.is === 'awareness' ? m.entries : []))
    expect(entries.filter((entry) => entry.client !== witness.doc.clientID)).toEqual([])
    expect(witness.awareness.getStates().size).toBe(1)
  })

  stageTest('[A11] a huge clock for somebody else does not freeze his presence', async (stage) => {
    const id = stage.entity()
    const victim = await stage.stock('3.1.0', id).synced()
    const witness = await stage.stock('2.1.0', id).synced()
    victim.awareness.setLocalState({ n: 1 })
    const { clientID } = victim.doc
    const state = () => witness.awareness.getStates().get(clientID)
    await until('the victim', stage.deadline, () => state()?.n === 1)
    const raw = await stage.raw(id)
    await raw.join()
    raw.send(awareness({ client: clientID, clock: 2 ** 40, state: { n: 'frozen' } }))
    raw.send(awareness({ client: clientID, clock: Number.MAX_SAFE_INTEGER, state: null }))
    await raw.settled()
    victim.awareness.setLocalState({ n: 2 })
    await until('the victim goes on', stage.deadline, () => state()?.n === 2)
    expect(victim.awareness.getLocalState()).toEqual({ n: 2 })
  })

  stageTest(
    '[A11] a session speaks for so many ids and no more',
    async (stage) => {
      const id = stage.entity()
      const witness = await stage.stock('3.1.0', id).synced()
      const raw = await stage.raw(id)
      raw.send(step1())
      raw.send(awareness({ client: 1_000, clock: 1, state: {} }))
      await raw.next('step2')
      for (let n = 1; n < 30; n++) raw.send(awareness({ client: 1_000 + n, clock: 1, state: {} }))
      await raw.settled()
      raw.send(awareness({ client: 1_000, clock: 2, state: { last: true } }))
      await until('the last', stage.deadline, () =>
        Boolean(witness.awareness.getStates().get(1_000)?.last),
      )
      const spoken = [...witness.awareness.getStates().keys()].filter(
        (client) => client >= 1_000 && client < 1_030,
      )
      expect(spoken.length).toBeLessThanOrEqual(5)
      expect(spoken).toContain(1_000)
      raw.terminate()
      await until('all of them are gone', stage.deadline, () =>
        spoken.every((client) => !witness.awareness.getStates().has(client)),
      )
    },
    { flags: ['--limit-session-clients', '5'] },
  )
})

describe('what is not durable yet', () => {
  stageTest(
    '[E8] more than may wait: 1013, and what was acknowledged stays',
    async (stage) => {
      const id = stage.entity()
      const raw = await stage.raw(id)
      await raw.join()
      raw.send(insertion('small', 50))
      await raw.settled()
      for (let n = 0; n < 40; n++) raw.send(insertion('x'.repeat(60_000), 100 + n))
      expect((await raw.closed).code).toBe(1013)
      const reader = await stage.stock('3.1.0', id).synced()
      expect(reader.doc.getArray('list').toJSON()).toContain('small')
      const after = await stage.metrics()
      expect(after.sum('refusals_total', { code: 'pending-full' })).toBeGreaterThan(0)
    },
    {
      flags: [
        '--limit-pending-entity-bytes',
        '256KB',
        '--pace-commit',
        '500ms',
        '--pace-tick',
        '200ms',
      ],
    },
  )
})

describe('who does not read', () => {
  /** Deletes nearly as much as it writes: merged, there is little to say. */
  async function churn(stage: Stage, id: string, bytes: number): Promise<Y.Doc> {
    const writer = await stage.stock('3.1.0', id).synced()
    const list = writer.doc.getArray<string>('list')
    const chunk = 'x'.repeat(10_000)
    for (let written = 0; written < bytes; written += chunk.length) {
      writer.doc.transact(() => {
        list.push([chunk])
        if (list.length > 10) list.delete(0)
      })
      if (written % (20 * chunk.length) === 0) await new Promise(setImmediate)
    }
    return writer.doc
  }

  stageTest(
    '[S4] costs the server little, is conflated, and converges when it wakes',
    async (stage) => {
      const id = stage.entity()
      const reader = await stage.stock('3.1.0', id).synced()
      reader.provider.ws?.pause()
      const doc = await churn(stage, id, 40_000_000)
      let highest = 0
      await until('conflated', 20_000, async () => {
        const metrics = await stage.metrics()
        highest = Math.max(highest, metrics.sum('outbox_bytes'))
        return metrics.sum('conflations_total') > 0
      })
      expect(highest).toBeLessThan(4_000_000)
      reader.provider.ws?.resume()
      await until('equal', 20_000, () => areEqual([reader.doc, doc]), 50)
      expect(reader.sockets).toHaveLength(1)
    },
    { flags: [], timeout: 60_000 },
  )

  stageTest(
    '[S13] and makes no progress at all is sent away',
    async (stage) => {
      const id = stage.entity()
      const raw = await stage.raw(id)
      await raw.join()
      raw.socket.pause()
      await churn(stage, id, 40_000_000)
      await until('it is gone', 20_000, async () => {
        const metrics = await stage.metrics()
        return metrics.sum('sessions') === 1
      })
      const metrics = await stage.metrics()
      expect(metrics.sum('refusals_total', { code: 'no-progress' })).toBe(1)
      expect(metrics.sum('outbox_bytes')).toBe(0)
    },
    { flags: ['--pace-stall', '1s', '--pace-ping', '60s'], timeout: 60_000 },
  )

  stageTest(
    '[S5] a join waits for room in the outbox',
    async (stage) => {
      const id = stage.entity()
      const writer = await stage.raw(id, { deadline: 30_000 })
      await writer.join()
      // One author who writes at the front: structs of 1 MB each, which can be cut between any two.
      const doc = new Y.Doc()
      doc.on('update', (bytes: Uint8Array) => writer.send(update(bytes)))
      for (let n = 0; n < 24; n++) doc.getArray('list').insert(0, ['x'.repeat(1_000_000)])
      await writer.settled()
      const joiners = await Promise.all(
        Array.from({ length: 3 }, () => stage.raw(id, { deadline: 30_000 })),
      )
      for (const joiner of joiners) {
        joiner.socket.pause()
        joiner.send(step1())
      }
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      // Each may hold its limit and the one piece that was begun below it.
      const held = (await stage.metrics()).sum('outbox_bytes')
      expect(held).toBeLessThan(3 * 11_000_000)
      for (const joiner of joiners) joiner.socket.resume()
      for (const joiner of joiners) {
        await joiner.next('step2')
        expect(joiner.doc().getArray('list').length).toBe(24)
      }
    },
    {
      flags: ['--limit-outbox-hard-bytes', '2MB'],
      timeout: 60_000,
    },
  )

  stageTest(
    '[S14] a socket that died without a word is noticed',
    async (stage) => {
      const id = stage.entity()
      const proxy = await stage.proxy()
      const client = await stage.stock('3.1.0', id, { door: stage.doorAt(proxy.port) }).synced()
      const witness = await stage.stock('2.1.0', id).synced()
      client.awareness.setLocalState({ name: 'ann' })
      await until('it is seen', stage.deadline, () =>
        witness.awareness.getStates().has(client.doc.clientID),
      )
      proxy.freeze()
      client.provider.disconnect()
      await until(
        'it is gone',
        stage.deadline,
        () => !witness.awareness.getStates().has(client.doc.clientID),
      )
      expect(witness.sockets).toHaveLength(1)
    },
    { flags: ['--pace-ping', '300ms', '--pace-pong', '300ms'] },
  )
})

describe('an entity nobody has', () => {
  stageTest(
    '[E10] leaves memory, and comes back whole',
    async (stage) => {
      const id = stage.entity()
      const raw = await stage.raw(id)
      await raw.join()
      raw.send(insertion('kept'))
      raw.send(step2())
      await raw.settled()
      expect((await stage.metrics()).sum('entities_open')).toBe(1)
      await raw.close()
      await until('it is unloaded', stage.deadline, async () => {
        return (await stage.metrics()).sum('entities_open') === 0
      })
      const again = await stage.raw(id)
      await again.join()
      expect(again.doc().getArray('list').toJSON()).toEqual(['kept'])
    },
    { flags: ['--pace-idle', '200ms'] },
  )
})
