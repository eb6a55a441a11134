import { describe, expect, test } from 'vitest'
import { ORIGIN, type Position } from '../../../src/core/position.ts'
import { appendAll, entry, Notes, names, snapshotAt } from '../../contract/store.ts'
import { until } from '../../support/deadline.ts'
import { oneWayTo } from '../../support/one-way.ts'
import { A, hears, logThrough, meta, stream, texts } from '../../support/redis-log.ts'
import { join, node, nodeForEach, redisForFile, server } from '../../support/redis-scene.ts'
import { keptCopy, NAMES, SILENT_NAMES } from '../../support/redis-store.ts'

redisForFile()

describe('the log in Redis', () => {
  nodeForEach()

  describe('several nodes', () => {
    test('[L1] two that append to one entity take turns, each in its own order', async () => {
      const two = await join()
      const [here, there] = [new Notes(), new Notes()]
      await node.log.subscribe(A, ORIGIN, here)
      await two.log.subscribe(A, ORIGIN, there)
      const [mine, theirs] = [names('a', 1, 200), names('b', 1, 200)]
      const positions = await Promise.all([
        appendAll(node.log, A, mine),
        appendAll(two.log, A, theirs),
      ])
      const offsets = positions.flat().map(({ offset }) => offset)
      expect(offsets.sort((a, b) => a - b)).toEqual(offsets.map((_, i) => i + 1))
      const order = await texts()
      expect(order.filter((id) => id.startsWith('a'))).toEqual(mine)
      expect(order.filter((id) => id.startsWith('b'))).toEqual(theirs)
      await hears(here, order)
      await hears(there, order)
    })

    test('[L9] one is told what the other appends and removes', async () => {
      const two = await join()
      const notes = new Notes()
      await two.log.subscribe(A, ORIGIN, notes)
      await appendAll(node.log, A, ['a1', 'a2'])
      await node.log.remove(A, new Map())
      await appendAll(node.log, A, ['b1'])
      await hears(notes, ['a1', 'a2', 'reset@0', 'b1'])
    })

    test('[L5] of two that expect the same one is refused', async () => {
      const two = await join()
      const base = await node.log.append(A, entry('a1'))
      const outcomes = await Promise.allSettled([
        node.log.append(A, entry('x'), { expect: base.position }),
        two.log.append(A, entry('y'), { expect: base.position }),
      ])
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    })

    test('[L55] 5 MB are read, not published', async () => {
      const two = await join()
      const notes = new Notes()
      await two.log.subscribe(A, ORIGIN, notes)
      const published: number[] = []
      const listener = server.client.duplicate()
      listener.on('messageBuffer', (_, message: Buffer) => published.push(message.length))
      await listener.subscribe(NAMES.channel(A))
      const large = new Uint8Array(5_000_000).fill(7)
      await node.log.append(A, entry('large', { update: large as never }))
      await node.log.append(A, entry('a2'))
      await until('both are told', 10_000, () => notes.entries.length === 2)
      expect(Buffer.compare(notes.entries[0]?.update as Uint8Array, large)).toBe(0)
      expect(notes.entries[1]?.id).toBe('a2')
      await until('both are published', 5_000, () => published.length === 2)
      expect(Math.max(...published)).toBeLessThan(300)
      listener.disconnect()
    })

    test('[L54] what was not published is read when the next entry comes', async () => {
      const notes = new Notes()
      await node.log.subscribe(A, ORIGIN, notes)
      const silent = logThrough(node.link, { names: SILENT_NAMES })
      await appendAll(silent, A, ['a1', 'a2'])
      await (await join()).log.append(A, entry('a3'))
      await hears(notes, ['a1', 'a2', 'a3'])
      await silent.close()
    })

    test('[L54] what was appended while a node was away is read when it is back', async () => {
      const wire = await oneWayTo(server.port)
      const away = await join({}, wire.url)
      const notes = new Notes()
      await away.log.subscribe(A, ORIGIN, notes)
      await appendAll(node.log, A, ['a1'])
      await hears(notes, ['a1'])
      wire.mute(true)
      await appendAll(node.log, A, ['a2', 'a3'])
      wire.mute(false)
      wire.cut()
      await hears(notes, ['a1', 'a2', 'a3'])
      await appendAll(node.log, A, ['a4'])
      await hears(notes, names('a', 1, 4))
      await away.close()
      await wire.close()
    })

    test('[L10] y-redis, a reader that is trimmed past while it is away: here it begins anew, and misses nothing after', async () => {
      const wire = await oneWayTo(server.port)
      const away = await join({}, wire.url)
      const notes = new Notes()
      await away.log.subscribe(A, ORIGIN, notes)
      await appendAll(node.log, A, names('a', 1, 3))
      await hears(notes, names('a', 1, 3))
      wire.mute(true)
      let replaces: Position | null = null
      for (const last of [10, 20]) {
        const [at] = (await appendAll(node.log, A, names('a', last - 6, last))).slice(-1)
        await node.snapshots.commit(A, snapshotAt(at as Position), replaces)
        replaces = at as Position
      }
      await node.snapshots.commit(A, snapshotAt(replaces as Position, 'again'), replaces)
      expect(await server.client.xlen(stream)).toBe(0)
      wire.mute(false)
      wire.cut()
      await hears(notes, [...names('a', 1, 3), 'reset@17'])
      await appendAll(node.log, A, ['a18'])
      await hears(notes, [...names('a', 1, 3), 'reset@17', 'a18'])
      await away.close()
      await wire.close()
    })

    test('[L54] a fork below a subscriber is noticed with the next entry, no connection broken', async () => {
      const notes = new Notes()
      await node.log.subscribe(A, ORIGIN, notes)
      await appendAll(node.log, A, names('a', 1, 9))
      const copy = await Promise.all([meta, stream].map((name) => server.client.dumpBuffer(name)))
      await appendAll(node.log, A, names('a', 10, 12))
      // A replica at 9 was promoted: 10 to 13 come again, with other content.
      for (const [i, name] of [meta, stream].entries()) {
        await server.client.restore(name, 0, copy[i] as Buffer, 'REPLACE')
      }
      const two = await join()
      await appendAll(two.log, A, ['b10'])
      await hears(notes, [...names('a', 1, 12), 'reset@10'])
      await appendAll(two.log, A, names('b', 11, 13))
      await hears(notes, [...names('a', 1, 12), 'reset@10', ...names('b', 11, 13)])
    })

    test('[L54] a fork far below is noticed though the entry that comes has the next offset', async () => {
      const notes = new Notes()
      await node.log.subscribe(A, ORIGIN, notes)
      await appendAll(node.log, A, names('a', 1, 90))
      const failOver = await keptCopy(server.client, A)
      await appendAll(node.log, A, names('a', 91, 100))
      await hears(notes, names('a', 1, 100))
      await failOver()
      // 91' to 100' reach nobody, as with a node that hears the old master; then 101' does.
      const silent = logThrough(node.link, { names: SILENT_NAMES })
      await appendAll(silent, A, names('b', 91, 100))
      const { position } = await (await join()).log.append(A, entry('b101'))
      expect(position.offset).toBe(101)
      await hears(notes, [...names('a', 1, 100), 'reset@101'])
      await silent.close()
    })

    test('[L63] an own entry ahead that a failover has lost is missed, though the next one fits', async () => {
      let answer = () => {}
      const slow = new Promise<void>((resolve) => {
        answer = resolve
      })
      const mine = logThrough(node.link, {
        async run(...call) {
          if (call[0] === 'read' && notes.told.length > 0) await slow
          return await node.link.run(...call)
        },
      })
      const notes = new Notes()
      await mine.subscribe(A, ORIGIN, notes)
      await appendAll(mine, A, names('a', 1, 8))
      const failOver = await keptCopy(server.client, A)
      const silent = logThrough(node.link, { names: SILENT_NAMES })
      await appendAll(silent, A, ['b9', 'b10'])
      // Answered "11", while 9 and 10 have not come.
      const append = mine.append(A, entry('a11')).then(
        () => 'answered',
        ({ code }) => code,
      )
      await until('it is there', 5_000, async () => (await server.client.xlen(stream)) === 11)
      await failOver()
      await appendAll((await join()).log, A, ['c9'])
      await hears(notes, [...names('a', 1, 8), 'c9'])
      answer()
      expect(await append).toBe('storage')
      expect(notes.told.at(-1)).toBe('reset@9')
      await appendAll(mine, A, ['a11'])
      expect(await texts()).toEqual([...names('a', 1, 8), 'c9', 'a11'])
      await Promise.all([mine.close(), silent.close()])
    })

    test('[L56] two databases of one Redis do not hear each other', async () => {
      const other = await join({}, `${server.url}/1`)
      const notes = new Notes()
      await other.log.subscribe(A, ORIGIN, notes)
      await appendAll(node.log, A, ['a1'])
      await appendAll(other.log, A, ['b1'])
      await hears(notes, ['b1'])
      expect(await texts(other)).toEqual(['b1'])
    })
  })
})
