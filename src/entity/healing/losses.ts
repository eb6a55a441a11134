import type { Bus, NodeName } from '../../bus/bus.ts'
import type { Clock } from '../../core/clock.ts'
import type { EntityKey } from '../../core/ids.ts'

/** What is empty under a younger mark may have been lost with all that was there. */
const YOUNG_MS = 10 * 60_000
const ANSWERS_MS = 1_000
/** Who has just come has been greeted by all the others after this. */
const GREETED_MS = 250
/** So long after a store was found to be another one it may have a part of what is being put back. */
const UNSTEADY_MS = 15_000

const ASKS = 'who-has'
const ANSWERS = 'has'

export interface LossesOptions {
  readonly bus: Bus
  readonly clock: Pick<Clock, 'after' | 'monotonic'>
  /** How long the place in the store where an entity would be has been what it is, in ms. */
  readonly markAge: (entity: EntityKey) => Promise<number>
  /** On the monotonic clock: since when the store is what it is; `null` while that cannot be said. */
  readonly steadySince: () => number | null
  /**
   * What this node has of it. If it has something and the store looked empty, it looks at once whether
   * the store has it too.
   */
  readonly has: (entity: EntityKey, looksEmpty: boolean) => Had
}

/** `healing`: it has it, and is putting it back; `whole`: it has it, and so has the store. */
export type Had = 'nothing' | 'healing' | 'whole'

interface Question {
  readonly waitsFor: Set<NodeName>
  readonly settle: (isElsewhere: boolean) => void
}

/**
 * Finds out whether an entity that the store does not know was lost: a store that was emptied looks
 * like one in which nobody has written yet, and "empty" is what people write over. [L85]
 *
 * A log into which it is just being put back, entry by entry, is no better: it is waited for. Every
 * node is asked and answers at once. The answers are one line of text each.
 */
export class Losses {
  readonly #options: LossesOptions
  readonly #questions = new Map<string, Question>()
  readonly #stop: () => void
  #asked = 0
  /** When an entity was looked for first: Redis was there then, and this node had just said hello. */
  #since: number | null = null

  constructor(options: LossesOptions) {
    this.#options = options
    this.#stop = options.bus.listen({ is: 'nodes' }, (kind, bytes, from) => {
      if (kind === ASKS) this.#answer(Buffer.from(bytes).toString())
      if (kind === ANSWERS) this.#answered(Buffer.from(bytes).toString(), from)
    })
  }

  /** The store may have lost something just now: what is in it need not be all. */
  get isDoubtful(): boolean {
    const { clock, steadySince } = this.#options
    const since = steadySince()
    return since === null || clock.monotonic() - since < UNSTEADY_MS
  }

  /**
   * Whether another node has what is not in the store, or not all of it; it puts it there then. So it
   * may be, too, as long as nobody can know: it is to be asked again.
   *
   * @param looksEmpty Whether there is nothing of it in the store.
   * @throws {TributaryError} `storage`.
   */
  async isElsewhere(entity: EntityKey, looksEmpty: boolean): Promise<boolean> {
    const { bus, markAge } = this.#options
    const isAlone = () => others(bus).size === 0
    if (isAlone() && (!looksEmpty || this.#wasGreeted())) return false
    if (looksEmpty && (await markAge(entity)) >= YOUNG_MS) return false
    return isAlone() || (await this.#ask(entity, looksEmpty))
  }

  close(): void {
    this.#stop()
    for (const { settle } of this.#questions.values()) settle(false)
  }

  #wasGreeted(): boolean {
    const now = this.#options.clock.monotonic()
    this.#since ??= now
    return now - this.#since >= GREETED_MS
  }

  #ask(entity: EntityKey, looksEmpty: boolean): Promise<boolean> {
    const { bus, clock } = this.#options
    const id = `${bus.node}.${this.#asked++}`
    return new Promise((resolve) => {
      const settle = (isElsewhere: boolean) => {
        this.#questions.delete(id)
        cancel()
        resolve(isElsewhere)
      }
      const waitsFor = others(bus)
      // One that has not come back to this Redis yet has not heard the question, and may have it.
      const mayBe = () =>
        looksEmpty && this.isDoubtful && bus.nodes().some((node) => waitsFor.has(node))
      const cancel = clock.after(ANSWERS_MS, () => settle(mayBe()))
      this.#questions.set(id, { waitsFor, settle })
      bus.publish({ is: 'nodes' }, ASKS, Buffer.from(`${id} ${looksEmpty ? 0 : 1} ${entity}`))
    })
  }

  #answer(question: string): void {
    const [id, some, ...entity] = question.split(' ')
    if (entity.length === 0) return
    const had = this.#options.has(entity.join(' ') as EntityKey, some === '0')
    this.#options.bus.publish({ is: 'nodes' }, ANSWERS, Buffer.from(`${id} ${had}`))
  }

  #answered(answer: string, from: NodeName): void {
    const [id = '', had] = answer.split(' ')
    const question = this.#questions.get(id)
    if (question === undefined) return
    question.waitsFor.delete(from)
    if (had === 'healing') question.settle(true)
    else if (question.waitsFor.size === 0) question.settle(false)
  }
}

const others = (bus: Bus): Set<NodeName> => new Set(bus.nodes().filter((node) => node !== bus.node))
