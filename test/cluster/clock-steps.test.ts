import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect } from 'vitest'
import { clusterTest } from '../support/cluster-test.ts'
import { Crowd } from '../support/crowd.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'

const SKEWED = new URL('../support/skewed-clock.mjs', import.meta.url).href
const HOUR = 3_600_000
const seed = seedOfRun()
const folder = mkdtempSync(join(tmpdir(), 'tributary-clocks-'))
afterAll(() => rmSync(folder, { recursive: true }))

const clockOf = (n: number): string => join(folder, `clock-${n}`)
const setClock = (n: number, skew: number) => writeFileSync(clockOf(n), String(skew))

describe('nodes whose clocks do not agree', () => {
  clusterTest(
    `[T4] a day ahead, a day behind, and stepping: C1 to C8 hold (seed ${seed})`,
    async (cluster, stage) => {
      const random = new Seeded(seed)
      const load = { clients: 9, entities: 3, updatesPerSecond: 150, seed }
      const crowd = await Crowd.gather(stage, load, ...cluster.ports)
      for (let round = 0; round < 4; round++) {
        const n = random.int(0, cluster.nodes.length - 1)
        setClock(n, random.int(-48, 48) * HOUR)
        await crowd.acknowledged(`acknowledgements in round ${round}`)
        const node = cluster.node(n)
        await node.kill()
        await cluster.look(crowd, `round ${round}`)
        node.sendClientsTo(cluster.node(n + 1))
        await crowd.synced()
        await node.start()
        node.front.cut()
        await crowd.synced()
      }
      await crowd.acknowledged()
      await crowd.settle()
      await cluster.lookAtTheEnd(crowd)
      expect(crowd.checker.acked).toBeGreaterThan(100)
    },
    {
      nodes: 3,
      flags: ['--pace-compact-entries', '20'],
      envOf: (n) => {
        setClock(n, (n - 1) * 24 * HOUR)
        return { NODE_OPTIONS: `--import ${SKEWED}`, SKEWED_CLOCK: clockOf(n) }
      },
      timeout: 120_000,
    },
  )
})
