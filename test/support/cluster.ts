import { expect } from 'vitest'
import type { Author, Crowd } from './crowd.ts'
import { until } from './deadline.ts'
import { type Metrics, readMetrics } from './metrics.ts'
import { type RedisServer, startRedis } from './redis-server.ts'
import { residentOf } from './resident.ts'
import { type ServerOptions, ServerProcess } from './spawn-server.ts'
import { expectClean, portOf, type Stage } from './stage.ts'
import type { TcpProxy } from './tcp-proxy.ts'

export interface ClusterOptions {
  readonly nodes?: number
  /** Of every node. */
  readonly flags?: readonly string[]
  /** Of each node, by its number. */
  readonly envOf?: (n: number) => Readonly<Record<string, string>>
  /** Somebody else's Redis; one of its own otherwise. */
  readonly redis?: RedisServer
  /** What makes the nodes find their Redis without the wires: Sentinels, say. */
  readonly redisFlags?: readonly string[]
  /** Of its own Redis, as `--name value`. */
  readonly redisOptions?: readonly string[]
  /** Errors that the test provokes: lines that match are no fault. */
  readonly provoked?: RegExp
}

type NodeOptions = Pick<ServerOptions, 'flags' | 'env' | 'provoked'> &
  Pick<ClusterOptions, 'redisFlags'>

const READY_MS = 40_000
/** That Redis could not be asked is said with its reason, and is no fault of the node's. */
const STORAGE = /^(?!.*(?:unhandled|uncaught)).*"code":"storage"/i

/** An AOF that is on the disk before Redis answers: nothing that was acknowledged may go then. */
export const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always'] as const

/** A message that Redis publishes, as it comes on a wire (RESP 2 and 3). */
export const isNews = (chunk: Buffer): boolean =>
  /^[>*]3\r\n\$7\r\nmessage/.test(chunk.toString('latin1', 0, 20))

/**
 * One node, `dist/main.js` as a process of its own. Clients reach it through a wire whose port stays
 * when it is started anew, and it reaches Redis through a wire of its own.
 */
export class ClusterNode {
  readonly front: TcpProxy
  readonly back: TcpProxy
  readonly #stage: Stage
  readonly #options: NodeOptions
  #server: ServerProcess

  private constructor(
    stage: Stage,
    options: NodeOptions,
    server: ServerProcess,
    front: TcpProxy,
    back: TcpProxy,
  ) {
    this.#stage = stage
    this.#options = options
    this.#server = server
    this.front = front
    this.back = back
  }

  static async start(stage: Stage, options: NodeOptions, redisPort: number): Promise<ClusterNode> {
    const back = await stage.proxy(redisPort)
    const server = await startNode(stage, options, back.port)
    await isReady(server)
    return new ClusterNode(stage, options, server, await stage.proxy(portOf(server)), back)
  }

  get server(): ServerProcess {
    return this.#server
  }

  /** Where clients come in. */
  get port(): number {
    return this.front.port
  }

  get door(): string {
    return this.#stage.doorAt(this.port)
  }

  metrics(): Promise<Metrics> {
    return readMetrics(this.#server.url)
  }

  /** `kill -9`. Clients are refused until it is started again or its wire is plugged into another. */
  async kill(): Promise<void> {
    await this.#server.kill()
    this.front.plugInto(null)
    this.front.cut()
    expectClean(this.#server)
  }

  /** SIGTERM, and its own end. */
  async stop(): Promise<void> {
    expect(await this.#server.stop()).toEqual({ code: 0, signal: null })
    this.front.plugInto(null)
    expectClean(this.#server)
  }

  /** Resolves when it says that it is ready. */
  async start(): Promise<void> {
    this.#server = await startNode(this.#stage, this.#options, this.back.port)
    await isReady(this.#server)
    this.comeHome()
  }

  /** Resolves when it says that it is ready. */
  ready(): Promise<void> {
    return isReady(this.#server)
  }

  /** Clients that come from now on are its own again. */
  comeHome(): void {
    this.front.plugInto(portOf(this.#server))
  }

  /** What a load balancer does with clients of a node that is gone. */
  sendClientsTo(other: ClusterNode): void {
    this.front.plugInto(portOf(other.#server))
  }
}

/** Nodes on one Redis. */
export class Cluster {
  /** Where what was acknowledged is to be found. */
  redis: RedisServer
  readonly nodes: readonly ClusterNode[]
  readonly #stage: Stage
  readonly #options: ClusterOptions

  private constructor(
    stage: Stage,
    options: ClusterOptions,
    redis: RedisServer,
    nodes: readonly ClusterNode[],
  ) {
    this.#stage = stage
    this.#options = options
    this.redis = redis
    this.nodes = nodes
  }

  static async start(stage: Stage, options: ClusterOptions = {}): Promise<Cluster> {
    const redis = options.redis ?? (await ownRedis(stage, options.redisOptions))
    const nodes = await Promise.all(
      Array.from({ length: options.nodes ?? 2 }, (_, n) => {
        const env = options.envOf?.(n)
        const its = { ...options, ...(env !== undefined && { env }) }
        return ClusterNode.start(stage, its, redis.port)
      }),
    )
    return new Cluster(stage, options, redis, nodes)
  }

  /** @param n From 0, in turns when there are fewer. */
  node(n: number): ClusterNode {
    return this.nodes[n % this.nodes.length] as ClusterNode
  }

  get ports(): readonly number[] {
    return this.nodes.map(({ port }) => port)
  }

  /** The most that a node has in memory, in bytes. */
  get resident(): number {
    return Math.max(...this.nodes.map(({ server }) => residentOf(server.pid)))
  }

  /**
   * [C1] to [C5] on what is in Redis alone: a node that was not there before reads it.
   *
   * @param authors Whose copies must be equal to it.
   * @param ms How long it may take until Redis has it all: it may have to be brought back first.
   */
  async look(crowd: Crowd, when: string, authors: readonly Author[] = [], ms = 0): Promise<void> {
    const cold = await startNode(this.#stage, this.#options, this.redis.port)
    await isReady(cold)
    const since = performance.now()
    let faults: string[]
    do faults = await crowd.faultsAt(portOf(cold), `a cold node at ${when}`, authors)
    while (faults.length > 0 && performance.now() - since < ms)
    expect(faults).toEqual([])
    await cold.kill()
    expectClean(cold)
  }

  /** The same at the end: no node is there any more that could help. */
  async lookAtTheEnd(crowd: Crowd): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()))
    await this.look(crowd, 'the end', crowd.authors)
  }

  /** How often each command has run in Redis: `xadd`, `publish` … */
  async commands(): Promise<ReadonlyMap<string, number>> {
    const info = await this.redis.client.info('commandstats')
    return new Map(
      [...info.matchAll(/^cmdstat_(\S+):calls=(\d+)/gm)].map(([, name, calls]) => [
        name as string,
        Number(calls),
      ]),
    )
  }
}

const isReady = (server: ServerProcess): Promise<void> =>
  until(`${server.url} is ready`, READY_MS, async () => {
    const { ok } = await fetch(`${server.url}/readyz`)
    return ok
  })

async function ownRedis(stage: Stage, options: readonly string[] = []): Promise<RedisServer> {
  const redis = await startRedis(options)
  stage.atEnd(() => redis.stop())
  return redis
}

async function startNode(
  stage: Stage,
  { flags = [], redisFlags, env, provoked = STORAGE }: NodeOptions,
  redisPort: number,
): Promise<ServerProcess> {
  const redis = redisFlags ?? ['--redis', `redis://127.0.0.1:${redisPort}`]
  const server = await ServerProcess.start({
    flags: [...redis, ...flags],
    ...(env !== undefined && { env }),
    provoked,
  })
  stage.own(server)
  return server
}
