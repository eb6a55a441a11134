import { describe, expect, test } from 'vitest'
import { ORIGIN } from '../../src/core/position.ts'
import type { NewEntry } from '../../src/log/log.ts'
import { logContract } from '../contract/log.contract.ts'
import { appendAll, entry, key, names, textsOf } from '../contract/store.ts'
import { until } from '../support/deadline.ts'
import { oneWayTo } from '../support/one-way.ts'
import { A, entries, logThrough, stream, texts } from '../support/redis-log.ts'
import { join, node, nodeForEach, redisForFile, server } from '../support/redis-scene.ts'
import { keptCopy, openRedisStore } from '../support/redis-store.ts'

redisForFile()

logContract('redis', () => openRedisStore(server))

describe('the log in Redis', () => {
  nodeForEach()

  describe('an answer that is lost', () => {
    test('[L50] the entry appended again is there once, also with its old condition', async () => {
      const wire = await oneWayTo(server.port)
      const away = await join({}, wire.url)
      for (const [id, expected] of [
        ['a1', ORIGIN],
        ['a2', undefined],
      ] as const) {
        wire.mute(true)
        const options = expected === undefined ? {} : { expect: expected }
        const lost = away.log.append(A, entry(id), options)
        const behind = away.log.append(A, entry('behind'))
        const failures = Promise.all(
          [lost, behind].map((append) => expect(append).rejects.toMatchObject({ code: 'storage' })),
        )
        const length = Number(id.slice(1))
        await until('it is there', 5_000, async () => (await server.client.xlen(stream)) === length)
        wire.mute(false)
        wire.cut()
        await failures
        await away.link.whenReady()
        const { position } = await away.log.append(A, entry(id), options)
        expect(position.offset).toBe(length)
        expect(await server.client.xlen(stream)).toBe(length)
      }
      expect(await texts()).toEqual(['a1', 'a2'])
      await away.close()
      await wire.close()
    })
  })

  describe('a Redis that takes nothing', () => {
    test('[L62] because it is full', async () => {
      await appendAll(node.log, A, ['a1'])
      await server.client.config('SET', 'maxmemory', '1')
      try {
        const attempts = [
          node.log.append(A, entry('a2')),
          node.log.append(key('b'), entry('b1')),
          node.log.remove(A, new Map()),
          node.log.setAside(A, new Uint8Array(10), 'why'),
        ]
        await Promise.all(
          attempts.map((attempt) => expect(attempt).rejects.toMatchObject({ code: 'storage' })),
        )
        expect(await texts()).toEqual(['a1'])
        // Meta, stream, and the dirty set of the partition.
        expect(await server.client.keys('*')).toHaveLength(3)
      } finally {
        await server.client.config('SET', 'maxmemory', '0')
      }
      const { position } = await node.log.append(A, entry('a2'))
      expect(position.offset).toBe(2)
    })

    test('[L62] because it is a replica', async () => {
      await appendAll(node.log, A, ['a1'])
      await server.client.replicaof('127.0.0.1', 1)
      try {
        const append = node.log.append(A, entry('a2'))
        await expect(append).rejects.toMatchObject({ code: 'storage' })
      } finally {
        await server.client.replicaof('NO', 'ONE')
      }
      await node.link.whenReady()
      await until('it is taken', 5_000, () =>
        node.log.append(A, entry('a2')).then(
          () => true,
          () => false,
        ),
      )
      expect(await texts()).toEqual(['a1', 'a2'])
    })
  })

  describe('reading in pages', () => {
    const MB = new Uint8Array(1_500_000).fill(3) as never
    const large = (letter: string) => names(letter, 1, 7).map((id) => entry(id, { update: MB }))

    test('[L51] gives all of it, in order', async () => {
      for (const each of large('a')) await node.log.append(A, each)
      const read = await entries()
      expect(read.entries.map(({ id }) => id)).toEqual(names('a', 1, 7))
      expect(read.head.offset).toBe(7)
    })

    test('[L51] begins anew when the log is removed between two pages', async () => {
      for (const each of large('a')) await node.log.append(A, each)
      let pages = 0
      const disturbed = logThrough(node.link, {
        async run(...call) {
          if (call[0] === 'read' && ++pages === 2) {
            await node.log.remove(A, new Map())
            await node.log.append(A, entry('b1'))
          }
          return await node.link.run(...call)
        },
      })
      const read = await disturbed.read(A, ORIGIN)
      expect(read.is === 'entries' && textsOf(read.entries)).toEqual(['b1'])
      expect(pages).toBeGreaterThan(2)
      await disturbed.close()
    })

    test('[L51] begins anew when a failover comes between two pages: nothing is called damaged', async () => {
      const [first, second, ...rest] = large('a')
      for (const each of [first, second]) await node.log.append(A, each as NewEntry)
      const failOver = await keptCopy(server.client, A)
      for (const each of rest) await node.log.append(A, each)
      let pages = 0
      const disturbed = logThrough(node.link, {
        async run(...call) {
          if (call[0] === 'read' && ++pages === 2) {
            await failOver()
            for (const each of large('b').slice(2)) await node.log.append(A, each)
          }
          return await node.link.run(...call)
        },
      })
      const read = await disturbed.read(A, ORIGIN)
      if (read.is === 'reset') return expect.fail('it is of the same epoch')
      expect(read.skipped).toEqual([])
      expect(read.entries.map(({ id }) => id)).toEqual(['a1', 'a2', ...names('b', 3, 7)])
      await disturbed.close()
    })
  })

  describe('scripts', () => {
    test('[L57] are sent again when Redis has forgotten them, in the order of the calls', async () => {
      const ids = names('a', 1, 60)
      const appends: Promise<unknown>[] = []
      for (const [i, id] of ids.entries()) {
        if (i % 20 === 10) await server.client.script('FLUSH')
        appends.push(node.log.append(A, entry(id)))
        if (i % 7 === 0) await appends.at(-1)
      }
      await Promise.all(appends)
      expect(await texts()).toEqual(ids)
    })
  })
})
