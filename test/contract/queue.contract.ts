import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Job, Queue } from '../../src/queue/queue.ts'
import { until } from '../support/deadline.ts'
import { key } from './store.ts'

/** What a queue is opened with: so many jobs may wait. */
export type OpenQueue = (most: number) => Promise<Queue>

const grown = (name: string): Job => ({ entity: key(name), why: 'grown' })

export function queueContract(name: string, open: OpenQueue): void {
  describe(`the queue: ${name}`, () => {
    let queue: Queue
    beforeEach(async () => {
      queue = await open(4)
    })
    afterEach(() => queue.close())

    test('[J2] jobs are done in the order in which they were offered, one at a time', async () => {
      for (const each of ['a', 'b', 'c']) expect(await queue.offer(grown(each))).toBe('queued')
      const done: Job[] = []
      let atOnce = 0
      queue.take(async (job) => {
        expect(++atOnce).toBe(1)
        await new Promise((resolve) => setTimeout(resolve, 5))
        atOnce--
        done.push(job)
      })
      await until('all are done', 5_000, () => done.length === 3)
      expect(done).toEqual([grown('a'), grown('b'), grown('c')])
      expect(await queue.offer({ entity: key('a'), why: 'quiet' })).toBe('queued')
      await until('it is done again', 5_000, () => done.length === 4)
      expect(done[3]).toEqual({ entity: key('a'), why: 'quiet' })
    })

    test('[J2] an entity that waits is offered in vain, whatever for', async () => {
      expect(await queue.offer(grown('a'))).toBe('queued')
      expect(await queue.offer(grown('a'))).toBe('known')
      expect(await queue.offer({ entity: key('a'), why: 'quiet' })).toBe('known')
      expect(await queue.offer(grown('b'))).toBe('queued')
      const done: Job[] = []
      queue.take(async (job) => void done.push(job))
      await until('both are done', 5_000, () => done.length === 2)
      expect(done).toEqual([grown('a'), grown('b')])
    })

    test('[J2] what is offered while it is being done is done again', async () => {
      const done: Job[] = []
      queue.take(async (job) => {
        done.push(job)
        if (done.length === 1) expect(await queue.offer(grown('a'))).toBe('queued')
      })
      expect(await queue.offer(grown('a'))).toBe('queued')
      await until('it is done again', 5_000, () => done.length === 2)
    })

    test('[J2] over the bound a job is refused, and nothing that waits is lost', async () => {
      for (const each of ['a', 'b', 'c', 'd']) expect(await queue.offer(grown(each))).toBe('queued')
      expect(await queue.offer(grown('e'))).toBe('full')
      expect(await queue.offer(grown('d'))).toBe('known')
      const done: Job[] = []
      queue.take(async (job) => void done.push(job))
      await until('all are done', 5_000, () => done.length === 4)
      expect(await queue.offer(grown('e'))).toBe('queued')
      await until('the fifth is done', 5_000, () => done.length === 5)
    })

    test('[J2] closing waits for what is under way, and begins nothing more', async () => {
      let [begun, finish] = [0, () => {}]
      const done: Job[] = []
      queue.take(async (job) => {
        begun++
        await new Promise<void>((resolve) => {
          finish = resolve
        })
        done.push(job)
      })
      await queue.offer(grown('a'))
      await queue.offer(grown('b'))
      await until('it is under way', 5_000, () => begun === 1)
      const closed = queue.close()
      finish()
      await closed
      await queue.close()
      expect(done).toEqual([grown('a')])
    })
  })
}
