import { expect } from 'vitest'
import * as Y from 'yjs'
import { Acks } from './acks.ts'
import { areEqual, Checker, equalityFaults, type Replica } from './checker.ts'
import { until } from './deadline.ts'
import { Seeded } from './seeded.ts'
import type { Stage } from './stage.ts'
import { STOCK_VERSIONS, type StockClient } from './stock-clients.ts'

export interface CrowdOptions {
  readonly clients: number
  /** Entities that the clients are spread over. */
  readonly entities: number
  /** Of all clients together. */
  readonly updatesPerSecond: number
  readonly seed: number
}

/** For whatever is no promise of the rules, in ms: the machine may be busy with other tests. */
export const PATIENCE = 30_000
/** [C6] Everybody is in sync so many ms after the faults have ended: for the tests of just that. */
export const IN_SYNC_MS = 6_000
/** For the others: a machine with other tests on it may need longer. */
const CALM_MS = 15_000

/** Marks that an author keeps at most; it removes as often as it adds from half of that on. */
const KEPT = 60

const marksOf = (doc: Y.Doc): readonly string[] => doc.getArray<string>('marks').toArray()

/** A stock client that adds and removes marks, and tells the checker what it was told. */
export class Author {
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
 * Stock clients that edit all the time, and a checker that knows what they were told. They are at the
 * door of a port of their own, a proxy's: what happens to the server behind it is the test's affair.
 */
export class Crowd {
  readonly checker = new Checker()
  readonly authors: readonly Author[]
  readonly entities: readonly string[]
  readonly #stage: Stage
  readonly #type: () => () => void
  #stop: () => void

  private constructor(stage: Stage, options: CrowdOptions, ports: readonly number[]) {
    const random = new Seeded(options.seed)
    this.#stage = stage
    this.entities = Array.from({ length: options.entities }, () => stage.entity())
    this.authors = Array.from({ length: options.clients }, (_, n) => {
      const entity = this.entities[n % this.entities.length] as string
      // Everybody on one entity is to come in through every port.
      const port = ports[Math.floor(n / this.entities.length) % ports.length] as number
      const version = STOCK_VERSIONS[n % STOCK_VERSIONS.length] as (typeof STOCK_VERSIONS)[number]
      const client = stage.stock(version, entity, {
        door: stage.doorAt(port),
        deadline: PATIENCE,
      })
      return new Author(`author${n}`, entity, client, this.checker, random)
    })
    this.#type = () => type(this.authors, options.updatesPerSecond, random)
    this.#stop = this.#type()
    stage.atEnd(() => this.#stop())
  }

  /**
   * Resolves when all are synced and edit.
   *
   * @param ports Where they come in, by turns.
   */
  static async gather(
    stage: Stage,
    options: CrowdOptions,
    ...ports: readonly number[]
  ): Promise<Crowd> {
    const crowd = new Crowd(stage, options, ports.length > 0 ? ports : [stage.port])
    await crowd.synced()
    return crowd
  }

  async synced(): Promise<void> {
    await Promise.all(this.authors.map(({ client }) => client.synced()))
  }

  /** Waits until something more has been acknowledged than now. */
  async acknowledged(what = 'acknowledgements flow again'): Promise<void> {
    const before = this.checker.acked
    await until(what, PATIENCE, () => this.checker.acked > before)
  }

  /** Nobody edits until it goes on. */
  rest(): void {
    this.#stop()
  }

  goOn(): void {
    this.#stop()
    this.#stop = this.#type()
  }

  /**
   * Nobody edits any more, and everybody agrees.
   * [C6] is tested with `IN_SYNC_MS`.
   *
   * @param ms How long each of the two may take.
   */
  async settle(ms = CALM_MS): Promise<void> {
    this.rest()
    await until('all acknowledged', ms, () =>
      this.authors.every((author) => author.acks.waiting === 0),
    )
    for (const entity of this.entities) {
      const docs = this.authors.filter((a) => a.entity === entity).map(({ client }) => client.doc)
      try {
        await until(`${entity} in sync`, ms, () => areEqual(docs), 100)
      } catch (cause) {
        throw new Error(this.#differences(entity).join('; '), { cause })
      }
    }
  }

  /**
   * Who comes in at a port now, and stays, soon has what everybody has. Nobody may edit.
   *
   * @param ms How long each may take.
   */
  async settleAt(port: number, ms = CALM_MS): Promise<void> {
    const door = this.#stage.doorAt(port)
    for (const { entity, client } of this.authors.slice(0, this.entities.length)) {
      const newcomer = this.#stage.stock(STOCK_VERSIONS[0], entity, { door, deadline: PATIENCE })
      await newcomer.synced()
      await until(`who joins ${entity} at ${port} is in sync`, ms, () =>
        areEqual([newcomer.doc, client.doc]),
      )
      newcomer.end()
    }
  }

  /** Who lacks how much of what another has, and where he came in. */
  #differences(entity: string): string[] {
    const here = this.authors.filter((author) => author.entity === entity)
    return here.map(({ name, client }) => {
      const lacks = here.reduce((sum, { client: other }) => {
        const lack = Y.encodeStateAsUpdate(other.doc, Y.encodeStateVector(client.doc))
        return sum + Y.decodeUpdate(lack).structs.length
      }, 0)
      const { url = 'nowhere', readyState } = client.provider.ws ?? {}
      const waits = client.doc.store.pendingStructs !== null ? ', waits for more' : ''
      return `${name} (${client.version} at ${url}, ${readyState}) lacks ${lacks} structs${waits}`
    })
  }

  /**
   * [C1] to [C5] on what the server sends to somebody who knows nothing.
   *
   * @param authors Whose copies must be equal to it: those that are in sync.
   * @param port Of the server that is asked.
   */
  async look(
    when: string,
    authors: readonly Author[] = [],
    port = this.#stage.port,
  ): Promise<void> {
    expect(await this.faultsAt(port, when, authors)).toEqual([])
  }

  /** The same, in words; empty when all is well. */
  async faultsAt(port: number, when: string, authors: readonly Author[]): Promise<string[]> {
    const faults: string[] = []
    for (const entity of this.entities) {
      const told = this.checker.told()
      const door = this.#stage.doorAt(port)
      const cold = await this.#stage.raw(entity, { deadline: PATIENCE, door })
      const doc = await cold.join()
      await cold.close()
      const here = authors.filter((author) => author.entity === entity)
      const replicas: Replica[] = [
        { name: `the copy of ${when}`, doc },
        ...here.map(({ name, client }) => ({ name, doc: client.doc })),
      ]
      faults.push(
        ...replicas.flatMap((replica) =>
          this.checker.contentFaults(replica.name, marksOf(replica.doc), this.#isIn(entity), told),
        ),
        ...equalityFaults(replicas),
        ...here.flatMap(({ name, client }) => this.checker.ownFaults(name, marksOf(client.doc))),
      )
    }
    return faults
  }

  /** Authors are dealt out to the entities in turn, so a mark's name says where it belongs. */
  #isIn(entity: string): (mark: string) => boolean {
    return (mark) => {
      const author = Number(/^author(\d+)-/.exec(mark)?.[1])
      return this.entities[author % this.entities.length] === entity
    }
  }
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
