import { afterEach, describe, expect, test } from 'vitest'
import { type Logger, SILENT } from '../../src/core/logger.ts'
import { SYSTEM_CLOCK } from '../../src/ops/system.ts'
import type { Job } from '../../src/queue/queue.ts'
import { RedisQueue, type RedisQueueOptions } from '../../src/queue/redis.ts'
import { queueContract } from '../contract/queue.contract.ts'
import { key } from '../contract/store.ts'
import { until } from '../support/deadline.ts'
import { node, nodeForEach, redisForFile, server } from '../support/redis-scene.ts'
import { NAMES } from '../support/redis-store.ts'

redisForFile()
nodeForEach()

const open = (worker: string, options: Partial<RedisQueueOptions> = {}) =>
  new RedisQueue(node.link, { clock: SYSTEM_CLOCK, logger: SILENT, pollMs: 5, worker, ...options })

queueContract('redis', async (most) => open('one', { most }))

describe('the queue in Redis', () => {
  const A = key('a')
  const { stream, waiting } = NAMES.jobs
  const never = () => new Promise<void>(() => {})
  const queues: RedisQueue[] = []
  const opened = (...args: Parameters<typeof open>) => {
    const queue = open(...args)
    queues.push(queue)
    return queue
  }
  afterEach(async () => {
    await Promise.all(queues.splice(0).map((queue) => queue.close()))
  })
  /** What a worker would have taken that died since. */
  const takenBy = (worker: string, times = 3) =>
    node.link.run('take-job', [stream, waiting], [worker, 0, times, ''])

  test('[J3] a job is given to one worker of many, and leaves nothing behind', async () => {
    const done: string[] = []
    for (const worker of ['one', 'two', 'three']) {
      opened(worker).take(async ({ entity }) => void done.push(entity))
    }
    const offering = opened('edge')
    const names = Array.from({ length: 40 }, (_, i) => `e${i}`)
    for (const name of names) await offering.offer({ entity: key(name), why: 'grown' })
    await until('all are done', 5_000, () => done.length === 40)
    await until('nothing is left', 5_000, async () => (await server.client.xlen(stream)) === 0)
    expect(done.sort()).toEqual(names.map(key).sort())
    expect(await server.client.exists(waiting)).toBe(0)
    expect((await server.client.xpending(stream, 'workers'))[0]).toBe(0)
  })

  test('[J3] the job of a worker that has fallen silent is another’s', async () => {
    await opened('edge').offer({ entity: A, why: 'quiet' })
    await takenBy('dead')
    const done: Job[] = []
    opened('alive', { silentMs: 300 }).take(async (job) => void done.push(job))
    await until('it is done', 5_000, () => done.length === 1)
    expect(done).toEqual([{ entity: A, why: 'quiet' }])
  })

  test('[J3] a worker that takes long keeps its job', async () => {
    await opened('edge').offer({ entity: A, why: 'quiet' })
    let [begun, finish] = [0, () => {}]
    const work = async () => {
      begun++
      await new Promise<void>((resolve) => {
        finish = resolve
      })
    }
    opened('one', { silentMs: 300 }).take(work)
    await until('it is under way', 5_000, () => begun === 1)
    opened('two', { silentMs: 300 }).take(work)
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect(begun).toBe(1)
    finish()
    await until('it is done', 5_000, async () => (await server.client.xlen(stream)) === 0)
  })

  test('[J3] who stood still does not take its job back', async () => {
    await opened('edge').offer({ entity: A, why: 'quiet' })
    const [, id] = (await takenBy('stood-still')) as readonly Buffer[]
    await takenBy('goes-on')
    const args = ['stood-still', String(id), 0]
    expect(await node.link.run('keep-job', [stream], args)).toBe(0)
    const [[, consumer] = []] = (await server.client.xpending(stream, 'workers', '-', '+', 1)) as [
      string,
      string,
    ][]
    expect(consumer).toBe('goes-on')
  })

  test('[J3] a job that three workers did not survive is given up, and told of', async () => {
    await opened('edge').offer({ entity: A, why: 'quiet' })
    for (const worker of ['a', 'b', 'c']) await takenBy(worker)
    const told: unknown[] = []
    const logger = { ...SILENT, error: (event: string, fields: object) => told.push(event, fields) }
    const done: Job[] = []
    opened('d', { silentMs: 1, logger: logger as Logger }).take(async (job) => void done.push(job))
    await until('it is told', 5_000, () => told.length > 0)
    expect(told).toEqual(['a job was given up', { entity: A }])
    expect(await server.client.xlen(stream)).toBe(0)
    expect(await opened('edge').offer({ entity: A, why: 'quiet' })).toBe('queued')
    await until('it is done', 5_000, () => done.length === 1)
  })

  test('[J3] work that throws is given out again', async () => {
    let begun = 0
    opened('one', { silentMs: 50 }).take(async () => {
      if (++begun < 3) throw new Error('once more')
    })
    await opened('edge').offer({ entity: A, why: 'quiet' })
    await until('it is done', 5_000, async () => (await server.client.xlen(stream)) === 0)
    expect(begun).toBe(3)
  })

  test('[J4] a worker that stops in order hands its job back at once', async () => {
    await opened('edge').offer({ entity: A, why: 'quiet' })
    let [begun, stop] = [0, () => {}]
    const stopping = opened('stopping')
    stopping.take(async () => {
      begun++
      await new Promise<void>((_, reject) => {
        stop = () => reject(new Error('draining'))
      })
    })
    await until('it is under way', 5_000, () => begun === 1)
    const closed = stopping.close()
    stop()
    await closed
    const done: Job[] = []
    // It would have 15 s.
    opened('next').take(async (job) => void done.push(job))
    await until('it is done', 5_000, () => done.length === 1)
  })

  test('[J2] what says that a job waits counts only as long as the job is there', async () => {
    const edge = opened('edge')
    await edge.offer({ entity: A, why: 'quiet' })
    await server.client.del(stream)
    expect(await edge.offer({ entity: A, why: 'quiet' })).toBe('queued')
  })

  test('[J3] a queue that Redis has lost is made anew', async () => {
    const done: Job[] = []
    opened('one').take(async (job) => void done.push(job))
    const edge = opened('edge')
    for (const times of [1, 2]) {
      await edge.offer({ entity: A, why: 'quiet' })
      await until('it is done', 5_000, () => done.length === times)
      await server.client.flushall()
    }
  })

  test('[J3] workers that are gone are forgotten, unless they have left a job', async () => {
    const edge = opened('edge')
    await edge.offer({ entity: A, why: 'quiet' })
    await takenBy('gone')
    await server.client.xack(stream, 'workers', String((await ids())[0]))
    await edge.offer({ entity: key('b'), why: 'quiet' })
    await takenBy('has-a-job')
    expect(await consumers()).toEqual(['gone', 'has-a-job'])
    await new Promise((resolve) => setTimeout(resolve, 20))
    opened('one', { goneMs: 10 }).take(never)
    await until('it is forgotten', 5_000, async () => !(await consumers()).includes('gone'))
    expect(await consumers()).toContain('has-a-job')
  })

  const ids = async () => (await server.client.xrange(stream, '-', '+')).map(([id]) => id)
  const consumers = async () =>
    ((await server.client.xinfo('CONSUMERS', stream, 'workers')) as unknown[][]).map(
      ([, name]) => name,
    )
})
