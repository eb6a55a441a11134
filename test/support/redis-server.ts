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

/** How often one that ends before it answers is started, each time on another port. */
const TRIES = 3

/** It has ended before it answered: the port may be somebody else's by now. */
class Ended extends Error {}

/** @param args More options of redis-server, as `--name value`. */
export async function startRedis(args: readonly string[] = []): Promise<RedisServer> {
  for (let tries = 1; ; tries++) {
    try {
      return await startOnce(args)
    } catch (error) {
      if (!(error instanceof Ended) || tries === TRIES) throw error
    }
  }
}

async function startOnce(args: readonly string[]): Promise<RedisServer> {
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
  let { child, output } = run(port, folder, args)
  const answers = () =>
    until('redis-server answers', 10_000, () => {
      if (hasEnded(child)) throw new Ended(`redis-server has ended\n${output.join('')}`)
      // By its own word: on that port somebody else may answer, and this one be about to end.
      if (!output.some((said) => said.includes('Ready to accept connections'))) return false
      return client.ping().then(
        () => true,
        () => false,
      )
    })
  try {
    await answers()
  } catch (error) {
    client.disconnect()
    await end(child, 'SIGKILL')
    rmSync(folder, { recursive: true, force: true })
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
      ;({ child, output } = run(port, folder, args))
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

/** @returns `output` grows as it speaks, up to what a start says. */
function run(
  port: number,
  folder: string,
  args: readonly string[],
): { child: ChildProcess; output: string[] } {
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '']
  const child = spawn('redis-server', [...options, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      if (output.length < 200) output.push(text)
    })
  }
  running.add(child)
  child.on('exit', () => running.delete(child))
  // Without it the tests of Redis fail, here as anywhere: `npm test` installs it or says how.
  child.on('error', (error) => {
    throw new Error('redis-server cannot be started: node scripts/test-needs.mjs', { cause: error })
  })
  return { child, output }
}

/** Ours alone, by its own id. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess) =>
  exitCode !== null || signalCode !== null

/** Below 32768, where the system hands out ports by itself: it gives none of these to anybody meanwhile. */
const LOWEST_PORT = 12_000
/** Each process goes through ports of its own, as far as there are enough. */
const SLICES = 100
const SLICE_PORTS = 200
const firstPort = LOWEST_PORT + (process.pid % SLICES) * SLICE_PORTS
let nextPort = 0

/** A port of 127.0.0.1 that is free now, and that this process has not given out lately. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < SLICE_PORTS; tries++) {
    const port = firstPort + (nextPort++ % SLICE_PORTS)
    if (await isFree(port)) return port
  }
  throw new Error(`no port is free from ${firstPort} on`)
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
