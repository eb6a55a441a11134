import { beforeEach, describe, expect, test } from 'vitest'
import { ORIGIN } from '../../../src/core/position.ts'
import { appendAll, entry, key, Notes, names } from '../../contract/store.ts'
import { until } from '../../support/deadline.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { join, node, nodeForEach, redisForFile, server } from '../../support/redis-scene.ts'
import { startRedis } from '../../support/redis-server.ts'
import { keptCopy, NAMES, type Node, SILENT_NAMES } from '../../support/redis-store.ts'

/** What nobody is told of is found by looking. */
describe('the audit of what is followed', () => {
  redisForFile()
  // Looks every 50 ms.
  nodeForEach({ audit: 50 })

  const A = key('a')
  /** Appends without telling anybody. */
  let silent: Node
  let notes: Notes
  beforeEach(async () => {
    silent = await join({ names: SILENT_NAMES })
    notes = new Notes()
  })

  const follows = async (ids: readonly string[], on = node) => {
    await on.log.subscribe(A, ORIGIN, notes)
    await appendAll(on.log, A, ids)
  }
  const hears = (told: readonly string[]) =>
    until(`${told.at(-1)} is told`, 5_000, () => notes.told.length >= told.length).then(() =>
      expect(notes.told).toEqual(told),
    )
  const isSteady = (on: Node) =>
    until('Redis is steady', 5_000, () => on.log.steadySince !== null).then(
      () => on.log.steadySince as number,
    )

  test('[L64] what was not published is read, though nobody writes any more', async () => {
    await follows(['a1'])
    await appendAll(silent.log, A, ['b2', 'b3'])
    await hears(['a1', 'b2', 'b3'])
  })

  test('[L64] so is what was appended to a log that did not exist', async () => {
    await follows([])
    await appendAll(silent.log, A, ['b1'])
    await hears(['b1'])
  })

  test('[L64] a removal that was not published is noticed', async () => {
    await follows(['a1'])
    await silent.log.remove(A, new Map())
    await hears(['a1', 'reset@0'])
  })

  test('[L64] a FLUSHALL is noticed', async () => {
    await follows(['a1', 'a2'])
    await server.client.flushall()
    await hears(['a1', 'a2', 'reset@0'])
  })

  test('[L64] a log that was put back to an older copy is noticed', async () => {
    await follows(names('a', 1, 3))
    const putBack = await keptCopy(server.client, A)
    await appendAll(node.log, A, ['a4', 'a5'])
    await putBack()
    await hears([...names('a', 1, 5), 'reset@3'])
  })

  test('[L64] one that has grown to the same length by other entries is noticed', async () => {
    await appendAll(silent.log, A, names('a', 1, 3))
    const at3 = await keptCopy(server.client, A)
    await appendAll(silent.log, A, ['b4', 'b5'])
    const failOver = await keptCopy(server.client, A)
    await at3()
    await follows(['a4', 'a5'])
    await failOver()
    await hears([...names('a', 1, 5), 'reset@5'])
  })

  test('[L64] one that has begun anew and has the same length is noticed', async () => {
    await appendAll(silent.log, A, ['a1', 'a2'])
    const failOver = await keptCopy(server.client, A)
    await server.client.flushall()
    await follows(['a1', 'a2'])
    await failOver()
    await hears(['a1', 'a2', 'reset@2'])
  })

  test('[L64] a full Redis, and one that does not say who it is, are looked at all the same', async () => {
    await server.client.acl('SETUSER', 'few', 'on', '>pw', '~*', '&*', '+@all', '-info')
    try {
      const few = await join({ audit: 50 }, server.url.replace('//', '//few:pw@'))
      await follows(['a1'], few)
      await appendAll(silent.log, A, ['b2'])
      await server.client.del(NAMES.mark(partition()))
      await server.client.config('SET', 'maxmemory', '1')
      await hears(['a1', 'b2'])
      expect(await few.log.markOf(A)).toMatchObject({ ageMs: 0 })
      await isSteady(few)
    } finally {
      await server.client.config('SET', 'maxmemory', '0')
      await server.client.acl('DELUSER', 'few')
    }
  })

  describe('with a clock that stands still', () => {
    let clock: ManualClock
    let reads: number
    const read = async () => {
      const node = await join({ audit: 4_000, clock })
      const { run } = node.link
      node.link.run = (...call) => {
        if (call[0] === 'read') reads++
        return run.apply(node.link, call)
      }
      return node
    }
    beforeEach(() => {
      clock = new ManualClock()
      reads = 0
    })
    /** The answers to all that was asked so far are there. */
    const answered = async (node: Node) => {
      for (let i = 0; i < 10; i++) await node.link.call('PING')
    }

    test('closed while it waits for what is ahead it leaves no timer', async () => {
      const node = await read()
      await follows(['a1'], node)
      await answered(node)
      await appendAll(silent.log, A, ['b2'])
      clock.advance(4_000)
      await answered(node)
      const before = clock.pending
      await node.log.close()
      // What it waited for, and the next round.
      expect(before - clock.pending).toBeGreaterThanOrEqual(2)
    })

    test('[L64] what is ahead has 200 ms to come; what is as it was is not read', async () => {
      const node = await read()
      await follows(['a1'], node)
      await answered(node)
      reads = 0
      clock.advance(4_000)
      await answered(node)
      clock.advance(200)
      expect(reads).toBe(0)
      await appendAll(silent.log, A, ['b2'])
      clock.advance(3_799)
      await answered(node)
      expect(clock.pending).toBe(1)
      clock.advance(1)
      await answered(node)
      clock.advance(199)
      expect(reads).toBe(0)
      clock.advance(1)
      await hears(['a1', 'b2'])
      expect(reads).toBe(1)
    })

    test('[L64] more than 500 are asked for in several calls', async () => {
      const node = await read()
      const asked: number[] = []
      const { call } = node.link
      node.link.call = (...words) => {
        if (words[0] === 'MGET' && String(words[1]).includes(':m:')) asked.push(words.length - 1)
        return call.apply(node.link, words)
      }
      const many = Array.from({ length: 501 }, (_, i) => key(`many${i}`))
      const heard = new Set<string>()
      await Promise.all(
        many.map((entity) =>
          node.log.subscribe(entity, ORIGIN, {
            entry: () => heard.add(entity),
            reset: () => {},
          }),
        ),
      )
      await Promise.all(many.map((entity) => silent.log.append(entity, entry('x'))))
      expect(heard.size).toBe(0)
      for (let i = 0; i < 100 && heard.size < many.length; i++) {
        clock.advance(100)
        await answered(node)
      }
      expect(heard.size).toBe(many.length)
      expect(asked.slice(-2)).toEqual([500, 1])
    })
  })

  describe('a removal that a failover has lost', () => {
    const generation = async () => (await silent.log.read(A, ORIGIN)).head.epoch.split('.')[0]
    const isRemoved = () =>
      until('it is removed again', 5_000, async () => (await generation()) === '1')
    const tombstone = async () => {
      const { head } = await silent.log.read(A, ORIGIN)
      const read = await silent.log.read(A, head)
      return read.is === 'entries' ? read.tombstone : null
    }

    test('[L67] is repeated by a node that follows what came after it', async () => {
      const remover = await join()
      await appendAll(remover.log, A, names('a', 1, 3))
      const putBack = await keptCopy(server.client, A)
      await remover.log.remove(A, new Map([[7, 3]]))
      await remover.close()
      await follows(['b1'])
      await putBack()
      // Whoever has heard of nothing goes on with the old one.
      await appendAll(silent.log, A, ['c4'])
      await hears(['b1', 'reset@0'])
      expect(await generation()).toBe('1')
      expect(await tombstone()).toEqual(new Map([[7, 3]]))
      expect(notes.last?.epoch).toBe((await silent.log.read(A, ORIGIN)).head.epoch)
    })

    test('[L67] is repeated by the node that has made it, though nobody follows', async () => {
      await appendAll(node.log, A, names('a', 1, 3))
      const putBack = await keptCopy(server.client, A)
      await node.log.remove(A, new Map([[7, 3]]))
      const old = await join()
      await putBack()
      await old.log.subscribe(A, ORIGIN, notes)
      await isRemoved()
      await hears(['a1', 'a2', 'a3', 'reset@0'])
      expect(await tombstone()).toEqual(new Map([[7, 3]]))
      // Also where nothing at all is left.
      await server.client.flushall()
      await isRemoved()
      expect(await tombstone()).toEqual(new Map([[7, 3]]))
    })

    test('[L67] is repeated by several up to the latest', async () => {
      await appendAll(silent.log, A, ['a1'])
      const putBack = await keptCopy(server.client, A)
      await Promise.all(
        [node, await join({ audit: 50 })].map(({ log }) => log.remove(A, new Map())),
      )
      await putBack()
      await until('both are repeated', 5_000, async () => (await generation()) === '2')
      expect(await server.client.llen(NAMES.keys(A).tombstones)).toBe(2)
    })
  })

  describe('an instance mark', () => {
    test('[L65] is one for a partition, whoever finds none first, and of another store another', async () => {
      const [mine, theirs] = await Promise.all([node.log.markOf(A), silent.log.markOf(A)])
      expect(mine.id).toBe(theirs.id)
      expect((await node.log.markOf(A)).id).toBe(mine.id)
      await server.client.flushall()
      const fresh = await silent.log.markOf(A)
      expect(fresh.id).not.toBe(mine.id)
      expect(fresh.ageMs).toBeLessThan(60_000)
    })

    test('[L65] tells its age by the clock of Redis', async () => {
      const [seconds] = await server.client.time()
      const before = (Number(seconds) - 660) * 1_000
      await server.client.set(NAMES.mark(partition()), `abc ${before}`)
      const clock = new ManualClock()
      const { id, ageMs } = await (await join({ clock })).log.markOf(A)
      expect(id).toBe(`abc ${before}`)
      expect(ageMs).toBeGreaterThanOrEqual(660_000)
      expect(ageMs).toBeLessThan(720_000)
      // What is none of ours says nothing: young.
      await server.client.set(NAMES.mark(partition()), 'something else')
      expect((await node.log.markOf(A)).ageMs).toBe(0)
    })
  })

  test('[L65] a mark that is no mark is replaced, and all else is looked at', async () => {
    await follows(['a1'])
    await markSeen()
    const mark = NAMES.mark(partition())
    await server.client.del(mark)
    await server.client.rpush(mark, 'something else')
    await appendAll(silent.log, A, ['b2'])
    await hears(['a1', 'b2'])
    await until('there is a mark again', 5_000, async () =>
      /^\S+ \d+$/.test((await server.client.get(mark).catch(() => null)) ?? ''),
    )
    expect((await node.log.markOf(A)).ageMs).toBeLessThan(60_000)
    await isSteady(node)
  })

  describe('steady since', () => {
    test('[L66] a Redis that was emptied is not the same, though nothing of it was followed', async () => {
      await follows([])
      const { mark } = await markSeen()
      const before = await isSteady(node)
      await server.client.flushall()
      await until('it is noticed', 5_000, () => (node.log.steadySince ?? 0) > before)
      expect(await server.client.get(NAMES.mark(partition()))).not.toBe(mark)
      expect(notes.told).toEqual([])
    })

    test('[L66] another history of replication is not the same, though no connection breaks', async () => {
      const before = await isSteady(node)
      await server.client.replicaof('127.0.0.1', 1)
      await server.client.replicaof('NO', 'ONE')
      await until('it is noticed', 5_000, () => (node.log.steadySince ?? 0) > before)
    })

    test('[L66] a fork begins it anew', async () => {
      await follows(['a1'])
      await markSeen()
      const putBack = await keptCopy(server.client, A)
      await appendAll(node.log, A, ['a2'])
      const before = await isSteady(node)
      await putBack()
      await hears(['a1', 'a2', 'reset@1'])
      expect(await isSteady(node)).toBeGreaterThan(before)
    })

    test('[L94] steady without a replica that it had, and not safe, until it is back', async () => {
      const isOnline = async () =>
        /^slave0:.*state=online/m.test(await server.client.info('replication'))
      const options = ['--replicaof', '127.0.0.1', String(server.port)]
      let looks = 0
      const { info } = node.link
      node.link.info = (...which) => {
        looks++
        return info.apply(node.link, which)
      }
      /** Two more: the first may have begun before. */
      const looked = async () => {
        const before = looks
        await until('it has looked', 30_000, () => looks >= before + 3)
      }
      const unmoved = async () => {
        let since: number | null = null
        await until('nothing is missed', 30_000, async () => {
          since = node.log.safeSince
          await looked()
          return node.log.safeSince === since
        })
        return since ?? 0
      }
      // Else it is made to wait for others that might want the same copy.
      await server.client.config('SET', 'repl-diskless-sync-delay', '0')
      const replica = await startRedis(options)
      try {
        await until('it follows', 30_000, isOnline)
        // A look may have found it when it was there, and had not caught up; and who gets the first
        // replica of its life begins another history.
        const safe = await unmoved()
        const steady = await isSteady(node)
        await replica.kill()
        await until('it is missed', 30_000, () => (node.log.safeSince ?? 0) > safe)
        const missed = node.log.safeSince ?? 0
        await until('it still is', 30_000, () => (node.log.safeSince ?? 0) > missed)
        await replica.restart()
        await until('it follows again', 30_000, isOnline)
        await unmoved()
        expect(node.log.steadySince).toBe(steady)
      } finally {
        node.link.info = info
        await replica.stop()
      }
    }, 120_000)

    test('[L66] not while it is a replica, nor while it cannot be reached', async () => {
      const before = await isSteady(node)
      await server.client.replicaof('127.0.0.1', 1)
      await until('it is noticed', 5_000, () => node.log.steadySince === null)
      await server.client.replicaof('NO', 'ONE')
      const again = await isSteady(node)
      expect(again).toBeGreaterThan(before)
      await server.kill()
      await until('it is noticed', 5_000, () => node.log.steadySince === null)
      await server.restart()
      await until('it is back', 10_000, () => node.log.steadySince !== null)
      expect(node.log.steadySince).toBeGreaterThan(again)
    })
  })

  const partition = () => Number(/\{(\d+)\}/.exec(NAMES.keys(A).meta)?.[1])
  /** The audit has seen the instance mark beside the entity. */
  const markSeen = async () => {
    let mark: string | null = null
    await until('there is a mark', 5_000, async () => {
      mark = await server.client.get(NAMES.mark(partition()))
      return mark !== null
    })
    return { mark }
  }
})
