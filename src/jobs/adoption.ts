import type { Bus } from '../bus/bus.ts'
import type { Cancel, Clock } from '../core/clock.ts'
import type { EntityKey } from '../core/ids.ts'
import { formatPosition, type Position, parsePosition } from '../core/position.ts'
import type { Metrics } from '../ops/metrics.ts'
import type { Covered, SharedSnapshots } from '../snapshots/shared.ts'

/** An entity that is open here, as far as it begins from snapshots of others. */
export interface Adopter {
  readonly position: Position
  readonly base: Position
  readonly history: number
  readonly hasState: boolean
  /** @returns whether it begins from there now. */
  adoptCovered(covered: Covered, history: number): boolean
}

export interface AdoptionOptions {
  readonly bus: Bus
  readonly clock: Pick<Clock, 'after'>
  readonly snapshots: Pick<SharedSnapshots, 'covered'>
  readonly metrics: Pick<Metrics, 'adoptions'>
  /** The entity if it is open here. */
  open(entity: EntityKey): Adopter | undefined
  /** Called upwards: its tail is shorter now. What came meanwhile may be enough for the next one. */
  adopted(entity: EntityKey): void
}

/** What it is called on the bus: `<position> <entity>`. */
const KIND = 'snapshot'
/** Entities that are looked at at the same time: a snapshot of 20 MB may be loaded for each. */
const AT_ONCE = 4
/** Entries up to a snapshot may still be on their way when the news of it is here. */
const AGAIN_MS = 500
const TIMES = 3

/**
 * Whoever has an entity open lets go of the tail that a new snapshot covers, whichever node has made
 * it. The news says only that there is one. What the entity may begin from is asked of Redis in one
 * call, which sees snapshot and log at one moment: not a snapshot that the log does not go through,
 * nor one that is ahead of what is here, nor any, when what is here is not what the log has.
 *
 * News that is lost is made up for by the next one. [J8] [J9]
 */
export class Adoption {
  readonly #options: AdoptionOptions
  /** How often each is still to be looked at. */
  readonly #due = new Map<EntityKey, number>()
  readonly #cancels = new Set<Cancel>()
  readonly #stop: () => void
  #atOnce = 0
  #closed = false

  constructor(options: AdoptionOptions) {
    this.#options = options
    this.#stop = options.bus.listen({ is: 'nodes' }, (kind, bytes) => {
      if (kind === KIND) this.#told(Buffer.from(bytes).toString())
    })
  }

  /** A snapshot has been committed here: the others are told, and this node looks too. */
  committed(entity: EntityKey, position: Position): void {
    const news = Buffer.from(`${formatPosition(position)} ${entity}`)
    this.#options.bus.publish({ is: 'nodes' }, KIND, news)
    this.#look(entity, TIMES)
  }

  close(): void {
    this.#closed = true
    this.#stop()
    this.#due.clear()
    for (const cancel of this.#cancels) cancel()
  }

  #told(news: string): void {
    const at = news.indexOf(' ')
    const entity = news.slice(at + 1) as EntityKey
    const adopter = this.#options.open(entity)
    if (adopter === undefined || at < 0) return
    try {
      if (parsePosition(news.slice(0, at)).offset <= adopter.base.offset) return
    } catch {
      // Of a later version: what it is about is known.
    }
    this.#look(entity, TIMES)
  }

  #look(entity: EntityKey, times: number): void {
    if (this.#closed || this.#options.open(entity) === undefined) return
    this.#due.set(entity, times)
    while (this.#atOnce < AT_ONCE && this.#due.size > 0) void this.#next()
  }

  async #next(): Promise<void> {
    const [next] = this.#due
    if (next === undefined) return
    const [entity, times] = next
    this.#due.delete(entity)
    this.#atOnce++
    try {
      if (!(await this.#adopt(entity))) this.#again(entity, times - 1)
    } catch {
      // Redis is away, or what it holds is damaged: whoever compacts tells of that.
      this.#again(entity, times - 1)
    } finally {
      this.#atOnce--
    }
    if (this.#due.size > 0 && this.#atOnce < AT_ONCE) void this.#next()
  }

  /** @returns whether there is nothing more to be done. */
  async #adopt(entity: EntityKey): Promise<boolean> {
    const adopter = this.#options.open(entity)
    if (adopter === undefined) return true
    const { position, history, hasState } = adopter
    const covered = await this.#options.snapshots.covered(entity, position, hasState)
    if (covered === null) return false
    if (adopter.adoptCovered(covered, history)) {
      this.#options.metrics.adoptions.add()
      this.#options.adopted(entity)
    }
    return covered.position.offset <= adopter.base.offset
  }

  #again(entity: EntityKey, times: number): void {
    if (times <= 0 || this.#closed) return
    const cancel = this.#options.clock.after(AGAIN_MS, () => {
      this.#cancels.delete(cancel)
      this.#look(entity, times)
    })
    this.#cancels.add(cancel)
  }
}
