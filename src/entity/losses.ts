import type { Bus, NodeName } from '../bus/bus.ts'
import type { Clock } from '../core/clock.ts'
import type { EntityKey } from '../core/ids.ts'

/** What is empty under a younger mark may have been lost with all that was there. */
const YOUNG_MS = 10 * 60_000
const ANSWERS_MS = 1_000

const ASKS = 'who-has'
const ANSWERS = 'has'

export interface LossesOptions {
  readonly bus: Bus
  readonly clock: Pick<Clock, 'after'>
  /** How long the place in the store where an entity would be has been what it is, in ms. */
  readonly markAge: (entity: EntityKey) => Promise<number>
  /** Whether this node has something of it; it then looks at once whether the store has it too. */
  readonly has: (entity: EntityKey) => boolean
}

interface Question {
  readonly waitsFor: Set<NodeName>
  readonly settle: (isThere: boolean) => void
}

/**
 * Finds out whether an entity that the store does not know was lost: a store that was emptied looks
 * like one in which nobody has written yet, and "empty" is what people write over. [L85]
 *
 * Every node is asked and answers at once. The answers are one line of text each.
 */
export class Losses {
  readonly #options: LossesOptions
  readonly #questions = new Map<string, Question>()
  readonly #stop: () => void
  #asked = 0

  constructor(options: LossesOptions) {
    this.#options = options
    this.#stop = options.bus.listen({ is: 'nodes' }, (kind, bytes, from) => {
      if (kind === ASKS) this.#answer(Buffer.from(bytes).toString())
      if (kind === ANSWERS) this.#answered(Buffer.from(bytes).toString(), from)
    })
  }

  /**
   * Whether another node has what is not in the store; it heals it then.
   *
   * @throws {TributaryError} `storage`.
   */
  async isElsewhere(entity: EntityKey): Promise<boolean> {
    const { bus, markAge } = this.#options
    if (others(bus).size === 0) return false
    if ((await markAge(entity)) >= YOUNG_MS) return false
    return await this.#ask(entity)
  }

  close(): void {
    this.#stop()
    for (const { settle } of this.#questions.values()) settle(false)
  }

  #ask(entity: EntityKey): Promise<boolean> {
    const { bus, clock } = this.#options
    const id = `${bus.node}.${this.#asked++}`
    return new Promise((resolve) => {
      const settle = (isThere: boolean) => {
        this.#questions.delete(id)
        cancel()
        resolve(isThere)
      }
      const cancel = clock.after(ANSWERS_MS, () => settle(false))
      this.#questions.set(id, { waitsFor: others(bus), settle })
      bus.publish({ is: 'nodes' }, ASKS, Buffer.from(`${id} ${entity}`))
    })
  }

  #answer(question: string): void {
    const end = question.indexOf(' ')
    if (end < 0) return
    const isThere = this.#options.has(question.slice(end + 1) as EntityKey)
    const answer = `${question.slice(0, end)} ${isThere ? 1 : 0}`
    this.#options.bus.publish({ is: 'nodes' }, ANSWERS, Buffer.from(answer))
  }

  #answered(answer: string, from: NodeName): void {
    const [id = '', isThere] = answer.split(' ')
    const question = this.#questions.get(id)
    if (question === undefined) return
    question.waitsFor.delete(from)
    if (isThere === '1') question.settle(true)
    else if (question.waitsFor.size === 0) question.settle(false)
  }
}

const others = (bus: Bus): Set<NodeName> => new Set(bus.nodes().filter((node) => node !== bus.node))
