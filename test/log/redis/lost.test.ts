import { describe, expect, test } from 'vitest'
import { generationOf, ORIGIN, type Position } from '../../../src/core/position.ts'
import { appendAll, collect, entry, key, Notes, names } from '../../contract/store.ts'
import { A, entries, hears, logThrough, meta, stream, texts } from '../../support/redis-log.ts'
import { join, node, nodeForEach, redisForFile, server } from '../../support/redis-scene.ts'
import { SILENT_NAMES } from '../../support/redis-store.ts'

redisForFile()

describe('the log in Redis', () => {
  nodeForEach()

  describe('what is lost in Redis', () => {
    test('[L52] after FLUSHALL a log begins anew, under another incarnation', async () => {
      const notes = new Notes()
      await node.log.subscribe(A, ORIGIN, notes)
      const [, before] = await appendAll(node.log, A, ['a1', 'a2'])
      await server.client.flushall()
      const [after] = await appendAll((await join()).log, A, ['b1'])
      expect(after?.offset).toBe(1)
      expect(after?.epoch).not.toBe(before?.epoch)
      expect(await node.log.read(A, before as Position)).toEqual({ is: 'reset', head: after })
      await hears(notes, ['a1', 'a2', 'reset@1'])
    })

    test('[L52] without its meta a log goes on where its stream ends', async () => {
      const notes = new Notes()
      await node.log.subscribe(A, ORIGIN, notes)
      const before = await appendAll(node.log, A, names('a', 1, 3))
      await server.client.del(meta)
      const other = await join()
      // Whoever looks first mints the incarnation, and all see the same.
      const { head } = await entries(other)
      expect(head).toMatchObject({ offset: 3, check: before[2]?.check })
      expect(head.epoch).not.toBe(before[2]?.epoch)
      const [fourth] = await appendAll(other.log, A, ['a4'])
      expect(fourth).toMatchObject({ offset: 4, epoch: head.epoch })
      expect(await texts()).toEqual(names('a', 1, 4))
      expect((await node.log.read(A, before[1] as Position)).is).toBe('reset')
      await hears(notes, ['a1', 'a2', 'a3', 'reset@4'])
    })

    test('[L52] a removal is known without meta too', async () => {
      await appendAll(node.log, A, ['a1'])
      await node.log.remove(A, new Map([[7, 3]]))
      await server.client.del(meta)
      expect((await entries()).tombstone).toEqual(new Map([[7, 3]]))
      const [first] = await appendAll(node.log, A, ['b1'])
      expect(generationOf((first as Position).epoch)).toBe(1)
    })

    test('[L52] a stream that was trimmed to nothing and lost its meta keeps its end', async () => {
      await appendAll(node.log, A, names('a', 1, 3))
      await server.client.xtrim(stream, 'MINID', '4-0')
      await server.client.del(meta)
      const [fourth] = await appendAll(node.log, A, ['a4'])
      expect(fourth?.offset).toBe(4)
      expect((await node.log.read(A, ORIGIN)).is).toBe('reset')
    })

    test('[L51] without its stream a log says what is lacking, and goes on', async () => {
      await appendAll(node.log, A, names('a', 1, 3))
      await server.client.del(stream)
      const { entries: none, skipped, head } = await entries()
      expect(none).toEqual([])
      expect(skipped.map(({ offset, why }) => `${offset} ${why}`)).toEqual([
        '1 damaged',
        '2 damaged',
        '3 damaged',
      ])
      await node.log.append(A, entry('a4'), { expect: head })
      expect(await texts()).toEqual(['a4'])
    })
  })

  describe('a node that has not heard of what became of a log', () => {
    test('[L61] appends nothing to the generation behind a removal', async () => {
      const notes = new Notes()
      await node.log.subscribe(A, ORIGIN, notes)
      await appendAll(node.log, A, ['a1'])
      const silent = logThrough(node.link, { names: SILENT_NAMES })
      const head = await silent.remove(A, new Map())
      await expect(node.log.append(A, entry('a2'))).rejects.toMatchObject({ code: 'storage' })
      await hears(notes, ['a1', 'reset@0'])
      expect(await texts()).toEqual([])
      const { position } = await node.log.append(A, entry('b1'))
      expect(position).toMatchObject({ offset: 1, epoch: head.epoch })
      await silent.close()
    })

    test('[L61] appends nothing to a log that begins anew because it was lost', async () => {
      const notes = new Notes()
      await node.log.subscribe(A, ORIGIN, notes)
      await appendAll(node.log, A, ['a1'])
      await server.client.flushall()
      await expect(node.log.append(A, entry('a2'))).rejects.toMatchObject({ code: 'storage' })
      await hears(notes, ['a1', 'reset@0'])
      expect(await server.client.exists(meta, stream)).toBe(0)
    })

    test('[L61] joins in when somebody else began the log meanwhile', async () => {
      await node.log.subscribe(A, ORIGIN, new Notes())
      const silent = logThrough(node.link, { names: SILENT_NAMES })
      await appendAll(silent, A, ['b1'])
      const { position } = await node.log.append(A, entry('a2'))
      expect(position.offset).toBe(2)
      await silent.close()
    })
  })

  describe('what somebody else put there', () => {
    test('[L53] makes way also where no further id was left', async () => {
      await appendAll(node.log, A, ['a1'])
      const last = '18446744073709551615-18446744073709551615'
      await server.client.xadd(stream, last, 'field', 'strange')
      await appendAll(node.log, A, ['a2'])
      expect(await texts()).toEqual(['a1', 'a2'])
    })

    test('[L53] makes way for the next entry, and is set aside', async () => {
      await appendAll(node.log, A, ['a1', 'a2'])
      await server.client.xadd(stream, '2-5', 'x', 'beside')
      await server.client.xadd(stream, '*', 'field', 'strange')
      expect(await texts()).toEqual(['a1', 'a2'])
      const notes = new Notes()
      await node.log.subscribe(A, ORIGIN, notes)
      const [third] = await appendAll(node.log, A, ['a3'])
      expect(third?.offset).toBe(3)
      expect(await texts()).toEqual(['a1', 'a2', 'a3'])
      expect(notes.told).toEqual(['a1', 'a2', 'a3'])
      const aside = await collect(node.log.listSetAside())
      expect(aside.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual([
        'xbeside',
        'fieldstrange',
      ])
    })

    test('[L53] a stream of strange entries without meta is damaged, and left as it is', async () => {
      await server.client.xadd(stream, '*', 'field', 'strange')
      await expect(node.log.append(A, entry('a1'))).rejects.toMatchObject({ code: 'damaged' })
      expect(await server.client.xlen(stream)).toBe(1)
    })

    test('[L53] a meta that is not understood, or a key of another type, is damaged', async () => {
      await appendAll(node.log, A, ['a1'])
      const attempts = () =>
        Promise.allSettled([
          node.log.append(A, entry('a2')),
          node.log.read(A, ORIGIN),
          node.log.remove(A, new Map()),
          node.snapshots.load(A),
        ])
      const codes = (outcomes: readonly PromiseSettledResult<unknown>[]) =>
        outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : 'done'))
      await server.client.set(meta, '2 something later')
      expect(codes(await attempts())).toEqual(Array.from({ length: 4 }, () => 'damaged'))
      expect(await server.client.get(meta)).toBe('2 something later')
      await server.client.del(meta, stream)
      await server.client.lpush(meta, 'x')
      expect(codes(await attempts())).toEqual(Array.from({ length: 4 }, () => 'damaged'))
      await appendAll(node.log, key('b'), ['b1'])
    })
  })
})
