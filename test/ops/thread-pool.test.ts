import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ThreadPool, type ThreadPoolOptions } from '../../src/ops/thread-pool.ts'

/** Vitest cannot start a `.ts` thread on Node 20: the entry takes `answerJobs` from the build. */
const jobs = new URL('../../dist/ops/thread-jobs.js', import.meta.url)
const errors = new URL('../../dist/core/errors.js', import.meta.url)
const entry = new URL(
  `data:text/javascript,${encodeURIComponent(`
  import { isMainThread, threadId } from 'node:worker_threads'
  import { answerJobs } from '${jobs}'
  import { TributaryError } from '${errors}'
  answerJobs(async (job, transfer) => {
    if (job.do === 'echo') { if (job.bytes) transfer.push(job.bytes.buffer); return job }
    if (job.do === 'thread') return threadId
    if (job.do === 'throw') throw new TributaryError('damaged', 'is broken')
    if (job.do === 'throw other') throw new RangeError('Invalid array length')
    if (job.do === 'exit') process.exit(3)
    if (job.do === 'crash') { setTimeout(() => { throw new Error('out of the blue') }); return new Promise(() => {}) }
    if (job.do === 'loop') for (;;) Atomics.add(job.turns ?? new Int32Array(1), 0, 1)
    if (job.do === 'eat memory') { const kept = []; for (;;) kept.push(new Array(1e5).fill({ a: 1 })) }
    if (job.do === 'recurse') { let depth = 0; const down = () => { depth++; down() }; try { down() } catch { return depth } }
    if (job.do === 'function') return () => {}
    if (job.do === 'sleep') return new Promise((resolve) => setTimeout(() => resolve(threadId), job.ms))
  })
`)}`,
)

interface Job {
  readonly do: string
  readonly bytes?: Uint8Array
  readonly ms?: number
  readonly turns?: Int32Array
  readonly what?: unknown
}

const clock = {
  after(ms: number, fn: () => void) {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  },
}

const pools: ThreadPool<Job, unknown>[] = []
function poolOf(options: Partial<ThreadPoolOptions> = {}): ThreadPool<Job, unknown> {
  const pool = new ThreadPool<Job, unknown>({
    ...{ entry, name: 'test', size: 1, maxWaiting: 10, timeLimit: 10_000, clock },
    ...options,
  })
  pools.push(pool)
  return pool
}
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()))
})

describe('[H11] jobs', () => {
  test('are answered in order, by one thread, which is kept', async () => {
    const pool = poolOf()
    const threads = await Promise.all([1, 2, 3].map(() => pool.run({ do: 'thread' })))
    expect(new Set(threads).size).toBe(1)
    expect(await pool.run({ do: 'thread' })).toBe(threads[0])
  })

  test('run beside each other on as many threads as the pool has', async () => {
    const pool = poolOf({ size: 2 })
    const threads = await Promise.all([1, 2].map(() => pool.run({ do: 'sleep', ms: 50 })))
    expect(new Set(threads).size).toBe(2)
  })

  test('move buffers there and back instead of copying them', async () => {
    const bytes = new Uint8Array([1, 2, 3])
    const answer = poolOf().run({ do: 'echo', bytes }, [bytes.buffer])
    expect(bytes.length).toBe(0)
    expect(await answer).toEqual({ do: 'echo', bytes: new Uint8Array([1, 2, 3]) })
  })

  test('[H11] over the bound of waiting ones are refused at once', async () => {
    const pool = poolOf({ maxWaiting: 1 })
    const running = pool.run({ do: 'sleep', ms: 50 })
    const waiting = pool.run({ do: 'thread' })
    expect(pool.waiting).toBe(1)
    await expect(pool.run({ do: 'thread' })).rejects.toMatchObject({ code: 'not-available' })
    await Promise.all([running, waiting])
  })
})

describe('[H12] a job that throws', () => {
  test('rejects with its code and its stack, and the thread goes on', async () => {
    const pool = poolOf()
    const thread = await pool.run({ do: 'thread' })
    const error = await pool.run({ do: 'throw' }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'TributaryError', code: 'damaged', message: 'is broken' })
    expect((error as Error).stack).toContain('data:text/javascript')
    expect(await pool.run({ do: 'thread' })).toBe(thread)
  })

  test('something else than ours is `internal`', async () => {
    await expect(poolOf().run({ do: 'throw other' })).rejects.toMatchObject({
      code: 'internal',
      message: 'Invalid array length',
    })
  })

  test('or answers what cannot be sent is told so', async () => {
    await expect(poolOf().run({ do: 'function' })).rejects.toMatchObject({ code: 'internal' })
  })

  test('or cannot be sent itself leaves the pool working', async () => {
    const pool = poolOf()
    await expect(pool.run({ do: 'echo', what: () => {} })).rejects.toMatchObject({
      code: 'internal',
    })
    expect(await pool.run({ do: 'echo' })).toEqual({ do: 'echo' })
  })
})

describe('[H13] a thread that dies rejects its own job, and the next one gets a new thread', () => {
  test.each([
    ['exits', { do: 'exit' }, 'ended with code 3'],
    ['crashes', { do: 'crash' }, 'crashed'],
  ])('when it %s', async (_, job, message) => {
    const pool = poolOf()
    const before = await pool.run({ do: 'thread' })
    const failing = pool.run(job)
    const next = pool.run({ do: 'thread' })
    await expect(failing).rejects.toMatchObject({
      code: 'internal',
      message: `the test thread ${message}`,
    })
    expect(await next).not.toBe(before)
  })

  test('when it is still busy at its limit, even in an endless loop', async () => {
    const timers = new Set<{ ms: number; fn: () => void }>()
    const after = (ms: number, fn: () => void) => {
      const timer = { ms, fn }
      timers.add(timer)
      return () => void timers.delete(timer)
    }
    const pool = poolOf({ timeLimit: 300, clock: { after } })
    await pool.run({ do: 'echo' })
    expect(timers.size).toBe(0)
    const turns = new Int32Array(new SharedArrayBuffer(4))
    const failing = pool.run({ do: 'loop', turns })
    await vi.waitFor(() => expect(turns[0]).not.toBe(0), { timeout: 20_000 })
    const [timer] = timers
    expect(timer?.ms).toBe(300)
    timer?.fn()
    await expect(failing).rejects.toMatchObject({
      code: 'internal',
      message: 'the test thread took longer than 300 ms',
    })
    // A thread that loops may wait for a processor, but not so long.
    const stands = async () => {
      const before = turns[0]
      for (let looks = 0; looks < 4; looks++) {
        await new Promise((resolve) => setTimeout(resolve, 250))
        expect(turns[0]).toBe(before)
      }
    }
    await vi.waitFor(stands, { timeout: 20_000 })
    expect(await pool.run({ do: 'echo' })).toEqual({ do: 'echo' })
  }, 60_000)

  test('when it runs out of memory', async () => {
    const pool = poolOf({ resourceLimits: { maxOldGenerationSizeMb: 32 } })
    await expect(pool.run({ do: 'eat memory' })).rejects.toMatchObject({ code: 'internal' })
    expect(await pool.run({ do: 'echo' })).toEqual({ do: 'echo' })
  })

  test('when it cannot be started, each job says so and nothing spins', async () => {
    const pool = poolOf({ entry: new URL('./not-there.mjs', import.meta.url) })
    await expect(pool.run({ do: 'echo' })).rejects.toMatchObject({ code: 'internal' })
    await expect(pool.run({ do: 'echo' })).rejects.toMatchObject({ code: 'internal' })
  })
})

test('[H11] the stack is as large as was asked for', async () => {
  const small = await poolOf({ resourceLimits: { stackSizeMb: 4 } }).run({ do: 'recurse' })
  const large = await poolOf({ resourceLimits: { stackSizeMb: 64 } }).run({ do: 'recurse' })
  expect(large).toBeGreaterThan(8 * (small as number))
})

describe('[H14] closing', () => {
  test('rejects what runs and what waits, and may be done twice', async () => {
    const pool = poolOf()
    const running = pool.run({ do: 'loop' })
    const waiting = pool.run({ do: 'echo' })
    const outcomes = Promise.allSettled([running, waiting])
    await Promise.all([pool.close(), pool.close()])
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'draining' } })
    }
    await expect(pool.run({ do: 'echo' })).rejects.toMatchObject({ code: 'draining' })
  })
})

describe.runIf(process.platform === 'linux')('[H27] a thread that lowers its priority', () => {
  /** Field 19 of `stat`, whose second, in brackets, may hold anything. */
  const nice = (stat: string) => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
  const priorities = () =>
    readdirSync('/proc/self/task').map((id) =>
      nice(readFileSync(`/proc/self/task/${id}/stat`, 'latin1')),
    )

  test('is the only one whose priority is lower', async () => {
    const before = priorities()
    const compactor = new URL('../../dist/jobs/compact-thread.js', import.meta.url)
    const pool = poolOf({ entry: compactor }) as unknown as ThreadPool<unknown, unknown>
    await pool.run({ base: null, entries: [Uint8Array.of(0, 0)], gc: true })
    const own = getPriority()
    expect(before.filter((one) => one > own)).toEqual([])
    // Whoever runs the tests with a lower one has nothing to lower.
    expect(priorities().filter((one) => one > own)).toEqual(own < 10 ? [10] : [])
  })
})
