import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { areEqual } from '../support/checker.ts'
import { until } from '../support/deadline.ts'
import { step1, update } from '../support/frames.ts'
import { type Stage, stageTest } from '../support/stage.ts'

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
      // The soft limit and one tick's updates, which are more on a busy machine; never all 40 MB.
      expect(highest).toBeLessThan(10_000_000)
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
      await pause(1_000)
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
