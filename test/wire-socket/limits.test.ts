import { describe, expect } from 'vitest'
import { areEqual } from '../support/checker.ts'
import { until } from '../support/deadline.ts'
import { marker, step2 } from '../support/frames.ts'
import { Refused } from '../support/raw-client.ts'
import { type Stage, stageTest } from '../support/stage.ts'
import { STOCK_VERSIONS } from '../support/stock-clients.ts'
import { insertion } from './insertion.ts'

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

      // What is set aside is written beside what goes on.
      await until('it is set aside', stage.deadline, async () => {
        return (await stage.metrics()).sum('set_aside_total') > 0
      })
      const metrics = await stage.metrics()
      expect(metrics.sum('updates_neutered_total')).toBe(1)
      expect(metrics.sum('set_aside_total')).toBe(1)

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
      // Readers are sent it before it is in the log.
      await until('it is durable', stage.deadline, async () => {
        return (await stage.metrics()).sum('pending_bytes') === 0
      })
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

  stageTest(
    '[E8] of a node likewise, though each entity is within its own bound',
    async (stage) => {
      const talk = async () => {
        const raw = await stage.raw(stage.entity())
        await raw.join()
        for (let n = 0; n < 3; n++) raw.send(insertion('x'.repeat(60_000), 100 + n))
        raw.send(marker(1))
        return raw
      }
      const talkers = await Promise.all([talk(), talk()])
      await until('both have an answer', stage.deadline, () =>
        talkers.every((raw) => raw.isClosed || raw.count('marker') > 0),
      )
      const closed = talkers.filter((raw) => raw.isClosed)
      // One, or both when their updates arrive in turns.
      expect(closed.length).toBeGreaterThan(0)
      for (const raw of closed) expect((await raw.closed).code).toBe(1013)
    },
    {
      flags: [
        ...['--limit-pending-entity-bytes', '256KB', '--limit-pending-node-bytes', '256KB'],
        ...['--pace-commit', '500ms', '--pace-tick', '200ms'],
      ],
    },
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
