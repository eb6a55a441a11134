import { afterAll, beforeAll, expect, test } from 'vitest'
import { TributaryError } from '../../../src/core/errors.ts'
import type { EntityKey } from '../../../src/core/ids.ts'
import { ORIGIN, type Position, samePosition } from '../../../src/core/position.ts'
import { nextCheck } from '../../../src/log/chain.ts'
import type { Entry, EntrySink, Subscription } from '../../../src/log/log.ts'
import { entry, key, snapshotAt } from '../../contract/store.ts'
import { until } from '../../support/deadline.ts'
import { type RedisServer, startRedis } from '../../support/redis-server.ts'
import { keptCopy, NAMES, type Node, openNode } from '../../support/redis-store.ts'
import { Seeded, seedOfRun } from '../../support/seeded.ts'

const ENTITIES = 12
const STEPS = 50
const NODES = 3

/** Holds what it is told against the chain: nothing is left out, doubled or of another history. */
class Witness implements EntrySink {
  readonly faults: string[] = []
  readonly checks = new Set<string>()
  resets = 0
  at: Position = ORIGIN

  entry({ position, id }: Entry): void {
    const { epoch, offset, check } = this.at
    const isNext =
      position.offset === offset + 1 &&
      (position.epoch === epoch || epoch.endsWith('.')) &&
      position.check === nextCheck(check, id)
    if (!isNext) this.faults.push(`${JSON.stringify(position)} behind ${JSON.stringify(this.at)}`)
    this.checks.add(position.check)
    this.at = position
  }

  reset(head: Position): void {
    this.resets++
    this.at = head
  }
}

interface Follower {
  readonly node: Node
  readonly witness: Witness
  readonly subscription: Subscription
}

/** One in ten messages is lost, and some come late, behind those that were told after them. */
function spoil({ link }: Node, random: Seeded): void {
  const { channels } = link
  const listen = channels.listen.bind(channels)
  channels.listen = (name, listener) =>
    listen(name, (message) => {
      const luck = random.next()
      if (luck > 0.3) listener(message)
      else if (luck > 0.1) setTimeout(() => listener(message), random.int(0, 20))
    })
}

/** What befalls one entity: appends, removals, trims, and stores that lose and go back. */
class Schedule {
  readonly followers: Follower[] = []
  readonly faults: string[] = []
  readonly #server: RedisServer
  readonly #nodes: readonly Node[]
  readonly #entity: EntityKey
  readonly #random: Seeded
  readonly #copies: (() => Promise<void>)[] = []
  readonly #underWay: Promise<void>[] = []
  #ids = 0

  constructor(
    server: RedisServer,
    nodes: readonly Node[],
    { entity, seed }: { entity: EntityKey; seed: number },
  ) {
    this.#server = server
    this.#nodes = nodes
    this.#entity = entity
    this.#random = new Seeded(seed)
  }

  async run(): Promise<void> {
    for (let step = 0; step < STEPS; step++) {
      try {
        await this.#step(this.#random.next())
      } catch (error) {
        // What waits behind an append that fails, fails with it.
        if (!(error instanceof TributaryError) || error.code !== 'storage') throw error
      }
      if (this.#random.chance(0.3)) await this.#underWay.pop()
    }
    await Promise.all(this.#underWay)
  }

  /** Everybody has been told the end. The origin stands for the start of any log. */
  async hasSettled(): Promise<boolean> {
    const { head } = await (this.#nodes[0] as Node).log.read(this.#entity, ORIGIN)
    return this.followers.every(
      ({ witness: { at } }) =>
        samePosition(at, head) || (head.offset === 0 && samePosition(at, ORIGIN)),
    )
  }

  async #step(luck: number): Promise<void> {
    const node = this.#random.pick(this.#nodes)
    if (luck < 0.7) this.#append(node)
    else if (luck < 0.78) await this.#follow(node)
    else if (luck < 0.82) this.followers.splice(0, 1)[0]?.subscription.close()
    else if (luck < 0.86) await this.#compact(node)
    else if (luck < 0.91) this.#copies.push(await keptCopy(this.#server.client, this.#entity))
    else if (luck < 0.95) await this.#random.pick([async () => {}, ...this.#copies])()
    else if (luck < 0.97) await node.log.remove(this.#entity, new Map([[7, this.#ids]]))
    else await this.#server.client.del(this.#lost())
  }

  #lost(): string[] {
    const { meta, stream, tombstones, snapshots } = NAMES.keys(this.#entity)
    return this.#random.pick([[meta], [meta, stream, snapshots, tombstones]])
  }

  #append(node: Node): void {
    const id = `${this.#entity}-${this.#ids++}`
    const before = this.followers
      .filter((one) => one.node === node)
      .map(({ witness }) => ({ witness, resets: witness.resets }))
    const appended = node.log.append(this.#entity, entry(id)).then(
      ({ position }) => {
        for (const { witness, resets } of before) {
          const isTold = witness.checks.has(position.check) || witness.resets > resets
          const isClosed = !this.followers.some((one) => one.witness === witness)
          if (!isTold && !isClosed) this.faults.push(`${id} was answered, not told`)
        }
      },
      (error) => {
        if (error.code !== 'storage') throw error
      },
    )
    this.#underWay.push(appended)
  }

  async #follow(node: Node): Promise<void> {
    const witness = new Witness()
    const subscription = await node.log.subscribe(this.#entity, ORIGIN, witness)
    this.followers.push({ node, witness, subscription })
  }

  async #compact({ log, snapshots }: Node): Promise<void> {
    const { head } = await log.read(this.#entity, ORIGIN)
    const newest = await snapshots.load(this.#entity)
    await snapshots.commit(this.#entity, snapshotAt(head), newest?.position ?? null)
  }
}

let server: RedisServer
const nodes: Node[] = []
const seed = seedOfRun()
beforeAll(async () => {
  server = await startRedis()
  for (let i = 0; i < NODES; i++) nodes.push(await openNode(server.url, { audit: 30 }))
  const random = new Seeded(seed)
  for (const node of nodes) spoil(node, random)
})
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.close()))
  await server.stop()
})

test(`[L9] [L54] [L64] who follows is told what the log goes through, whatever is lost (seed ${seed})`, async () => {
  const schedules = Array.from(
    { length: ENTITIES },
    (_, i) => new Schedule(server, nodes, { entity: key(`e${i}`), seed: seed + i }),
  )
  await Promise.all(schedules.map((schedule) => schedule.run()))
  await until('everybody has been told the end', 10_000, async () =>
    (await Promise.all(schedules.map((schedule) => schedule.hasSettled()))).every(Boolean),
  )
  const witnesses = schedules.flatMap(({ followers }) => followers.map(({ witness }) => witness))
  expect(schedules.flatMap(({ faults }) => faults)).toEqual([])
  expect(witnesses.flatMap(({ faults }) => faults)).toEqual([])
  expect(witnesses.some(({ resets }) => resets > 0)).toBe(true)
  expect(witnesses.length).toBeGreaterThan(ENTITIES / 2)
})
