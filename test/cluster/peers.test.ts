import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { areEqual, equalityFaults } from '../support/checker.ts'
import { DURABLE } from '../support/cluster.ts'
import { clusterTest } from '../support/cluster-test.ts'
import { Crowd, PATIENCE } from '../support/crowd.ts'
import { until } from '../support/deadline.ts'
import { step1, update } from '../support/frames.ts'
import { residentOf } from '../support/resident.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'
import { portOf, type Stage } from '../support/stage.ts'

const MB = 1024 * 1024
const LARGE = 20 * MB
const seed = seedOfRun()

/** Writes a document of so many bytes into a new entity, durable. */
async function fill(
  stage: Stage,
  door: string,
  bytes: number,
): Promise<{ id: string; doc: Y.Doc }> {
  const id = stage.entity()
  const doc = new Y.Doc()
  const raw = await stage.raw(id, { door, deadline: PATIENCE })
  await raw.join()
  doc.on('update', (it: Uint8Array) => raw.send(update(it)))
  const paragraph = 'x'.repeat(10_000)
  for (let written = 0; written < bytes; written += MB) {
    doc.transact(() => {
      const list = doc.getArray<string>('list')
      for (let n = 0; n < 100; n++) list.push([`${written} ${n} ${paragraph}`])
    })
    await raw.settled()
  }
  await raw.close()
  return { id, doc }
}

describe('what others lose with several nodes', () => {
  clusterTest(
    `[T2] Hocuspocus and y-sweet lose what is written during a store, on another node or the same: here both are there (seed ${seed})`,
    async (cluster, stage) => {
      const random = new Seeded(seed)
      const [one, two] = cluster.nodes.map(({ door }) => door) as [string, string]
      // Large enough that a compaction takes its time; each tick makes another due.
      const { id } = await fill(stage, one, 2 * MB)
      const writers = await Promise.all(
        [one, two].map(async (door, n) => {
          const raw = await stage.raw(id, { door, deadline: PATIENCE })
          await raw.join()
          const doc = new Y.Doc()
          doc.on('update', (it: Uint8Array) => raw.send(update(it)))
          return { raw, list: doc.getArray<string>(`list ${n}`) }
        }),
      )
      const compactions = async () => {
        const all = await Promise.all(cluster.nodes.map((node) => node.metrics()))
        return all.reduce(
          (sum, it) => sum + it.sum('compactions_total', { result: 'committed' }),
          0,
        )
      }
      let edits = 0
      await until('many compactions', PATIENCE, async () => {
        for (const { raw, list } of writers) {
          list.push([`edit ${edits}`])
          if (random.chance(0.3)) await raw.settled()
        }
        edits++
        await pause(random.int(0, 20))
        return edits >= 100 && (await compactions()) >= 5
      })
      await Promise.all(writers.map(({ raw }) => raw.settled()))
      await Promise.all(cluster.nodes.map((node) => node.kill()))
      await cluster.node(1).start()
      const cold = await stage.raw(id, { door: two, deadline: PATIENCE })
      const doc = await cold.join()
      for (const n of [0, 1]) expect(doc.getArray(`list ${n}`).length).toBe(edits)
    },
    {
      redisOptions: DURABLE,
      flags: ['--pace-compact-entries', '5', '--pace-compact-bytes', '1kb'],
      timeout: 120_000,
    },
  )

  clusterTest(
    '[T5] Hocuspocus queues all for one stalled reader, y-sweet drops some: bounded on his node, nothing felt on the other, nothing lost',
    async (cluster, stage) => {
      const [one, two] = cluster.nodes.map(({ door }) => door) as [string, string]
      const id = stage.entity()
      const stalled = await stage.stock('3.1.0', id, { door: two, deadline: PATIENCE }).synced()
      const reader = await stage.raw(id, { door: two, deadline: PATIENCE })
      reader.send(step1())
      await reader.next('step2')
      const writer = await stage.raw(id, { door: one, deadline: PATIENCE })
      await writer.join()
      const doc = new Y.Doc()
      doc.on('update', (it: Uint8Array) => writer.send(update(it)))
      const before = cluster.nodes.map(({ server }) => residentOf(server.pid))
      stalled.provider.ws?.pause()
      const list = doc.getArray<string>('list')
      let written = 0
      while (written < 20_000_000) {
        for (let n = 0; n < 50; n++, written += 20_000) {
          doc.transact(() => {
            list.push(['x'.repeat(20_000)])
            if (list.length > 10) list.delete(0)
          })
        }
        await writer.settled()
      }
      await until('the other reader has all of it', PATIENCE, () => reader.receivedBytes >= written)
      for (const [n, { server }] of cluster.nodes.entries()) {
        expect(residentOf(server.pid) - (before[n] as number), `node ${n}`).toBeLessThan(250 * MB)
      }
      const metrics = await cluster.node(1).metrics()
      expect(metrics.sum('outbox_bytes'), 'bytes that wait for him').toBeLessThan(5_000_000)
      stalled.provider.ws?.resume()
      await until('equal', PATIENCE, () => areEqual([stalled.doc, doc]), 100)
      expect(stalled.sockets).toHaveLength(1)
    },
    { flags: ['--pace-stall', '120s', '--pace-pong', '120s'], timeout: 120_000 },
  )

  clusterTest(
    '[T5] y/hub, 150 join a large entity on two nodes: within bounds, and another entity is served',
    async (cluster, stage) => {
      // Not through a wire of this process, which has enough to do with reading it all.
      const doors = cluster.nodes.map(({ server }) => stage.doorAt(portOf(server)))
      const { id } = await fill(stage, doors[0] as string, LARGE)
      const elsewhere = stage.entity()
      const [writer, reader] = await Promise.all(
        doors.map((door) => stage.stock('3.1.0', elsewhere, { door, deadline: PATIENCE }).synced()),
      )
      const before = cluster.resident
      const joiners = await Promise.all(
        Array.from({ length: 150 }, (_, n) =>
          stage.raw(id, { door: doors[n % 2] as string, deadline: PATIENCE }),
        ),
      )
      const complete = new Set<number>()
      for (const [n, joiner] of joiners.entries()) {
        // What they are sent is counted and let go of: 150 copies would be this test's memory.
        joiner.socket.removeAllListeners('message')
        joiner.socket.on('message', (data: Buffer) => {
          joiner.receivedBytes += data.length
          if (data[0] === 0 && data[1] === 1) complete.add(n)
        })
        joiner.send(step1())
      }
      let most = before
      let echoed = 0
      await until('all have it', 150_000, async () => {
        most = Math.max(most, cluster.resident)
        const text = `edit ${echoed}`
        writer?.doc.getArray('list').push([text])
        await until(
          'an edit elsewhere comes through',
          PATIENCE,
          () => reader?.doc.getArray<string>('list').toArray().includes(text) === true,
        )
        echoed++
        return complete.size === joiners.length
      })
      for (const joiner of joiners) expect(joiner.receivedBytes).toBeGreaterThan(LARGE * 0.9)
      // 75 copies of it would be 1.5 GB.
      expect(most - before, 'memory of a node').toBeLessThan(300 * MB)
    },
    // This process alone reads 3 GB: those who wait for their turn are not to be given up for it.
    { flags: ['--pace-stall', '180s', '--pace-pong', '180s'], timeout: 300_000 },
  )

  clusterTest(
    '[T4] y-websocket-server, synced before the load has finished: here with everything, however slow Redis is',
    async (cluster, stage) => {
      const [one, two] = cluster.nodes
      const { id, doc } = await fill(stage, one?.door as string, 3 * MB)
      two?.back.delay(150)
      const joiner = stage.stock('3.1.0', id, { door: two?.door as string, connect: false })
      const atSync: number[] = []
      joiner.onFrame = () => {
        queueMicrotask(() => {
          if (joiner.provider.synced) atSync.push(joiner.doc.getArray('list').length)
        })
      }
      joiner.provider.connect()
      await joiner.synced()
      await until('a look at the moment of sync', stage.deadline, () => atSync.length > 0)
      expect(atSync[0]).toBe(doc.getArray('list').length)
      expect(
        equalityFaults([
          { name: 'written', doc },
          { name: 'joined', doc: joiner.doc },
        ]),
      ).toEqual([])
    },
    { timeout: 120_000 },
  )

  clusterTest(
    `[T6] jupyter, the server lost its history and clients kept theirs: all of it comes back, once (seed ${seed})`,
    async (cluster, stage) => {
      const load = { clients: 9, entities: 3, updatesPerSecond: 150, seed }
      const crowd = await Crowd.gather(stage, load, ...cluster.ports)
      await crowd.acknowledged()
      await pause(1_500)
      await crowd.settle()
      // No node remembers anything, and Redis is empty.
      await Promise.all(cluster.nodes.map((node) => node.kill()))
      await cluster.redis.client.flushall()
      await Promise.all(cluster.nodes.map((node) => node.start()))
      await crowd.synced()
      crowd.goOn()
      await crowd.acknowledged()
      await crowd.settle()
      await cluster.lookAtTheEnd(crowd)
    },
    { timeout: 120_000 },
  )
})
