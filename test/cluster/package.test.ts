import { join } from 'node:path'
import { expect } from 'vitest'
import { Acks } from '../support/acks.ts'
import { PATIENCE } from '../support/crowd.ts'
import { until } from '../support/deadline.ts'
import { STORES } from '../support/deployment.ts'
import { installPacked } from '../support/packed.ts'
import { startRedis } from '../support/redis-server.ts'
import { ServerProcess } from '../support/spawn-server.ts'
import { ownStageTest, type Stage } from '../support/stage.ts'

const MAIN = 'node_modules/tributary-sync/dist/main.js'
/** Packages are looked for beside the links, not beside what they lead to. */
const ENV = { NODE_OPTIONS: '--preserve-symlinks --preserve-symlinks-main' }

async function writesAndIsAcknowledged(stage: Stage): Promise<void> {
  const client = await stage.stock('3.1.0', stage.entity(), { deadline: PATIENCE }).synced()
  const acks = new Acks(client)
  client.doc.getText('text').insert(0, 'from a package')
  acks.when(() => {})
  await until('it is acknowledged', PATIENCE, () => acks.waiting === 0)
}

ownStageTest(
  '[H35] the package that is published runs as a node, with the packages of production',
  async (stage) => {
    const folder = stage.folder()
    installPacked(folder, STORES)
    const redis = await startRedis()
    stage.atEnd(() => redis.stop())
    const server = await stage.start(['--redis', redis.url], { main: join(folder, MAIN), env: ENV })
    expect((await fetch(server.url)).headers.get('content-type')).toMatch(/^text\/html/)
    await writesAndIsAcknowledged(stage)
    await stage.start([], { main: join(folder, MAIN), env: ENV })
    await writesAndIsAcknowledged(stage)
  },
  { timeout: 120_000 },
)

ownStageTest(
  '[U61] without the packages of the stores it says which one it needs, and runs in memory',
  async (stage) => {
    const folder = stage.folder()
    installPacked(folder, [])
    const start = (...flags: string[]) =>
      ServerProcess.start({ data: stage.folder(), flags, main: join(folder, MAIN), env: ENV })
    const why = async (...flags: string[]) => {
      const error = await start(...flags).then(
        () => null,
        (thrown: unknown) => thrown,
      )
      return error instanceof Error ? error.message.split('\n') : []
    }
    const sqlite = await why()
    expect(sqlite[0]).toBe('the server ended with 1')
    expect(sqlite.filter((line) => line !== '').slice(1)).toEqual([
      expect.stringMatching(/^tributary: .*better-sqlite3, which is not installed: npm install /),
    ])
    const redis = await why('--redis', 'redis://127.0.0.1:1')
    expect(redis[0]).toBe('the server ended with 1')
    expect(redis.filter((line) => line !== '').slice(1)).toEqual([
      expect.stringMatching(
        /^tributary: .*ioredis, which is not installed: npm install ioredis@6$/,
      ),
    ])
    await stage.start(['--store', 'memory'], { main: join(folder, MAIN), env: ENV })
    await writesAndIsAcknowledged(stage)
  },
  { timeout: 120_000 },
)
