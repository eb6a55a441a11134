import type { Clock } from '../core/clock.ts'
import { TributaryError } from '../core/errors.ts'
import type { Fields, Logger } from '../core/logger.ts'

/** What goes on for longer is told again after this. */
const AGAIN_MS = 60_000

interface Said {
  readonly at: number
  more: number
}

/**
 * A logger for a node with thousands of entities, all of which notice when the store cannot be asked:
 * of the errors `storage` about an entity each event is told once, and a minute later how many more
 * there were, if it goes on. All else passes.
 */
export class SparingLog implements Logger {
  readonly #logger: Logger
  readonly #clock: Pick<Clock, 'monotonic'>
  /** By event: there are few. */
  readonly #said: Map<string, Said>

  constructor(logger: Logger, clock: Pick<Clock, 'monotonic'>, said = new Map<string, Said>()) {
    this.#logger = logger
    this.#clock = clock
    this.#said = said
  }

  error(event: string, fields: Fields = {}): void {
    const { error, entity } = fields
    const isOfStore = error instanceof TributaryError && error.code === 'storage'
    if (!isOfStore || entity === undefined) {
      this.#logger.error(event, fields)
      return
    }
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

  warn(event: string, fields?: Fields): void {
    this.#logger.warn(event, fields)
  }

  info(event: string, fields?: Fields): void {
    this.#logger.info(event, fields)
  }

  debug(event: string, fields?: Fields): void {
    this.#logger.debug(event, fields)
  }

  with(fields: Fields): Logger {
    return new SparingLog(this.#logger.with(fields), this.#clock, this.#said)
  }
}
