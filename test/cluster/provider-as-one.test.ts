import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import type { Handle } from '../../client/provider/handle/handle.ts'
import { areEqual } from '../support/checker.ts'
import { DURABLE } from '../support/cluster.ts'
import { clusterTest } from '../support/cluster-test.ts'
import { coldRead } from '../support/cold-read.ts'
import { until } from '../support/deadline.ts'
import { marksOf, openHandle } from '../support/provider-crowd.ts'

const PATIENCE = 30_000
const MOST = 2 * 1024
const textOf = ({ doc }: Handle) => doc.getText().toString()
const marks = ({ doc }: Handle) => doc.getArray<string>('marks')

describe('[U91] two nodes, one of which is killed, are as one server', () => {
  clusterTest(
    'whoever was on it resumes by position on the other: at most 2 KB for an entity of 4 MB',
    async (cluster, stage) => {
      const [one, two] = [cluster.node(0), cluster.node(1)]
      const entity = stage.entity()
      const writer = openHandle(stage, two.port, entity)
      const text = writer.doc.getText()
      for (let part = 0; part < 20; part++) {
        text.insert(0, 'x'.repeat(100_000))
        writer.doc.transact(() => {
          for (let at = 0; at < 5_000; at += 10) text.delete(at, 1)
        })
        text.insert(0, 'y'.repeat(100_000))
      }
      await writer.saved({ timeoutMs: PATIENCE })
      let bytes = 0
      one.front.let((chunk) => {
        bytes += chunk.length
        return true
      })
      const reader = openHandle(stage, one.port, entity)
      await reader.synced
      marks(reader).push(['by the reader'])
      await reader.saved({ timeoutMs: PATIENCE })
      expect(bytes).toBeGreaterThan(3_900_000)
      // Until it has been told where all of it is.
      await new Promise((resolve) => setTimeout(resolve, 6_000))

      await one.kill()
      await until('it is away', PATIENCE, () => reader.status.link.is === 'offline')
      text.insert(0, 'written meanwhile. ')
      marks(reader).push(['away'])
      await writer.saved({ timeoutMs: PATIENCE })
      bytes = 0
      one.sendClientsTo(two)
      await reader.saved({ timeoutMs: PATIENCE })
      await until('they agree', PATIENCE, () => areEqual([reader.doc, writer.doc]))
      // Whatever it had to say has been said before this.
      marks(reader).push(['back'])
      await reader.saved({ timeoutMs: PATIENCE })
      expect(bytes).toBeLessThan(MOST)
    },
    { nodes: 2 },
  )

  clusterTest(
    'what it had handed out and not yet written is brought back by whoever has it',
    async (cluster, stage) => {
      const [one, two] = [cluster.node(0), cluster.node(1)]
      const entity = stage.entity()
      const [author, reader] = [1, 2].map(() => openHandle(stage, one.port, entity)) as [
        Handle,
        Handle,
      ]
      const other = openHandle(stage, two.port, entity)
      marks(author).push(['written'])
      await author.saved({ timeoutMs: PATIENCE })
      const has = (handle: Handle, count: number) => () => marks(handle).length === count
      for (const handle of [reader, other]) await until('it is there', PATIENCE, has(handle, 1))

      one.back.goDark()
      marks(author).push(['early'])
      await until('the reader has the next', PATIENCE, has(reader, 2))
      expect(author.status.save.is).toBe('saving')
      await one.kill()
      await author.destroy()
      expect(marksOf(other.doc)).toEqual(['written'])

      one.sendClientsTo(two)
      await until('it is brought back', PATIENCE, has(other, 2))
      // Seen is not yet written: what is promised behind it covers it.
      marks(reader).push(['behind it'])
      await reader.saved({ timeoutMs: PATIENCE })
      await two.kill()
      const cold = await coldRead(cluster.redis.url, entity)
      expect(cold && marksOf(cold)).toEqual(['written', 'early', 'behind it'])
    },
    { nodes: 2, redisOptions: DURABLE },
  )

  clusterTest(
    'what it did not take, and said to nobody who heard it, the other one says',
    async (cluster, stage) => {
      const [one, two] = [cluster.node(0), cluster.node(1)]
      const entity = stage.entity()
      const [ann, bob] = [openHandle(stage, one.port, entity), openHandle(stage, two.port, entity)]
      ann.doc.getText().insert(0, 'before ')
      await ann.saved({ timeoutMs: PATIENCE })
      one.front.let((_, towards) => towards === 'server')
      const large = 'L'.repeat(30_000)
      ann.doc.getText().insert(7, large)
      const clocks = ({ doc }: Handle) => Y.encodeStateVector(doc).join()
      await until('the others have what is left', PATIENCE, () => clocks(bob) === clocks(ann))
      expect(textOf(bob)).toBe('before ')

      await one.kill()
      one.front.let(() => true)
      one.sendClientsTo(two)
      await until('it is answered', PATIENCE, () => ann.status.pending === 0)
      await until('both agree', PATIENCE, () => areEqual([ann.doc, bob.doc]))
      ann.doc.getText().insert(7, 'after')
      await until('the rest goes on', PATIENCE, () => textOf(bob) === 'before after')
      const [aside, ...others] = await ann.setAside()
      expect(others).toEqual([])
      expect(aside?.code).toBe('update-too-large')
      expect(aside?.update.length).toBeGreaterThan(large.length)
    },
    { nodes: 2, flags: ['--limit-update-bytes', '20KB'] },
  )
})
