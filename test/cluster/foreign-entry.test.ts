import { expect } from 'vitest'
import { key } from '../contract/store.ts'
import { areEqual } from '../support/checker.ts'
import { clusterTest } from '../support/cluster-test.ts'
import { coldRead } from '../support/cold-read.ts'
import { until } from '../support/deadline.ts'
import { linesOf, readyz } from '../support/readiness.ts'
import { NAMES } from '../support/redis-store.ts'

clusterTest(
  '[L53] [L90] what somebody else writes into the stream of an entity that is open: set aside, and nobody notices',
  async (cluster, stage) => {
    const [one, two] = [cluster.node(0), cluster.node(1)]
    const id = stage.entity()
    const ann = await stage.stock('3.1.0', id, { door: one.door }).synced()
    const bob = await stage.stock('2.1.0', id, { door: two.door }).synced()
    ann.doc.getText('text').insert(0, 'before')
    await until('it has come', stage.deadline, () => bob.doc.getText('text').length === 6)
    const { stream } = NAMES.keys(key(id))
    const { client } = cluster.redis
    await client.xadd(stream, '*', 'field', 'strange')
    await client.xadd(stream, '*', 'c', 'not a check', 'r', 'no record')
    bob.doc.getText('text').insert(6, ' and behind')
    const docs = [ann.doc, bob.doc]
    await until('both have it', stage.deadline, () => areEqual(docs))
    await until('Redis too', stage.deadline, async () => {
      const cold = await coldRead(cluster.redis.url, id)
      return cold !== null && areEqual([cold, ...docs])
    })
    expect(ann.doc.getText('text').toString()).toBe('before and behind')
    const rows = await client.xrange(stream, '-', '+')
    expect(rows.map(([at]) => at)).toEqual(['1-0', '2-0'])
    const said = () => linesOf(two.server, 'foreign entries in a stream')
    await until('it is said', stage.deadline, () => said().length > 0)
    const lines = said()
    expect(lines).toEqual([expect.objectContaining({ entity: key(id), entries: 2 })])
    await until('it is counted', stage.deadline, async () => {
      return (await two.metrics()).sum('set_aside_total') === 2
    })
    for (const { sockets } of [ann, bob]) {
      expect(sockets.map(({ closedWith }) => closedWith)).toEqual([null])
    }
    for (const { server } of cluster.nodes)
      expect(await readyz(server)).toMatchObject({ code: 200 })
  },
)
