import { expect } from 'vitest'
import { areEqual } from '../support/checker.ts'
import { isNews } from '../support/cluster.ts'
import { clusterTest } from '../support/cluster-test.ts'
import { coldRead } from '../support/cold-read.ts'
import { until } from '../support/deadline.ts'

/** [C6] Everybody has it so many ms after it was lost. */
const NOTICED_MS = 6_000

clusterTest(
  '[L64] news that are lost on the way, and nobody writes again: read within 6 s, on the same connection',
  async (cluster, stage) => {
    const [one, two] = [cluster.node(0), cluster.node(1)]
    const id = stage.entity()
    const ann = await stage.stock('3.1.0', id, { door: one.door }).synced()
    const bob = await stage.stock('3.1.0', id, { door: two.door }).synced()
    const [written, read] = [ann, bob].map(({ doc }) => doc.getText('text'))
    written?.insert(0, 'heard')
    await until('it is heard', stage.deadline, () => read?.length === 5)

    let lost = 0
    two.back.let((chunk, towards) => {
      if (towards === 'server' || !isNews(chunk) || !chunk.includes(id)) return true
      lost++
      return false
    })
    written?.insert(5, ', and not heard')
    await until('it is in Redis', stage.deadline, async () => {
      const cold = await coldRead(cluster.redis.url, id)
      return cold !== null && areEqual([cold, ann.doc])
    })
    await until('its news are lost', stage.deadline, () => lost > 0)
    const lostAt = performance.now()
    two.back.let(() => true)
    await until('it is read', NOTICED_MS, () => read?.toString() === 'heard, and not heard', 20)
    expect(performance.now() - lostAt).toBeLessThan(NOTICED_MS)
    expect((await two.metrics()).sum('redis_reconnections_total')).toBe(0)
    expect(bob.sockets.map(({ closedWith }) => closedWith)).toEqual([null])
  },
)
