import { describe, expect, test } from 'vitest'
import { ORIGIN, type Position } from '../../../src/core/position.ts'
import { DirtySets } from '../../../src/queue/dirty-sets.ts'
import { partitionOf } from '../../../src/redis/names.ts'
import { appendAll, key, names, snapshotAt } from '../../contract/store.ts'
import { node, nodeForEach, redisForFile, server } from '../../support/redis-scene.ts'
import { NAMES } from '../../support/redis-store.ts'

redisForFile()
nodeForEach()

describe('[J1] the dirty set of a partition', () => {
  const noted = (name: string) =>
    server.client.zrange(NAMES.keys(key(name)).dirty, '0', '-1', 'WITHSCORES')
  const commit = (name: string, position: Position, replaces: Position | null) =>
    node.snapshots.commit(key(name), snapshotAt(position), replaces)

  test('names an entity from the first entry of its stream to the last', async () => {
    const before = Number((await server.client.time())[0]) * 1_000
    const [first, last] = await appendAll(node.log, key('a'), ['a1', 'a2'])
    const [entity, score] = await noted('a')
    expect(entity).toBe(key('a'))
    expect(Number(score)).toBeGreaterThanOrEqual(before)
    expect(Number(score)).toBeLessThan(before + 60_000)
    // Later entries leave the note as it is: it would cost each of them.
    await appendAll(node.log, key('a'), names('b', 1, 5))
    expect(await noted('a')).toEqual([entity, score])

    await commit('a', first as Position, null)
    await commit('a', last as Position, first as Position)
    expect(await server.client.xlen(NAMES.keys(key('a')).stream), 'entries behind it').toBe(6)
    expect(await noted('a')).toEqual([entity, score])
  })

  test('forgets it when the stream is trimmed to nothing, and names it again at the next entry', async () => {
    const [, last] = (await appendAll(node.log, key('a'), ['a1', 'a2'])) as [Position, Position]
    await commit('a', last, null)
    expect(await noted('a')).toHaveLength(2)
    await commit('a', last, last)
    expect(await server.client.xlen(NAMES.keys(key('a')).stream)).toBe(0)
    expect(await noted('a')).toEqual([])
    await appendAll(node.log, key('a'), ['a3'])
    expect((await noted('a'))[0]).toBe(key('a'))
  })

  test('forgets what is removed', async () => {
    await appendAll(node.log, key('a'), ['a1'])
    await node.log.remove(key('a'), new Map())
    expect(await noted('a')).toEqual([])
    await appendAll(node.log, key('a'), ['a2'])
    expect((await noted('a'))[0]).toBe(key('a'))
  })

  test.each(['a', '}:m:default/a', '%7D'])(
    '[J6] forgets %s when it is due and its log is gone, and names it again at the next entry',
    async (name) => {
      const sets = new DirtySets(node.link)
      const { meta, stream } = NAMES.keys(key(name))
      const due = async () => {
        const all = await sets.due(partitionOf(key(name)), 0, 10)
        return all.map(({ entity }) => entity)
      }
      await appendAll(node.log, key(name), ['a1'])
      for (const one of [meta, stream]) {
        await server.client.del(one)
        expect(await due(), 'the other is there').toEqual([key(name)])
        expect(await server.client.exists(meta, stream)).toBe(1)
        await node.log.read(key(name), ORIGIN)
      }
      await server.client.del(meta, stream)
      expect(await due()).toEqual([])
      expect(await noted(name)).toEqual([])
      await appendAll(node.log, key(name), ['b1'])
      expect(await due()).toEqual([key(name)])
    },
  )

  test.each(['}:m:default/a', 'a}{1}:m:b', 'ä🌊', '%7D'])(
    'knows %s by its own name',
    async (name) => {
      await appendAll(node.log, key(name), ['a1'])
      expect((await noted(name))[0]).toBe(key(name))
    },
  )
})
