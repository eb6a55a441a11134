import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { until } from './deadline.ts'

/** A real redis-server on a port of 127.0.0.1 that nobody else has, with a folder of its own. */
export interface RedisServer {
  readonly url: string
  readonly port: number
  /** A plain client: for what anybody could do to this Redis. */
  readonly client: Redis
  /** SIGSTOP and SIGCONT. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  /** Ends it like a `kill -9`. */
  kill(): Promise<void>
  /** Starts it again on the same port. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Those that still run: a test file that dies half-way takes them along. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** @param args More options of redis-server, as `--name value`. */
export async function startRedis(args: readonly string[] = []): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-redis-'))
  const port = await freePort()
  const password = args[args.indexOf('--requirepass') + 1] as string
  const client = new Redis({
    port,
    host: '127.0.0.1',
    retryStrategy: () => 50,
    ...(args.includes('--requirepass') && { password }),
    // It would never be ready where there is no INFO.
    enableReadyCheck: !args.includes('INFO'),
  })
  client.on('error', () => {})
  let child = run(port, folder, args)
  const answers = () =>
    until('redis-server answers', 10_000, () =>
      client.ping().then(
        () => true,
        () => false,
      ),
    )
  try {
    await answers()
  } catch (error) {
    client.disconnect()
    await end(child, 'SIGKILL')
    throw error
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    client,
    signal: (signal) => void child.kill(signal),
    kill: () => end(child, 'SIGKILL'),
    async restart() {
      await end(child, 'SIGKILL')
      child = run(port, folder, args)
      await answers()
    },
    async stop() {
      client.disconnect()
      // One that was stopped where it is hears of nothing else.
      child.kill('SIGCONT')
      await end(child, 'SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function run(port: number, folder: string, args: readonly string[]): ChildProcess {
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '']
  const child = spawn('redis-server', [...options, ...args], { stdio: 'ignore' })
  running.add(child)
  child.on('exit', () => running.delete(child))
  // Without it the tests of Redis fail, here as anywhere: `npm test` installs it or says how.
  child.on('error', (error) => {
    throw new Error('redis-server cannot be started: node scripts/test-needs.mjs', { cause: error })
  })
  return child
}

/** Ours alone, by its own id. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
