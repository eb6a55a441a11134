import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { areEqual } from '../support/checker.ts'
import { until, within } from '../support/deadline.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { STOCK_VERSIONS, StockClient } from '../support/stock-clients.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PATIENCE = 60_000

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

/** As the README has it. @returns the door, and what ends it. */
async function npmStart(...flags: string[]): Promise<{ door: string; stop: () => Promise<void> }> {
  const child = spawn('npm', ['start', '--silent', '--', ...flags], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const exit = once(child, 'exit')
  let pid: number | null = null
  onTestFinished(() => {
    // npm hands a signal on, unless something went wrong with it.
    child.kill('SIGKILL')
    if (pid !== null && child.exitCode === null) tryKill(pid)
  })
  const lines = createInterface({ input: child.stdout })
  const start = new Promise<{ url: string; pid: number }>((resolve) => {
    lines.on('line', (line) => {
      if (!line.startsWith('{')) return
      const said = JSON.parse(line)
      if (typeof said.url === 'string') resolve(said)
    })
  })
  const { url, pid: server } = await within('the start line', PATIENCE, start)
  pid = server
  return {
    door: `${url.replace('http', 'ws')}/sync`,
    async stop() {
      process.kill(server, 'SIGTERM')
      await within('the end', PATIENCE, exit)
    },
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It is gone, as it should be.
  }
}

test('[L54] npm start twice on one Redis: stock clients on both edit one entity', async () => {
  const [one, two] = await Promise.all([
    npmStart('--redis', redis.url, '--port', '0'),
    npmStart('--redis', redis.url, '--port', '0'),
  ])
  const clients = STOCK_VERSIONS.map((version, n) => {
    const door = [one, two][n % 2]?.door as string
    return new StockClient(version, door, 'from-the-readme', { deadline: PATIENCE })
  })
  onTestFinished(() => {
    for (const client of clients) client.end()
  })
  await Promise.all(clients.map((client) => client.synced()))
  for (const { doc, version } of clients) doc.getArray('all').push([version])
  await until('all of all', PATIENCE, () =>
    clients.every(({ doc }) => doc.getArray('all').length === 3),
  )
  expect(areEqual(clients.map(({ doc }) => doc))).toBe(true)
  for (const client of clients) client.end()
  await Promise.all([one.stop(), two.stop()])
}, 120_000)
