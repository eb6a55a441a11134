import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { WebSocket } from 'ws'
import { areEqual } from '../support/checker.ts'
import { clusterTest } from '../support/cluster-test.ts'
import { coldRead } from '../support/cold-read.ts'
import { until } from '../support/deadline.ts'
import { awareness, step1 } from '../support/frames.ts'
import type { RawClient } from '../support/raw-client.ts'
import { portOf } from '../support/stage.ts'

/** Generous where nothing is promised, and short enough that a defect is seen soon. */
const SOON = 10_000

describe('what clients do to others with several nodes', () => {
  clusterTest(
    '[E7] Liveblocks refuses what is too large, and the client overwrites all with its initial state: here nobody’s work goes',
    async (cluster, stage) => {
      const [one, two] = cluster.nodes.map(({ door }) => door) as [string, string]
      const id = stage.entity()
      /** An app that fills in what is not there as soon as it is synced, as many do. */
      const open = async (door: string) => {
        const client = await stage.stock('3.1.0', id, { door }).synced()
        const state = client.doc.getMap<string>('state')
        if (!state.has('title')) state.set('title', 'initial')
        return { client, state, text: client.doc.getText('text') }
      }
      const ann = await open(one)
      await until('it is durable', SOON, async () => {
        return (await coldRead(cluster.redis.url, id))?.getMap('state').has('title') === true
      })
      const bob = await open(two)
      bob.state.set('title', 'of bob')
      bob.text.insert(0, 'what bob wrote. ')
      await until('both', SOON, () => areEqual([ann.client.doc, bob.client.doc]))
      ann.text.insert(0, 'x'.repeat(5_000))
      ann.text.insert(ann.text.length, 'what ann wrote.')
      ann.state.set('colour', 'red')
      const expected = 'what bob wrote. what ann wrote.'
      await until('they agree without it', SOON, () =>
        [ann, bob].every(({ text }) => text.toString() === expected),
      )
      // She reloads the page, and comes to the other node; then her laptop, which had all of it, too.
      const reloaded = await open(two)
      ann.client.drop()
      await until('she is back', SOON, () => ann.client.sockets.length > 1)
      await ann.client.synced()
      const docs = [ann, bob, reloaded].map(({ client }) => client.doc)
      await until('all agree', SOON, () => areEqual(docs), 50)
      await until('Redis too', SOON, async () => {
        const cold = await coldRead(cluster.redis.url, id)
        return cold !== null && areEqual([cold, ...docs])
      })
      for (const { state, text } of [ann, bob, reloaded]) {
        expect(state.toJSON()).toEqual({ title: 'of bob', colour: 'red' })
        expect(text.toString()).toBe(expected)
      }
      expect(bob.client.sockets.map(({ closedWith }) => closedWith)).toEqual([null])
    },
    { flags: ['--limit-update-bytes', '2KB'] },
  )

  clusterTest(
    '[Y5] [E10] y-websocket-server dies of garbage and keeps every document: here both nodes serve on, and let go',
    async (cluster, stage) => {
      const [one, two] = cluster.nodes.map(({ door }) => door) as [string, string]
      const id = stage.entity()
      const writer = await stage.stock('3.1.0', id, { door: one }).synced()
      const reader = await stage.stock('2.1.0', id, { door: two }).synced()
      const garbage = [[], [0], [0, 0], [0, 2, 9, 1], [1, 255, 255], [102], [7, 7, 7], [0, 1, 3, 1]]
      const hostile: RawClient[] = []
      for (const door of [one, two]) {
        for (const [n, bytes] of garbage.entries()) {
          // Some of it ends its own socket, and twice on one entity its address is turned away there.
          const raw = await stage.raw(n === 0 ? id : stage.entity(), { door })
          raw.send(Uint8Array.from(bytes))
          raw.send(Uint8Array.from([0, 2, 4, 1, 1, 200, 200]))
          hostile.push(raw)
        }
      }
      writer.doc.getArray('list').push(['after the garbage'])
      await until('it comes through', SOON, () => reader.doc.getArray('list').length === 1)
      for (const { sockets } of [writer, reader]) {
        expect(sockets.map(({ closedWith }) => closedWith)).toEqual([null])
      }
      const others = await Promise.all(
        Array.from({ length: 40 }, () => stage.raw(stage.entity(), { door: two })),
      )
      await Promise.all(others.map((raw) => raw.join()))
      const opened = async (n: number) => (await cluster.node(n).metrics()).sum('entities_open')
      expect(await opened(1)).toBeGreaterThan(40)
      for (const raw of [...others, ...hostile]) raw.terminate()
      reader.end()
      // The other node holds what it wrote for a minute, in case Redis loses it.
      await until('all are let go of', SOON, async () => (await opened(1)) === 0, 50)
      await until('but for one', SOON, async () => (await opened(0)) === 1, 50)
    },
    { flags: ['--pace-idle', '500ms'] },
  )

  clusterTest(
    '[A9] [A15] y/hub, presence of 500 clients takes a whole core: here a round has one frame for each, and one message',
    async (cluster, stage) => {
      // Not through a wire of this process, which has enough to do with 500 sockets.
      const doors = cluster.nodes.map(({ server }) => stage.doorAt(portOf(server)))
      const id = stage.entity()
      const COUNT = 500
      const FIRST = 1_000_000
      const clients = await Promise.all(
        Array.from({ length: COUNT }, async (_, n) => {
          const socket = new WebSocket(`${doors[n % 2]}/${id}`, { perMessageDeflate: false })
          stage.atEnd(() => socket.terminate())
          const client = { socket, frames: 0 }
          socket.on('message', (data: Buffer) => {
            if (data[0] === 1) client.frames++
          })
          await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
          socket.send(step1())
          socket.send(awareness({ client: FIRST + n, clock: 1, state: { n, x: -1 } }))
          return client
        }),
      )
      const watchers = await Promise.all(
        doors.map((door) => stage.stock('3.1.0', id, { door }).synced()),
      )
      const isAt = (x: number) =>
        watchers.every(({ awareness }) => {
          const states = awareness.getStates()
          for (let n = 0; n < COUNT; n++) if (states.get(FIRST + n)?.x !== x) return false
          return true
        })
      await until('all are seen', stage.deadline, () => isAt(-1), 50)
      const sent = async () => {
        const all = await Promise.all(cluster.nodes.map((node) => node.metrics()))
        return all.reduce((sum, metrics) => sum + metrics.sum('bus_messages_sent_total'), 0)
      }
      const frames = () => clients.reduce((sum, client) => sum + client.frames, 0)
      const ROUNDS = 8
      const before = { sent: await sent(), frames: frames() }
      for (let x = 0; x < ROUNDS; x++) {
        for (const [n, { socket }] of clients.entries()) {
          socket.send(awareness({ client: FIRST + n, clock: x + 2, state: { n, x } }))
        }
        await pause(100)
      }
      await until('all know the last', stage.deadline, () => isAt(ROUNDS - 1), 50)
      const changes = COUNT * ROUNDS
      // Told one by one they would be 4,000 messages, and as many frames to each.
      expect((await sent()) - before.sent, 'messages').toBeLessThan(changes / 8)
      expect((frames() - before.frames) / COUNT, 'frames each').toBeLessThan(changes / 8)
    },
  )
})
