import type { Compose, Service } from './deployment.ts'
import { imageEnvironment, readDockerfile } from './deployment.ts'
import { type Nginx, startNginx } from './nginx.ts'
import { freePort, type RedisServer, startRedis } from './redis-server.ts'
import { ServerProcess } from './spawn-server.ts'
import type { Stage } from './stage.ts'

const NODES = ['node-a', 'node-b'] as const
type NodeName = (typeof NODES)[number]

export interface ComposedOptions {
  /** Flags of the nodes beside those of the file. */
  readonly flags?: readonly string[]
  /** Without tokens: for loads that know nothing of them. */
  readonly open?: boolean
}

/**
 * The services of `docker-compose.yml` as processes of this machine: the same commands, variables
 * and nginx configuration, with addresses of 127.0.0.1 in the place of the network's.
 */
export class Composed {
  /** Where nginx listens. */
  readonly port: number
  readonly redis: RedisServer
  readonly #compose: Compose
  readonly #stage: Stage
  readonly #options: ComposedOptions
  readonly #places: ReadonlyMap<string, string>
  readonly #nodes = new Map<NodeName, ServerProcess>()

  private constructor(
    compose: Compose,
    stage: Stage,
    options: ComposedOptions,
    places: ReadonlyMap<string, string>,
    redis: RedisServer,
    port: number,
  ) {
    this.#compose = compose
    this.#stage = stage
    this.#options = options
    this.#places = places
    this.redis = redis
    this.port = port
  }

  /** In the order of `depends_on`. All of it ends with the stage. */
  static async start(
    compose: Compose,
    stage: Stage,
    options: ComposedOptions = {},
  ): Promise<Composed> {
    const { services, configs } = compose
    const [program, ...redisArgs] = services.redis.command ?? []
    if (program !== 'redis-server') throw new Error(`redis is started by ${program}`)
    const redis = await startRedis(redisArgs)
    stage.atEnd(() => redis.stop())
    const port = await freePort()
    const places = new Map([
      // As Linux shares connections out among several, each balances only those it has: nobody could count.
      ['worker_processes auto', 'worker_processes 1'],
      ['redis:6379', `127.0.0.1:${redis.port}`],
      ['listen 8080', `listen 127.0.0.1:${port}`],
      [addressOf(services.nginx), '127.0.0.1'],
      ['0.0.0.0', '127.0.0.1'],
    ])
    for (const name of NODES) {
      places.set(`${addressOf(services[name])}:8787`, `127.0.0.1:${await freePort()}`)
    }
    const composed = new Composed(compose, stage, options, places, redis, port)
    for (const name of NODES) await composed.startNode(name)
    const nginx: Nginx = await startNginx(composed.#placed(configs.nginx?.content ?? ''), port)
    stage.atEnd(() => nginx.stop())
    return composed
  }

  node(name: NodeName): ServerProcess {
    const node = this.#nodes.get(name)
    if (node === undefined) throw new Error(`${name} was never started`)
    return node
  }

  /** Also again, after its end. */
  async startNode(name: NodeName): Promise<ServerProcess> {
    const service = this.#compose.services[name]
    const image = imageEnvironment(readDockerfile().at(-1) ?? [])
    const environment = Object.entries({ ...image, ...service.environment })
      .filter(([variable]) => variable.startsWith('TRIBUTARY_'))
      // Both listen on a port of one machine here, and say so by a flag.
      .filter(([variable]) => !['TRIBUTARY_PORT', 'TRIBUTARY_DATA'].includes(variable))
      .filter(([variable]) => this.#options.open !== true || !variable.includes('AUTH'))
      .map(([variable, value]) => [variable, this.#placed(value)])
    const place = this.#places.get(`${addressOf(service)}:8787`) as string
    const node = await ServerProcess.start({
      port: Number(place.split(':')[1]),
      flags: [
        ...(service.command ?? []).map((word) => this.#placed(word)),
        ...(this.#options.flags ?? []),
      ],
      env: Object.fromEntries(environment),
    })
    this.#nodes.set(name, node)
    this.#stage.own(node)
    return node
  }

  #placed(text: string): string {
    let placed = text
    for (const [there, here] of this.#places) placed = placed.replaceAll(there, here)
    return placed
  }
}

function addressOf(service: Service): string {
  const address = service.networks?.default.ipv4_address
  if (address === undefined) throw new Error('a service has no address of its own')
  return address
}
