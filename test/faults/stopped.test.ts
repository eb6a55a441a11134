import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { Crowd, PATIENCE } from '../support/crowd.ts'
import { until } from '../support/deadline.ts'
import { killAndLook } from '../support/kill-rounds.ts'
import type { RawClient } from '../support/raw-client.ts'
import { seedOfRun } from '../support/seeded.ts'
import { ownStageTest, type Stage } from '../support/stage.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'

const seed = seedOfRun()
/** A minute, as the fault has it, with `STOPPED_MS=60000`. */
const STOPPED_MS = Number(process.env.STOPPED_MS ?? 8_000)
/** So long without a sound and the server gives a client up: less than it is stopped for. */
const FLAGS = ['--pace-ping', '2s', '--pace-pong', '5s', '--pace-compact-entries', '50']
/** So long without a sound and a stock client gives the server up. */
const CLIENTS_WAIT_MS = 30_000
const load = { clients: 12, entities: 3, updatesPerSecond: 200, seed }
const ONLOOKERS = 10

/** Somebody who reads and says nothing: what is heard of them is what a ping brings back. */
class Onlooker {
  readonly raw: RawClient
  pings = 0

  constructor(raw: RawClient) {
    this.raw = raw
    raw.socket.on('ping', () => this.pings++)
  }

  static async come(stage: Stage): Promise<Onlooker> {
    const raw = await stage.raw(stage.entity(), { deadline: PATIENCE })
    await raw.join()
    return new Onlooker(raw)
  }
}

/** What else happens: before it is stopped, while it is, and when it goes on. */
interface Besides {
  readonly before?: () => Promise<void>
  readonly meanwhile?: (proxy: TcpProxy) => void
  readonly behind?: () => Promise<void>
}

/** What it had sent before arrives still, on a busy machine late: until nothing more comes. */
async function whenSilent({ checker }: Crowd): Promise<{ written: number; acked: number }> {
  for (let looks = 0; ; looks++) {
    const { acked } = checker
    await pause(200)
    // Where this process itself stood still, what has come is read before it is looked at.
    await new Promise(setImmediate)
    if (checker.acked !== acked) looks = 0
    if (looks === 5) return { acked, written: checker.written }
  }
}

/** @returns how many sockets each of the crowd has had when all are back and agree. */
async function stopAndGoOn(stage: Stage, besides: Besides): Promise<number[]> {
  await stage.start(FLAGS)
  const proxy = await stage.proxy()
  const crowd = await Crowd.gather(stage, load, proxy.port)
  await crowd.acknowledged()
  await besides.before?.()
  const { server } = stage
  server.signal('SIGSTOP')
  const { written, acked } = await whenSilent(crowd)
  besides.meanwhile?.(proxy)
  await pause(STOPPED_MS)
  expect(crowd.checker.written, 'they go on').toBeGreaterThan(written)
  expect(crowd.checker.acked, 'and nobody is told that it is safe').toBe(acked)
  server.signal('SIGCONT')
  await besides.behind?.()
  await crowd.synced()
  await crowd.acknowledged()
  // Only then: while they edit, what is acknowledged grows between a copy and the look at it.
  await crowd.settle()
  const sockets = crowd.authors.map(({ client }) => client.sockets.length)
  await crowd.look('the node that went on', crowd.authors)
  await killAndLook(stage, proxy, crowd, 'the end', crowd.authors)
  return sockets
}

describe('a node that is stopped and goes on', () => {
  ownStageTest(
    `[Y14] ${STOPPED_MS} ms under load: no edit lost, no acknowledgement wrong, all stay (seed ${seed})`,
    async (stage) => {
      const onlookers: Onlooker[] = []
      const sockets = await stopAndGoOn(stage, {
        before: async () => {
          for (let n = 0; n < ONLOOKERS; n++) onlookers.push(await Onlooker.come(stage))
          await until('silence', PATIENCE, () => onlookers.every(({ pings }) => pings > 0))
          // Until the answers have been noticed, a second at most: then there is silence again.
          await pause(1_200)
        },
        behind: async () => {
          for (const one of onlookers) one.pings = 0
          const isAsked = ({ raw, pings }: Onlooker) => raw.isClosed || pings > 0
          await until('each is asked for a sign', PATIENCE, () => onlookers.every(isAsked))
          await Promise.all(onlookers.map(({ raw }) => Promise.race([raw.settled(), raw.closed])))
          // The silence was the node's own.
          expect(onlookers.filter(({ raw }) => raw.isClosed).length, 'sent away').toBe(0)
        },
      })
      if (STOPPED_MS < CLIENTS_WAIT_MS) {
        expect(sockets, 'sockets that each has had').toEqual(sockets.map(() => 1))
      }
    },
    { timeout: STOPPED_MS + 120_000 },
  )

  ownStageTest(
    `[Y14] and its clients have given it up meanwhile: they come back with what they did (seed ${seed})`,
    async (stage) => {
      const sockets = await stopAndGoOn(stage, { meanwhile: (proxy) => proxy.cut() })
      expect(Math.min(...sockets), 'sockets that each has had').toBeGreaterThan(1)
    },
    { timeout: STOPPED_MS + 120_000 },
  )
})
