import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { Cluster, type ClusterNode, DURABLE, isNews } from './cluster.ts'
import { Crowd } from './crowd.ts'
import { drill, expectNoLeak } from './fault-drill.ts'
import { growthOf, INSPECTED } from './heap.ts'
import { MOST_MEMORY } from './kill-rounds.ts'
import { Seeded } from './seeded.ts'
import type { Stage } from './stage.ts'

export interface ClusterTorture {
  readonly nodes: number
  readonly minutes: number
  readonly seed: number
  /** Between two faults, in ms. */
  readonly everyMs: number
  /** Only these, by name; all of them otherwise. */
  readonly only?: readonly string[]
  /** Rounds of the same faults at the end, whose sum nothing may be left of; none unless told. */
  readonly drill?: number
  /** Hears what is done, as it is done. */
  readonly tell?: (line: string) => void
}

/** What a fault may touch. Of several at a time each has nodes of its own. */
interface Scene {
  readonly cluster: Cluster
  readonly crowd: Crowd
  readonly random: Seeded
  /** Whether it is the only one. */
  readonly isAlone: boolean
  /** A node that no other fault of this round has taken; for the fault to break and to mend. */
  take(): ClusterNode
  /** A node that is there, for clients to go to. */
  other(node: ClusterNode): ClusterNode
}

/** After a fault everybody must agree, and Redis have all of it, in this time. Generous: C6 has tests of its own. */
const CALM_MS = 15_000

/** Bytes by which a garbage collector may differ from another day's. */
const SLACK = 50 * 1024 ** 2

/** Of a Redis that another fault may just have killed. */
const ask = (call: Promise<unknown>): Promise<unknown> => call.catch(() => {})

/** Each leaves the cluster as it should be again; the crowd edits on all the while, or rests. */
const FAULTS: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  async killNode({ cluster, crowd, random, isAlone, take, other }) {
    const node = take()
    await node.kill()
    if (isAlone) await cluster.look(crowd, 'a kill')
    node.sendClientsTo(other(node))
    await pause(random.int(0, 3_000))
    await node.start()
    if (random.chance(0.5)) node.front.cut()
  },
  async stopNode({ random, take, other }) {
    const node = take()
    node.server.signal('SIGSTOP')
    await pause(random.int(200, 4_000))
    if (random.chance(0.5)) {
      // Its clients have given it up, and it does not know.
      node.sendClientsTo(other(node))
      node.front.cut()
      await pause(random.int(200, 4_000))
    }
    node.server.signal('SIGCONT')
    node.comeHome()
  },
  async restartNode({ take, other }) {
    const node = take()
    node.sendClientsTo(other(node))
    await node.stop()
    node.sendClientsTo(other(node))
    await node.start()
  },
  async killRedis({ cluster, random }) {
    await cluster.redis.kill()
    await pause(random.int(0, 3_000))
    await cluster.redis.restart()
  },
  async stopRedis({ cluster, random, isAlone }) {
    cluster.redis.signal('SIGSTOP')
    // A node that is stopped beside it has 7 s for what is unsaved.
    await pause(random.int(200, isAlone ? 8_000 : 4_000))
    cluster.redis.signal('SIGCONT')
  },
  async flush({ cluster }) {
    await ask(cluster.redis.client.flushall())
  },
  async forgetScripts({ cluster }) {
    await ask(cluster.redis.client.script('FLUSH'))
  },
  async endSubscriptions({ cluster }) {
    await ask(cluster.redis.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub'))
  },
  async cutRedis({ take }) {
    take().back.cut()
  },
  async darkRedis({ random, take }) {
    const { back } = take()
    back.goDark()
    await pause(random.int(500, 9_000))
    back.comeBack()
  },
  async slowRedis({ random, take }) {
    const { back } = take()
    back.delay(random.int(10, 300))
    await pause(random.int(500, 5_000))
    back.delay(0)
  },
  async loseNews({ random, take }) {
    const { back } = take()
    const share = random.pick([0.3, 1])
    back.let((chunk, towards) => towards === 'server' || !isNews(chunk) || !random.chance(share))
    await pause(random.int(500, 5_000))
    back.let(() => true)
  },
  async cutClients({ take }) {
    take().front.cut()
  },
  async freezeClients({ random, take }) {
    const { front } = take()
    front.freeze()
    await pause(random.int(500, 3_000))
    front.cutFrozen()
  },
  async stallClients({ crowd, random }) {
    const stalled = crowd.authors.filter(() => random.chance(0.3)).map(({ client }) => client)
    const sockets = stalled.flatMap(({ provider }) => provider.ws ?? [])
    for (const socket of sockets) socket.pause()
    await pause(random.int(500, 5_000))
    for (const socket of sockets) socket.resume()
  },
}

/**
 * Random faults on a cluster, one or two at a time. After each everybody must agree and Redis alone
 * must hold what was acknowledged; nothing may grow; the seed replays the choice of the faults,
 * though not the moments at which they hit.
 */
export async function tortureCluster(stage: Stage, options: ClusterTorture): Promise<void> {
  const { nodes, seed, minutes, everyMs, only = Object.keys(FAULTS), tell = () => {} } = options
  const random = new Seeded(seed)
  const cluster = await Cluster.start(stage, {
    nodes,
    redisOptions: DURABLE,
    flags: ['--pace-compact-entries', '20', '--pace-idle', '500ms'],
    ...(options.drill !== undefined && { envOf: () => INSPECTED }),
  })
  const load = { clients: 6 * nodes, entities: 4, updatesPerSecond: 200, seed }
  const crowd = await Crowd.gather(stage, load, ...cluster.ports)
  const counts = new Map<string, number>()
  const memory: number[] = []
  const end = performance.now() + minutes * 60_000
  while (performance.now() < end) {
    const since = performance.now()
    const isRest = random.chance(0.4)
    if (isRest) crowd.rest()
    const names = [random.pick(only), ...(random.chance(0.3) ? [random.pick(only)] : [])]
    const what = `${isRest ? 'at rest ' : ''}${names.join(' and ')}`
    tell(`${memory.length} ${what}`)
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
    const scene = sceneOf(cluster, crowd, random, names.length === 1)
    await Promise.all(names.map((name) => FAULTS[name]?.(scene)))
    try {
      await recover(cluster, crowd, what, isRest)
    } catch (error) {
      for (const { server } of cluster.nodes) tell(server.output.map(inShort).join('\n'))
      throw new Error(`after ${what}, number ${memory.length}`, { cause: error })
    }
    memory.push(cluster.resident)
    expect(cluster.resident, `[C7] memory after ${what}`).toBeLessThan(MOST_MEMORY)
    await pause(Math.max(0, everyMs - (performance.now() - since)))
  }
  await crowd.settle(CALM_MS)
  if (options.drill !== undefined) {
    tell(`${options.drill} rounds of the same faults`)
    const used = await drill(cluster, crowd, options.drill)
    tell(`each left behind: ${used.map((one) => Math.round(growthOf(one))).join(', ')} bytes`)
    expectNoLeak(used)
  }
  await cluster.lookAtTheEnd(crowd)
  const { written, acked } = crowd.checker
  const mb = (bytes = 0) => Math.round(bytes / 1024 ** 2)
  console.log(Object.fromEntries(counts), { written, acked }, 'MB', memory.map(mb).join(' '))
  expect(acked).toBeGreaterThan(written / 2)
  expectFlat(memory)
}

/** [C7] What a node has at the most, in the last third of a run and in the first. */
function expectFlat(memory: readonly number[]): void {
  const third = Math.floor(memory.length / 3)
  if (third < 5) return
  const first = Math.max(...memory.slice(0, third))
  expect(Math.max(...memory.slice(-third)), '[C7] memory').toBeLessThan(1.5 * first + SLACK)
}

function sceneOf(cluster: Cluster, crowd: Crowd, random: Seeded, isAlone: boolean): Scene {
  const free = new Set(cluster.nodes)
  return {
    cluster,
    crowd,
    random,
    isAlone,
    take() {
      const node = random.pick([...free])
      free.delete(node)
      return node
    },
    other: () => random.pick([...free]),
  }
}

/** A line of a node's log, for people. */
function inShort(line: string): string {
  if (!line.startsWith('{')) return line
  const { time, event, pid: _, error, ...rest } = JSON.parse(line) as Record<string, unknown>
  const { message = '', code = '' } = (error ?? {}) as Record<string, unknown>
  return `${time} ${event} ${JSON.stringify(rest)} ${code} ${message}`
}

async function recover(
  cluster: Cluster,
  crowd: Crowd,
  what: string,
  isRest: boolean,
): Promise<void> {
  for (const node of cluster.nodes) await node.ready()
  await crowd.synced()
  if (!isRest) await crowd.acknowledged(`acknowledgements after ${what}`)
  await crowd.settle(CALM_MS)
  await cluster.look(crowd, what, crowd.authors, CALM_MS)
  crowd.goOn()
}
