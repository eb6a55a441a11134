import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { breakDisk } from '../support/break-disk.ts'
import { Crowd } from '../support/crowd.ts'
import { killAndLook, MOST_MEMORY } from '../support/kill-rounds.ts'
import { residentOf } from '../support/resident.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'
import { ownStageTest, type Stage } from '../support/stage.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'

// Run by `npm run torture`, which sets these.
const minutes = Number(process.env.TORTURE_MINUTES ?? 1)
const seed = seedOfRun()

const DISK_FAULTS = [
  { calls: 'fsync,fdatasync', error: 'EIO' },
  { calls: 'pwrite64', error: 'ENOSPC' },
] as const

interface Scene {
  readonly stage: Stage
  readonly proxy: TcpProxy
  readonly crowd: Crowd
  readonly random: Seeded
}

/** Each leaves the node as it should be again; the crowd edits on all the while. */
const FAULTS: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  async kill({ stage, proxy, crowd }) {
    await killAndLook(stage, proxy, crowd, 'a kill')
    proxy.plugInto(stage.port)
  },
  async stop({ stage, random }) {
    const { server } = stage
    server.signal('SIGSTOP')
    await pause(random.int(200, 4_000))
    server.signal('SIGCONT')
  },
  async cut({ proxy }) {
    proxy.cut()
  },
  async freeze({ proxy, random }) {
    proxy.freeze()
    await pause(random.int(500, 3_000))
    proxy.cutFrozen()
  },
  async stall({ crowd, random }) {
    const stalled = crowd.authors.filter(() => random.chance(0.3)).map(({ client }) => client)
    const sockets = stalled.flatMap(({ provider }) => provider.ws ?? [])
    for (const socket of sockets) socket.pause()
    await pause(random.int(500, 5_000))
    for (const socket of sockets) socket.resume()
  },
  async disk({ stage, random }) {
    const trace = join(stage.folder(), 'trace')
    const repair = await breakDisk(stage, stage.server.pid, random.pick(DISK_FAULTS), trace)
    await pause(random.int(200, 3_000))
    await repair()
  },
}

ownStageTest(
  `[Y7] [Y13] [Y14] ${minutes} minutes of random faults on one node: C1 to C8 (seed ${seed})`,
  async (stage) => {
    const random = new Seeded(seed)
    const flags = ['--pace-compact-entries', '10', '--pace-idle', '500ms']
    await stage.start(flags, { provoked: /SQLITE_(?:FULL|IOERR)/ })
    const proxy = await stage.proxy()
    const load = { clients: 16, entities: 5, updatesPerSecond: 200, seed }
    const crowd = await Crowd.gather(stage, load, proxy.port)
    const counts = new Map<string, number>()
    const end = performance.now() + minutes * 60_000
    while (performance.now() < end) {
      const name = random.pick(Object.keys(FAULTS))
      counts.set(name, (counts.get(name) ?? 0) + 1)
      await FAULTS[name]?.({ stage, proxy, crowd, random })
      await crowd.synced()
      await crowd.acknowledged(`acknowledgements after ${name}`)
      expect(residentOf(stage.server.pid), `[C7] memory after ${name}`).toBeLessThan(MOST_MEMORY)
    }
    await crowd.settle()
    await killAndLook(stage, proxy, crowd, 'the end', crowd.authors)
    const { written, acked } = crowd.checker
    console.log(Object.fromEntries(counts), { written, acked })
  },
  { timeout: minutes * 60_000 + 5 * 60_000 },
)
