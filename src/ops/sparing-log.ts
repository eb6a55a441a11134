import type { Clock } from '../core/clock.ts'
import { TributaryError } from '../core/errors.ts'
import type { Fields, Logger } from '../core/logger.ts'

/** What goes on for longer is told again after this. */
const AGAIN_MS = 60_000

/** Lines about clients in a minute, whoever they are of: many addresses are no more than one. */
const CLIENT_LINES = 100

interface Said {
  readonly at: number
  more: number
}

/** What was said of clients in the minute that is under way. */
interface OfClients {
  since: number
  readonly said: Set<string>
  /** By event: not said since its last line. */
  readonly more: Map<string, number>
}

/**
 * A logger for a node with thousands of entities and clients.
 *
 * All entities notice when the store cannot be asked: of the errors `storage` about an entity each
 * event is told once, and a minute later how many more there were, if it goes on. [R13]
 *
 * A client that is sent away comes back, for ever: of lines with an address and a code each is told
 * once a minute, and at most 100 in all; the next one has the number of the others. [G27]
 *
 * All else passes.
 */
export class SparingLog implements Logger {
  readonly #logger: Logger
  readonly #clock: Pick<Clock, 'monotonic'>
  /** By event: there are few. */
  readonly #said: Map<string, Said>
  readonly #ofClients: OfClients

  constructor(
    logger: Logger,
    clock: Pick<Clock, 'monotonic'>,
    said = new Map<string, Said>(),
    ofClients: OfClients = { since: clock.monotonic(), said: new Set(), more: new Map() },
  ) {
    this.#logger = logger
    this.#clock = clock
    this.#said = said
    this.#ofClients = ofClients
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
    this.#spare(event, fields, (all) => this.#logger.warn(event, all))
  }

  info(event: string, fields?: Fields): void {
    this.#spare(event, fields, (all) => this.#logger.info(event, all))
  }

  #spare(event: string, fields: Fields | undefined, tell: (fields?: Fields) => void): void {
    if (fields?.address === undefined || fields.code === undefined) {
      tell(fields)
      return
    }
    const [clients, now] = [this.#ofClients, this.#clock.monotonic()]
    if (now - clients.since >= AGAIN_MS) {
      clients.since = now
      clients.said.clear()
    }
    const key = `${event} ${fields.address} ${fields.code}`
    const more = clients.more.get(event) ?? 0
    if (clients.said.has(key) || clients.said.size >= CLIENT_LINES) {
      clients.more.set(event, more + 1)
      return
    }
    clients.said.add(key)
    clients.more.delete(event)
    tell(more === 0 ? fields : { ...fields, more })
  }

  debug(event: string, fields?: Fields): void {
    this.#logger.debug(event, fields)
  }

  with(fields: Fields): Logger {
    return new SparingLog(this.#logger.with(fields), this.#clock, this.#said, this.#ofClients)
  }
}
