import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { until } from './deadline.ts'
import { end, freePort, type RedisServer, startRedis } from './redis-server.ts'

export interface SentinelOptions {
  /** Beside the master. */
  readonly replicas?: number
  readonly sentinels?: number
  /**
   * In ms: so long a master is silent before a Sentinel thinks that it is down. A busy machine must
   * not look like a dead master.
   */
  readonly downAfter?: number
  /** More options of every redis-server, as `--name value`. */
  readonly args?: readonly string[]
  /** Of every redis-server. */
  readonly password?: string
  /** Of the Sentinels themselves. */
  readonly sentinelPassword?: string
  /**
   * Makes a wire to the first master. Everybody knows that one by the port of the wire, and reaches it
   * through it: Sentinels, replicas, nodes.
   */
  readonly wireTo?: (port: number) => Promise<number>
}

/** A master, its replicas, and the real Sentinels that watch them. */
export interface SentinelGroup {
  /** All servers; the first was the master at the start. */
  readonly servers: readonly RedisServer[]
  /** Ports of the Sentinels, on 127.0.0.1. */
  readonly ports: readonly number[]
  /** What makes a node use them. */
  readonly flags: readonly string[]
  /** Which server the Sentinels say is the master now. */
  master(): Promise<RedisServer | undefined>
  /** Resolves when they say that another one is, and that one takes writes. */
  failedOver(from: RedisServer): Promise<RedisServer>
  stop(): Promise<void>
}

const MASTER = 'the-master'
const HOST = '127.0.0.1'
/** Sentinels find each other by a word every 2 s, and elect one of them after a random time. */
const KNOWN_MS = 30_000
const FAILOVER_MS = 30_000

/** Resolves when every Sentinel knows every other one and every replica: a failover is possible. */
export async function startSentinels(options: SentinelOptions = {}): Promise<SentinelGroup> {
  const { replicas = 1, sentinels = 3, downAfter = 4_000, args = [], password } = options
  const ends: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const one of ends.splice(0).reverse()) await one()
  }
  try {
    const secret =
      password === undefined ? [] : ['--requirepass', password, '--masterauth', password]
    const servers: RedisServer[] = []
    let known = 0
    for (let i = 0; i <= replicas; i++) {
      const of = known === 0 ? [] : ['--replicaof', HOST, String(known)]
      const server = await startRedis([
        ...secret,
        ...of,
        '--repl-diskless-sync-delay',
        '0',
        ...args,
      ])
      ends.push(() => server.stop())
      servers.push(server)
      if (known === 0) known = (await options.wireTo?.(server.port)) ?? server.port
    }
    const [first] = servers as [RedisServer]
    await until('the replicas follow', 10_000, async () => {
      const online = (await first.client.info('replication')).match(/state=online/g)
      return (online?.length ?? 0) === replicas
    })
    const processes = await Promise.all(
      Array.from({ length: sentinels }, () => startSentinel(known, downAfter, options)),
    )
    for (const one of processes) ends.push(() => one.stop())
    const clients = processes.map(({ client }) => client)
    await until('the Sentinels know each other', KNOWN_MS, async () => {
      const all = await Promise.all(clients.map((client) => knows(client)))
      return all.every((one) => one.sentinels === sentinels - 1 && one.replicas === replicas)
    })
    const master = async () => {
      for (const client of clients) {
        const told = (await client.call('SENTINEL', 'get-master-addr-by-name', MASTER)) as string[]
        const port = Number(told[1])
        const found = port === known ? first : servers.find((server) => server.port === port)
        if (found !== undefined) return found
      }
      return undefined
    }
    const at = processes.map(({ port }) => `${HOST}:${port}`).join(',')
    return {
      servers,
      ports: processes.map(({ port }) => port),
      flags: ['--redis', `redis://${MASTER}`, '--redis-sentinel', at],
      master,
      async failedOver(from) {
        await until('a failover', FAILOVER_MS, async () => {
          const now = await master()
          if (now === undefined || now === from) return false
          return (await now.client.role())[0] === 'master'
        })
        return (await master()) as RedisServer
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function knows(client: Redis): Promise<{ sentinels: number; replicas: number }> {
  const told = (await client.call('SENTINEL', 'master', MASTER)) as string[]
  const field = (name: string) => Number(told[told.indexOf(name) + 1])
  return { sentinels: field('num-other-sentinels'), replicas: field('num-slaves') }
}

async function startSentinel(
  master: number,
  downAfter: number,
  { sentinels = 3, password, sentinelPassword }: SentinelOptions,
): Promise<{ port: number; client: Redis; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-sentinel-'))
  const port = await freePort()
  // It writes what it learns into its own configuration.
  const file = join(folder, 'sentinel.conf')
  const lines = [
    `port ${port}`,
    `bind ${HOST}`,
    `dir ${folder}`,
    `sentinel monitor ${MASTER} ${HOST} ${master} ${Math.floor(sentinels / 2) + 1}`,
    `sentinel down-after-milliseconds ${MASTER} ${downAfter}`,
    `sentinel failover-timeout ${MASTER} 6000`,
    ...(password === undefined ? [] : [`sentinel auth-pass ${MASTER} ${password}`]),
    ...(sentinelPassword === undefined ? [] : [`requirepass ${sentinelPassword}`]),
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  const child: ChildProcess = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' })
  const client = new Redis({
    port,
    host: HOST,
    retryStrategy: () => 50,
    enableReadyCheck: false,
    ...(sentinelPassword !== undefined && { password: sentinelPassword }),
  })
  client.on('error', () => {})
  const stop = async () => {
    client.disconnect()
    await end(child, 'SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await until('a Sentinel answers', 10_000, () =>
      client.ping().then(
        () => true,
        () => false,
      ),
    )
  } catch (error) {
    await stop()
    throw error
  }
  return { port, client, stop }
}
