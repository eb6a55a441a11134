import type { Cancel, Clock } from '../core/clock.ts'
import { TributaryError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { fetchText } from './fetch-text.ts'
import type { Unverified } from './header.ts'
import { KeySet, readKeySet } from './key-set.ts'
import type { KeySource } from './key-source.ts'
import type { SigningKey } from './signing-key.ts'

export interface KeyEndpointOptions {
  /** Of the configuration, never of a token. */
  readonly url: URL
  readonly clock: Clock
  readonly logger: Logger
}

const EVERY_MS = 600_000
/** After a failure, and for a name that no key has: strangers name what they like. */
const AGAIN_MS = 30_000
const LIMIT_MS = 5_000
const MAX_BYTES = 256 * 1024

/**
 * The keys of an endpoint, cached. Who asks for a key that is here never waits.
 *
 * One fetch at a time: at the start, every 10 minutes, 30 s after one that failed, and when no key
 * is there for a token, then at most every 30 s; whoever lacks a key waits for the one under way.
 * A fetch that fails changes nothing: the keys of the last good one go on for as long as it takes.
 * Then a token without a key is `not-available`, since its key may be one that we do not know yet.
 */
export class KeyEndpoint implements KeySource {
  readonly #url: URL
  readonly #clock: Clock
  readonly #logger: Logger
  /** In log lines: a query may hold what is nobody's business. */
  readonly #shown: string
  #set: KeySet | null = null
  /** Why the last fetch failed; `null` when it did not. */
  #trouble: string | null = null
  #fetching: Promise<void> | null = null
  #triedAt = Number.NEGATIVE_INFINITY
  #ignored = ''
  #closed = false
  #cancel: Cancel = () => {}
  #abort = new AbortController()

  constructor({ url, clock, logger }: KeyEndpointOptions) {
    this.#url = url
    this.#clock = clock
    this.#logger = logger
    this.#shown = `${url.origin}${url.pathname}`
    this.#fetch()
  }

  /** For everyone who can reach /readyz: address and cause are in the log lines only. */
  get warnings(): readonly string[] {
    if (this.#set === null) return ['there are no keys yet to verify tokens with']
    return this.#trouble === null ? [] : ['the keys cannot be fetched: the known ones go on']
  }

  async keysFor(token: Unverified): Promise<readonly SigningKey[]> {
    const known = this.#set?.candidates(token) ?? []
    if (known.length > 0) return known
    await this.#again()
    const fetched = this.#set?.candidates(token) ?? []
    if (fetched.length === 0 && (this.#set === null || this.#trouble !== null || this.#closed)) {
      throw new TributaryError('not-available', 'the keys to verify the token cannot be had now')
    }
    return fetched
  }

  close(): void {
    this.#closed = true
    this.#cancel()
    this.#abort.abort()
  }

  async #again(): Promise<void> {
    const isSoon = this.#clock.monotonic() - this.#triedAt < AGAIN_MS
    if (this.#fetching === null && !isSoon) this.#fetch()
    await this.#fetching
  }

  #fetch(): void {
    if (this.#closed) return
    this.#cancel()
    this.#triedAt = this.#clock.monotonic()
    this.#fetching = this.#load().then((trouble) => {
      this.#fetching = null
      if (this.#closed) return
      this.#settle(trouble)
      this.#cancel = this.#clock.after(trouble === null ? EVERY_MS : AGAIN_MS, () => this.#fetch())
    })
  }

  /** @returns What went wrong, or `null`. */
  async #load(): Promise<string | null> {
    const abort = new AbortController()
    this.#abort = abort
    const cancel = this.#clock.after(LIMIT_MS, () => abort.abort())
    try {
      const { signal } = abort
      const text = await fetchText(this.#url, { signal, maxBytes: MAX_BYTES })
      const { keys, ignored } = await readKeySet(parsed(text))
      this.#tell(ignored)
      if (keys.length === 0) throw new Error('it has no key that can be used')
      this.#set = new KeySet(keys)
      return null
    } catch (thrown) {
      return abort.signal.aborted ? `no answer in ${LIMIT_MS / 1_000} s` : whyOf(thrown)
    } finally {
      cancel()
    }
  }

  /** One line when an outage begins and one when it is over, however often it is tried between. */
  #settle(trouble: string | null): void {
    const before = this.#trouble
    this.#trouble = trouble
    const url = this.#shown
    if (trouble !== null && before === null) {
      this.#logger.warn('the keys cannot be fetched', { url, why: trouble })
    }
    if (trouble === null && before !== null) {
      this.#logger.info('the keys can be fetched again', { url })
    }
  }

  #tell(ignored: readonly string[]): void {
    const before = this.#ignored
    this.#ignored = ignored.join()
    if (ignored.length > 0 && this.#ignored !== before) {
      this.#logger.warn('keys ignored', { url: this.#shown, why: ignored.slice(0, 10) })
    }
  }
}

/** Of several addresses that all fail Node makes an error without a message. */
function whyOf(thrown: unknown): string {
  const { message, code } = thrown as { message?: string; code?: string }
  return message || code || 'it failed'
}

/** JSON.parse would quote what it cannot read. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('it sends no JSON')
  }
}
