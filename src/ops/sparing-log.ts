import type { Clock } from '../core/clock.ts'
import type { Fields, Logger } from '../core/logger.ts'

/** What goes on for longer is told again after this. */
const AGAIN_MS = 60_000

/**
 * Says what befalls thousands at once only once: the first of them, and a minute later how many more
 * there were, if it goes on.
 */
export class SparingLog {
  readonly #logger: Logger
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #said = new Map<string, { at: number; more: number }>()

  constructor(logger: Logger, clock: Pick<Clock, 'monotonic'>) {
    this.#logger = logger
    this.#clock = clock
  }

  /** @param event One of few: what comes from peers belongs into the fields. */
  error(event: string, fields: Fields): void {
    const now = this.#clock.monotonic()
    const said = this.#said.get(event)
    if (said !== undefined && now - said.at < AGAIN_MS) {
      said.more++
      return
    }
    this.#said.set(event, { at: now, more: 0 })
    const more = said?.more ?? 0
    this.#logger.error(event, more === 0 ? fields : { ...fields, more })
  }
}
