import { Redis } from 'ioredis'
import type { Random } from '../core/clock.ts'
import { TributaryError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { Channels } from './channels.ts'
import { connectionOptions } from './connection-options.ts'
import { redisFault } from './faults.ts'
import { Names } from './names.ts'
import type { RedisPlace } from './place.ts'
import { type Messages, publishAll } from './publish-all.ts'
import { type ScriptName, type ScriptReply, Scripts } from './scripts.ts'

/**
 * ```
 * connecting ── both connections are there, scripts loaded, channels joined ──► ready
 *     ▲ └────────────────────── close() ──► closed ◄── close() ─────────────────┘ │
 *     └─────────────────────── either connection is lost ─────────────────────────┘
 * ```
 */
export type LinkState =
  | { readonly is: 'connecting'; readonly error: TributaryError | null }
  | { readonly is: 'ready' }
  | { readonly is: 'closed' }

export interface LinkOptions {
  readonly place: RedisPlace
  /** In front of every key and channel; `tributary:` unless said otherwise. */
  readonly prefix?: string
  readonly random: Pick<Random, 'next'>
  readonly logger: Logger
}

/**
 * The way to one Redis: a connection for commands and one for subscriptions, which come back by
 * themselves for as long as the link is not closed. A command that finds no connection fails at once.
 *
 * @example
 * const link = new RedisLink({ place: readRedisUrl('redis://127.0.0.1:6379'), random, logger })
 * await link.whenReady()
 */
export class RedisLink {
  readonly names: Names
  readonly channels: Channels
  readonly #commands: Redis
  readonly #subscriber: Redis
  readonly #scripts = new Scripts()
  readonly #logger: Logger
  readonly #listeners = new Set<(state: LinkState) => void>()
  #state: LinkState = { is: 'connecting', error: null }
  /** Reasons of the outage that is under way. */
  readonly #told = new Set<string>()
  #prepared = { commands: false, subscriber: false }

  /** Begins to connect. @throws {TributaryError} `bad-request` for a prefix that cannot be one. */
  constructor({ place, prefix = 'tributary:', random, logger }: LinkOptions) {
    this.names = new Names(prefix, place.database)
    this.#logger = logger
    this.#commands = new Redis(connectionOptions(place, random))
    this.#subscriber = new Redis(connectionOptions(place, random))
    this.channels = new Channels(this.#subscriber)
    this.#prepare('commands', this.#commands, () => this.#scripts.load(this.#commands))
    this.#prepare('subscriber', this.#subscriber, () => this.channels.rejoin())
  }

  get state(): LinkState {
    return this.#state
  }

  /** Calls `fn` at every change of the state. @returns what ends that. */
  onState(fn: (state: LinkState) => void): () => void {
    this.#listeners.add(fn)
    return () => this.#listeners.delete(fn)
  }

  /** @throws {TributaryError} `draining` when the link is closed first. */
  whenReady(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (state: LinkState) => {
        if (state.is === 'connecting') return
        stop()
        if (state.is === 'ready') resolve()
        else reject(new TributaryError('draining', 'the link to Redis is closed'))
      }
      const stop = this.onState(settle)
      settle(this.#state)
    })
  }

  /** @throws {TributaryError} `storage`, with an outcome that is not known; `damaged`; `internal`. */
  async run(
    script: ScriptName,
    keys: readonly string[],
    args: readonly (string | number | Uint8Array)[],
  ): Promise<ScriptReply> {
    try {
      return await this.#scripts.run(this.#commands, script, keys, args)
    } catch (error) {
      throw redisFault(error)
    }
  }

  /** One command; texts in its reply are `Buffer`s. @throws {TributaryError} as `run`. */
  async call(name: string, ...args: (string | number | Uint8Array)[]): Promise<ScriptReply> {
    try {
      const given = args.map((arg) => (arg instanceof Uint8Array ? Buffer.from(arg) : arg))
      return (await this.#commands.callBuffer(name, given)) as ScriptReply
    } catch (error) {
      throw redisFault(error)
    }
  }

  /**
   * Publishes all of them in one write, in this order. Never rejects.
   *
   * @returns how many Redis has taken. Of those whose answer was lost that is not known.
   */
  publish(messages: Messages): Promise<number> {
    return publishAll(this.#commands, messages)
  }

  /** What is under way fails. Resolves when both connections are gone. Idempotent. */
  async close(): Promise<void> {
    if (this.#state.is === 'closed') return
    this.#set({ is: 'closed' })
    await Promise.all([this.#commands, this.#subscriber].map(ended))
  }

  /** A connection that cannot be made ready is made anew: half a link would be silent. */
  #prepare(name: 'commands' | 'subscriber', redis: Redis, work: () => Promise<void>): void {
    let latest: Error | null = null
    redis.on('error', (error: Error) => {
      latest = error
      if (this.#state.is !== 'closed') this.#lost(name, error)
    })
    redis.on('close', () => this.#lost(name, latest))
    redis.on('ready', () => {
      latest = null
      work().then(
        () => this.#got(name),
        (error: unknown) => {
          this.#lost(name, error)
          redis.disconnect(true)
        },
      )
    })
    // It goes on trying; the errors come as events too.
    redis.connect().catch(() => {})
  }

  #got(name: 'commands' | 'subscriber'): void {
    this.#prepared[name] = true
    const { commands, subscriber } = this.#prepared
    if (this.#state.is !== 'connecting' || !commands || !subscriber) return
    this.#told.clear()
    this.#set({ is: 'ready' })
  }

  #lost(name: 'commands' | 'subscriber', cause: unknown): void {
    this.#prepared[name] = false
    const before = this.#state
    if (before.is === 'closed') return
    const error = cause === null ? null : redisFault(cause)
    // Each reason is told once in an outage, however often it is tried again.
    const isNews = error !== null && !this.#told.has(error.message)
    if (before.is === 'connecting' && !isNews) return
    if (isNews) {
      this.#told.add(error.message)
      this.#logger.warn('redis cannot be reached', { connection: name, error })
    }
    this.#set({ is: 'connecting', error })
  }

  #set(state: LinkState): void {
    this.#state = state
    for (const listener of this.#listeners) listener(state)
  }
}

/** Between two tries there is no socket whose end could be waited for: ioredis says nothing then. */
const HAS_SOCKET = ['connecting', 'connect', 'ready']

async function ended(redis: Redis): Promise<void> {
  if (!HAS_SOCKET.includes(redis.status)) {
    redis.disconnect()
    return
  }
  const end = new Promise((resolve) => redis.once('end', resolve))
  redis.disconnect()
  await end
}
