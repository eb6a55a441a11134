import type { CutOff } from '../crdt/cut-off.ts'
import type { Entity } from '../entity/entity.ts'
import type { Metrics } from '../ops/metrics.ts'
import type { Outlet } from './outlet.ts'

/** What a client is asked: what it has that the entity lacks. Never twice at the same time. [S7] */
export class Question {
  readonly #entity: Entity
  readonly #outlet: Outlet
  readonly #metrics: Metrics
  /** One that has not been answered: since when an answer is needed, if it is. */
  #open: { neededSince: number | null; asked: number } | null = null
  /** What the answer is to bring. */
  #lacks: CutOff | null = null

  constructor(entity: Entity, outlet: Outlet, metrics: Metrics) {
    this.#entity = entity
    this.#outlet = outlet
    this.#metrics = metrics
  }

  /** Something waits for the answer. */
  get isNeeded(): boolean {
    return this.#open !== null && this.#open.neededSince !== null
  }

  /** As a client comes in: it will answer, and nothing waits for that. */
  first(): void {
    this.#open = { neededSince: null, asked: 1 }
    this.#outlet.question(this.#entity.stateVector)
  }

  /**
   * Something that it sent builds on what is not here, and was cut off.
   *
   * @returns how many bytes it takes to know when all of that is here.
   */
  need(now: number, cutOff: CutOff): number {
    if (this.#lacks === null) this.#lacks = cutOff
    else this.#lacks.add(cutOff)
    this.#needed(now)
    return this.#lacks.bytes
  }

  #needed(now: number): void {
    if (this.#open !== null) {
      this.#open.neededSince ??= now
      return
    }
    this.#open = { neededSince: now, asked: 1 }
    this.#ask()
  }

  /** The entity may lack what it once had. Nobody is sent away for not answering that. */
  wish(): void {
    this.#open ??= { neededSince: null, asked: 1 }
    this.#ask()
  }

  #ask(): void {
    this.#metrics.questions.add()
    this.#outlet.question(this.#entity.stateVector)
  }

  /**
   * Something was said that may be the answer. What was cut off is to be here then, whoever brought
   * it: an answer may have left before the question came. [S16]
   *
   * @returns whether nothing is awaited any more.
   */
  answered(): boolean {
    if (this.#lacks?.isIn(this.#entity.knowledge) === false) return false
    this.drop()
    return true
  }

  /** It is not awaited any more. */
  drop(): void {
    this.#open = null
    this.#lacks = null
  }

  /**
   * Asks once more after `patience` ms.
   *
   * @returns whether it was in vain, and is given up.
   */
  givesUp(now: number, patience: number): boolean {
    const question = this.#open
    if (question === null || question.neededSince === null) return false
    if (now - question.neededSince < patience) return false
    if (question.asked > 1) return true
    this.#open = { neededSince: now, asked: question.asked + 1 }
    this.#ask()
    return false
  }
}
