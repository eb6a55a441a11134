import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SILENT } from '../../src/core/logger.ts'
import { SYSTEM_CLOCK } from '../../src/ops/system.ts'
import type { Job } from '../../src/queue/queue.ts'
import { RedisQueue } from '../../src/queue/redis.ts'
import { Unattended } from '../../src/queue/unattended.ts'
import { key } from '../contract/store.ts'
import { until } from '../support/deadline.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { node, nodeForEach, redisForFile } from '../support/redis-scene.ts'

/** Of Redis' own clock, which nobody can turn, so it is short; the one that looks is turned. */
const SILENT_MS = 300

describe('[J13] jobs that nobody takes', () => {
  redisForFile()
  nodeForEach()
  let clock: ManualClock
  let looker: Unattended
  const queues: RedisQueue[] = []
  beforeEach(() => {
    clock = new ManualClock()
    looker = new Unattended(node.link, { clock, silentMs: SILENT_MS })
  })
  afterEach(async () => {
    looker.close()
    await Promise.all(queues.splice(0).map((queue) => queue.close()))
  })

  const queue = (worker: string) => {
    const options = { clock: SYSTEM_CLOCK, logger: SILENT, pollMs: 20, silentMs: SILENT_MS, worker }
    const opened = new RedisQueue(node.link, options)
    queues.push(opened)
    return opened
  }
  const offer = (...names: string[]) =>
    Promise.all(names.map((name) => queue('edge').offer({ entity: key(name), why: 'grown' })))
  /** One look, and its answer. */
  const look = async () => {
    clock.advance(SILENT_MS)
    await node.link.call('PING').catch(() => {})
    await new Promise((resolve) => setImmediate(resolve))
  }
  const looks = async (times: number) => {
    for (let i = 0; i < times; i++) await look()
  }

  test('are warned of after four times the silence of a worker, and what to do', async () => {
    await offer('a', 'b')
    await looks(4)
    expect(looker.warnings).toEqual([])
    await look()
    expect(looker.warnings).toEqual([
      expect.stringMatching(/^2 compactions wait and no node does them.*--role worker/),
    ])
    queue('worker').take(async () => {})
    const isOver = async () => {
      await look()
      return looker.warnings.length === 0
    }
    await until('they are done', 5_000, isOver)
  })

  test('are none where a worker is busy with one', async () => {
    await offer('a', 'b')
    const begun: Job[] = []
    let finish = () => {}
    queue('worker').take(async (job) => {
      begun.push(job)
      await new Promise<void>((resolve) => {
        finish = resolve
      })
    })
    await until('it works', 5_000, () => begun.length > 0)
    // Longer than a silence by Redis' clock: it says that it is still there.
    for (let i = 0; i < 8; i++) {
      await new Promise((resolve) => setTimeout(resolve, SILENT_MS / 6))
      await look()
    }
    expect(looker.warnings).toEqual([])
    const ended = queues.at(-1)?.close()
    finish()
    await ended
  })

  test('are those of a worker that died, too', async () => {
    await offer('a')
    const { stream, waiting } = node.link.names.jobs
    await node.link.run('take-job', [stream, waiting], ['dead', SILENT_MS, 3, ''])
    await looks(6)
    expect(looker.warnings).toEqual([])
    await new Promise((resolve) => setTimeout(resolve, SILENT_MS + 10))
    await looks(6)
    expect(looker.warnings).toHaveLength(1)
  })

  test('are none while nothing is to be done, nor while Redis cannot be asked', async () => {
    await looks(6)
    expect(looker.warnings).toEqual([])
    await offer('a')
    await looks(6)
    expect(looker.warnings).toHaveLength(1)
    await node.link.close()
    await look()
    expect(looker.warnings).toEqual([])
  })
})
