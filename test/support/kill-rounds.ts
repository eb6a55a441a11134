import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import type * as Y from 'yjs'
import { Acks } from './acks.ts'
import { areEqual, Checker, equalityFaults, type Replica } from './checker.ts'
import { until } from './deadline.ts'
import { residentOf } from './resident.ts'
import { Seeded } from './seeded.ts'
import { expectClean, type Stage } from './stage.ts'
import { STOCK_VERSIONS, type StockClient } from './stock-clients.ts'
import type { TcpProxy } from './tcp-proxy.ts'

export interface KillRounds {
  readonly rounds: number
  readonly clients: number
  /** Entities that the clients are spread over. */
  readonly entities: number
  /** Of all clients together. */
  readonly updatesPerSecond: number
  readonly seed: number
  /** Of the server. */
  readonly flags?: readonly string[]
}

export interface KillResult {
  readonly written: number
  readonly acked: number
  /** Snapshots committed, by all servers together. */
  readonly compactions: number
}

/** For whatever is no promise of the rules, in ms: the machine may be busy with other tests. */
const PATIENCE = 30_000
/** [C6] Everybody is in sync so many ms after the faults have ended. */
const IN_SYNC_MS = 6_000
/** [C7] Far above what the server needs for this, far below what a leak makes of it. */
const MOST_MEMORY = 700 * 1024 * 1024

/** Marks that an author keeps at most; it removes as often as it adds from half of that on. */
const KEPT = 60

const marksOf = (doc: Y.Doc): readonly string[] => doc.getArray<string>('marks').toArray()

/** A stock client that adds and removes marks, and tells the checker what it was told. */
class Author {
  readonly name: string
  readonly entity: string
  readonly client: StockClient
  readonly acks: Acks
  readonly #checker: Checker
  readonly #random: Seeded
  readonly #own: string[] = []
  #next = 0

  constructor(name: string, entity: string, client: StockClient, checker: Checker, random: Seeded) {
    this.name = name
    this.entity = entity
    this.client = client
    this.acks = new Acks(client)
    this.#checker = checker
    this.#random = random
  }

  edit(): void {
    // Every author keeps some marks and no more: a run of minutes must not become one of huge lists.
    const removes = this.#random.int(0, KEPT) < this.#own.length
    if (removes) this.#remove()
    else this.#add()
  }

  #add(): void {
    const mark = `${this.name}-${this.#next++}`
    const marks = this.client.doc.getArray<string>('marks')
    marks.insert(this.#random.int(0, marks.length), [mark])
    this.#own.push(mark)
    this.#checker.wrote(this.name, mark)
    this.acks.when(() => this.#checker.wasAcked(mark))
  }

  #remove(): void {
    const [mark] = this.#own.splice(this.#random.int(0, this.#own.length - 1), 1) as [string]
    const marks = this.client.doc.getArray<string>('marks')
    marks.delete(marks.toArray().indexOf(mark))
    this.#checker.removed(mark)
    this.acks.when(() => this.#checker.removalWasAcked(mark))
  }
}

/**
 * Kills the server at random moments under load and looks, before any client is let near it again,
 * whether all that was acknowledged is there (C1, C3, C4); at the end, whether everybody agrees (C2,
 * C5, C6), nothing grew (C7) and nothing was said that must not be (C8).
 *
 * The clients reach the server through a proxy: while it is unplugged they edit on, and a client that
 * came back first would put back what the server had lost.
 *
 * @returns how much there was of everything: a run without it would prove nothing.
 */
export async function killRounds(stage: Stage, options: KillRounds): Promise<KillResult> {
  const random = new Seeded(options.seed)
  const checker = new Checker()
  const data = stage.folder()
  await stage.start(options.flags ?? [], { data })
  const proxy = await stage.proxy()
  const entities = Array.from({ length: options.entities }, () => stage.entity())
  const authors = Array.from({ length: options.clients }, (_, n) => {
    const entity = entities[n % entities.length] as string
    const version = STOCK_VERSIONS[n % STOCK_VERSIONS.length] as (typeof STOCK_VERSIONS)[number]
    const client = stage.stock(version, entity, {
      door: stage.doorAt(proxy.port),
      deadline: PATIENCE,
    })
    return new Author(`author${n}`, entity, client, checker, random)
  })
  await Promise.all(authors.map(({ client }) => client.synced()))
  const stopTyping = type(authors, options.updatesPerSecond, random)
  stage.atEnd(stopTyping)

  let compactions = 0
  for (let round = 0; round < options.rounds; round++) {
    await pause(random.int(200, 1_500))
    const metrics = await stage.metrics()
    compactions += metrics.sum('compactions_total', { result: 'committed' })
    await killAndLook(stage, proxy, entities, checker, `round ${round}`)
    proxy.plugInto(stage.port)
    const before = checker.acked
    await Promise.all(authors.map(({ client }) => client.synced()))
    await until('acknowledgements flow again', PATIENCE, () => checker.acked > before)
  }

  stopTyping()
  await inSync(authors, entities)
  await killAndLook(stage, proxy, entities, checker, 'the end', authors)
  return { written: checker.written, acked: checker.acked, compactions }
}

/** Edits of random authors at that rate. @returns what stops it. */
function type(authors: readonly Author[], perSecond: number, random: Seeded): () => void {
  let at = performance.now()
  let due = 0
  const timer = setInterval(() => {
    const now = performance.now()
    // What a busy machine could not keep up with is not made up for in one go.
    due += Math.min(now - at, 50) * (perSecond / 1_000)
    at = now
    for (; due >= 1; due--) random.pick(authors).edit()
  }, 4)
  return () => clearInterval(timer)
}

async function killAndLook(
  stage: Stage,
  proxy: TcpProxy,
  entities: readonly string[],
  checker: Checker,
  when: string,
  authors: readonly Author[] = [],
): Promise<void> {
  const killed = stage.server
  expect(residentOf(killed.pid), `[C7] memory at ${when}`).toBeLessThan(MOST_MEMORY)
  await killed.kill()
  proxy.plugInto(null)
  proxy.cut()
  // Acknowledgements that were on their way arrive still: they count as well.
  await pause(30)
  expectClean(killed)
  const server = await stage.start(killed.options.flags, { data: killed.options.data })
  for (const entity of entities) {
    const cold = await stage.raw(entity, { deadline: PATIENCE })
    const doc = await cold.join()
    await cold.close()
    const here = authors.filter((author) => author.entity === entity)
    const replicas: Replica[] = [
      { name: `the cold start at ${when}`, doc },
      ...here.map(({ name, client }) => ({ name, doc: client.doc })),
    ]
    expect([
      ...replicas.flatMap((replica) =>
        checker.contentFaults(replica.name, marksOf(replica.doc), inEntity(entities, entity)),
      ),
      ...equalityFaults(replicas),
      ...here.flatMap(({ name, client }) => checker.ownFaults(name, marksOf(client.doc))),
    ]).toEqual([])
  }
  expect(server.exited).toBe(false)
}

/** Authors are dealt out to the entities in turn, so a mark's name says where it belongs. */
const inEntity = (entities: readonly string[], entity: string) => (mark: string) => {
  const author = Number(/^author(\d+)-/.exec(mark)?.[1])
  return entities[author % entities.length] === entity
}

/** [C6] */
async function inSync(authors: readonly Author[], entities: readonly string[]): Promise<void> {
  await until('all acknowledged', IN_SYNC_MS, () =>
    authors.every((author) => author.acks.waiting === 0),
  )
  for (const entity of entities) {
    const docs = authors.filter((a) => a.entity === entity).map(({ client }) => client.doc)
    await until('in sync', IN_SYNC_MS, () => areEqual(docs), 100)
  }
}
