import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { Crowd } from '../support/crowd.ts'
import { killAndLook } from '../support/kill-rounds.ts'
import { seedOfRun } from '../support/seeded.ts'
import { ownStageTest } from '../support/stage.ts'

const seed = seedOfRun()
/** A minute, as the fault has it, with `STOPPED_MS=60000`. */
const STOPPED_MS = Number(process.env.STOPPED_MS ?? 6_000)
/** Longer than this without a sound and the server gives a client up, or the client the server. */
const FLAGS = ['--pace-ping', '1s', '--pace-pong', '1s', '--pace-compact-entries', '50']

describe('a node that is stopped and goes on', () => {
  ownStageTest(
    `[Y14] ${STOPPED_MS} ms under load: no edit lost, no acknowledgement wrong, all come back (seed ${seed})`,
    async (stage) => {
      await stage.start(FLAGS)
      const proxy = await stage.proxy()
      const load = { clients: 12, entities: 3, updatesPerSecond: 200, seed }
      const crowd = await Crowd.gather(stage, load, proxy.port)
      await crowd.acknowledged()
      const { server } = stage
      server.signal('SIGSTOP')
      // What it had sent before arrives still.
      await pause(100)
      const { written, acked } = crowd.checker
      await pause(STOPPED_MS)
      expect(crowd.checker.written, 'they go on').toBeGreaterThan(written)
      expect(crowd.checker.acked, 'and nobody is told that it is safe').toBe(acked)
      server.signal('SIGCONT')
      await crowd.synced()
      await crowd.acknowledged()
      // Only then: while they edit, what is acknowledged grows between a copy and the look at it.
      await crowd.settle()
      await crowd.look('the node that went on', crowd.authors)
      await killAndLook(stage, proxy, crowd, 'the end', crowd.authors)
    },
    { timeout: STOPPED_MS + 120_000 },
  )
})
