import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { generationOf, ORIGIN, type Position } from '../../src/core/position.ts'
import { appendAll, entry, key, Notes, names, snapshotAt, textsOf } from '../contract/store.ts'
import { until } from '../support/deadline.ts'
import { type RedisPair, startRedisPair } from '../support/redis-pair.ts'
import { startRedis } from '../support/redis-server.ts'
import { NAMES, type Node, openNode } from '../support/redis-store.ts'

/** Two real servers: what positions, snapshots and removals are worth when the second takes over. */
describe('a failover to a replica that lacks the end', () => {
  const A = key('a')
  let pair: RedisPair
  const nodes: Node[] = []
  const join = async () => {
    const node = await openNode(pair.url, { audit: 500 })
    nodes.push(node)
    return node
  }
  beforeEach(async () => {
    pair = await startRedisPair()
  })
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.close()))
    await pair.stop()
  })

  const follow = async (node: Node, after = ORIGIN) => {
    const notes = new Notes()
    await node.log.subscribe(A, after, notes)
    return notes
  }
  const hears = (notes: Notes, told: readonly string[]) =>
    until(`${told.at(-1)} is told`, 15_000, () => notes.told.length >= told.length).then(() =>
      expect(notes.told).toEqual(told),
    )
  const read = async (node: Node) => {
    const all = await node.log.read(A, ORIGIN)
    return all.is === 'reset' ? 'reset' : textsOf(all.entries)
  }
  /** Fails over, and comes back when every node has a connection again. */
  const failOver = async () => {
    const before = nodes.map(({ log }) => log.steadySince ?? 0)
    await pair.failOver()
    await until('all nodes are there again', 15_000, () =>
      nodes.every(({ log }, i) => (log.steadySince ?? 0) > (before[i] ?? 0)),
    )
  }
  const steady = () =>
    until('Redis is steady', 15_000, () => nodes.every(({ log }) => log.steadySince !== null))

  test('[L64] everyone who was told the end learns that it is gone, without a further write', async () => {
    const [one, two] = [await join(), await join()]
    const [here, there] = [await follow(one), await follow(two)]
    await appendAll(one.log, A, names('a', 1, 90))
    await pair.cutReplica()
    await appendAll(one.log, A, names('a', 91, 100))
    await hears(there, names('a', 1, 100))
    await steady()
    await failOver()
    for (const notes of [here, there]) await hears(notes, [...names('a', 1, 100), 'reset@90'])
    // And again when the other branch has grown to the same length.
    await appendAll(two.log, A, names('b', 91, 100))
    await hears(here, [...names('a', 1, 100), 'reset@90', ...names('b', 91, 100)])
    expect(await read(one)).toEqual([...names('a', 1, 90), ...names('b', 91, 100)])
  })

  test('[L68] snapshots of the lost branch are gone or stale, and nothing of the other is trimmed', async () => {
    const one = await join()
    const positions = await appendAll(one.log, A, names('a', 1, 8))
    const at8 = positions[7] as Position
    await pair.cutReplica()
    const [at9, at10] = await appendAll(one.log, A, ['a9', 'a10'])
    expect(await one.snapshots.commit(A, snapshotAt(at8), null)).toBe('committed')
    expect(await one.snapshots.commit(A, snapshotAt(at9 as Position), at8)).toBe('committed')
    expect(await pair.first.client.xlen(NAMES.keys(A).stream)).toBe(2)
    await failOver()
    expect(await one.snapshots.load(A)).toBeNull()
    const other = await join()
    await appendAll(other.log, A, names('b', 9, 20))
    for (const replaces of [null, at9 as Position]) {
      const late = snapshotAt(at10 as Position)
      expect(await one.snapshots.commit(A, late, replaces)).toBe('stale')
    }
    expect(await read(one)).toEqual([...names('a', 1, 8), ...names('b', 9, 20)])
    expect(await one.snapshots.commit(A, snapshotAt(at8), null)).toBe('committed')
  })

  test('[L67] a removal that was lost is made again, and stays', async () => {
    const one = await join()
    await appendAll(one.log, A, names('a', 1, 8))
    await pair.cutReplica()
    await one.log.remove(A, new Map([[7, 3]]))
    await steady()
    await pair.failOver()
    const other = await join()
    const notes = await follow(other)
    await until('it is removed', 15_000, async () => {
      const { head } = await other.log.read(A, ORIGIN)
      return generationOf(head.epoch) === 1
    })
    await until('it is told', 15_000, () => notes.last?.offset === 0)
    expect(await read(other)).toEqual([])
    const { head } = await other.log.read(A, ORIGIN)
    expect(await other.log.read(A, head)).toMatchObject({ tombstone: new Map([[7, 3]]) })
  })
})

test('[L55] two entries of 20 MB reach two nodes, and cut nobody off', async () => {
  const server = await startRedis()
  try {
    const A = key('a')
    const nodes = [await openNode(server.url), await openNode(server.url)] as const
    const notes = [new Notes(), new Notes()]
    for (const [i, { log }] of nodes.entries()) await log.subscribe(A, ORIGIN, notes[i] as Notes)
    const { client } = server
    const limits = (await client.config('GET', 'client-output-buffer-limit')) as string[]
    expect(limits[1]).toContain('pubsub 33554432 8388608 60')
    const accepted = async () =>
      Number(/total_connections_received:(\d+)/.exec(await client.info('stats'))?.[1])
    const before = await accepted()
    const update = new Uint8Array(20_000_000).fill(7) as never
    await Promise.all(
      ['x', 'y'].map((id, i) => nodes[i]?.log.append(A, entry(id, { update })) as Promise<unknown>),
    )
    for (const each of notes) {
      await until('both are there', 20_000, () => each.entries.length === 2)
      for (const { update: bytes } of each.entries) {
        expect(Buffer.compare(bytes, update)).toBe(0)
      }
      expect(each.told).not.toContain('reset@2')
    }
    expect(await accepted()).toBe(before)
    await Promise.all(nodes.map((node) => node.close()))
  } finally {
    await server.stop()
  }
})
