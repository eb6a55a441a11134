import { Redis } from 'ioredis'
import type { Random } from '../core/clock.ts'
import { TributaryError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { Channels } from './channels.ts'
import { refusalOf } from './checks.ts'
import { connectionOptions, retryAfter } from './connection-options.ts'
import { type Ask, type Facts, readInfo } from './facts.ts'
import { listenForFailovers } from './failovers.ts'
import { type Failure, failureOf, inWords, TAKES_NOTHING } from './failures.ts'
import { redisFault } from './faults.ts'
import { Names } from './names.ts'
import { OneWrite } from './one-write.ts'
import type { RedisPlace } from './place.ts'
import { type Messages, publishAll } from './publish-all.ts'
import { closedAtOnce, isCut } from './remedies.ts'
import { type ScriptName, type ScriptReply, Scripts } from './scripts.ts'
import type { Argument, Call, Word } from './words.ts'

/**
 * ```
 * connecting ── both connections are there, Redis may be ours, scripts loaded, channels joined ──► ready
 *     ▲ └────────────────────── close() ──► closed ◄── close() ─────────────────────────────────┘ │
 *     └───────────────── either connection is lost, or Redis may not be ours any more ────────────┘
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
  /** Looks at the Redis before it is used; what it throws keeps the link from being ready. */
  readonly examine?: (ask: Ask) => Promise<void>
  /** Told of each call that failed. */
  readonly onFailure?: (failure: Failure) => void
}

/** What writes, whatever is there: when it goes through Redis takes something again. */
const WRITES: ReadonlySet<ScriptName> = new Set(['append', 'commit', 'remove', 'set-aside'])

type Which = 'commands' | 'subscriber'

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
  readonly #options: LinkOptions
  readonly #commands: Redis
  readonly #oneWrite: OneWrite
  readonly #subscriber: Redis
  /** Ends the listening for failovers. */
  readonly #deaf: () => void
  readonly #scripts = new Scripts()
  readonly #listeners = new Set<(state: LinkState) => void>()
  #state: LinkState = { is: 'connecting', error: null }
  /** Reasons of the outage that is under way. */
  readonly #told = new Set<string>()
  /** The last thing that befell a connection since it was there. */
  readonly #latest: Record<Which, unknown> = { commands: null, subscriber: null }
  /** It was ready once: whatever is there is a Redis of ours. */
  #hasStood = false
  #prepared = { commands: false, subscriber: false }
  /** Tries since the link was ready: one that connects and is of no use counts too. */
  #tries = { commands: 0, subscriber: 0 }
  /** Why Redis takes nothing, although it answers. */
  #refusing: Error | null = null

  /** Begins to connect. @throws {TributaryError} `bad-request` for a prefix that cannot be one. */
  constructor(options: LinkOptions) {
    const { place, prefix = 'tributary:' } = options
    this.names = new Names(prefix, place.database)
    this.#options = options
    this.#commands = this.#connection('commands')
    this.#oneWrite = new OneWrite(this.#commands)
    this.#subscriber = this.#connection('subscriber')
    this.channels = new Channels(this.#subscriber)
    this.#deaf = listenForFailovers(place, () => this.#beginAnew())
    this.#prepare('commands', this.#commands, async () => {
      await this.#select()
      await options.examine?.(this.#ask)
      await this.#scripts.load(this.#commands)
    })
    this.#prepare('subscriber', this.#subscriber, async () => {
      if (options.place.sentinels !== undefined) await this.#refuseReplica()
      await this.channels.rejoin()
    })
  }

  get state(): LinkState {
    return this.#state
  }

  /** Why nothing can be written now, in one line for people; `null` when it can. */
  get trouble(): string | null {
    if (this.#state.is === 'ready') return this.#refusing === null ? null : inWords(this.#refusing)
    const error = this.#state.is === 'connecting' ? this.#state.error : null
    return error === null ? 'Redis is not connected' : reasonOf(error)
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
    keys: Call['keys'],
    args: readonly Argument[],
  ): Promise<ScriptReply> {
    try {
      this.#beforeSaying()
      const reply = await this.#scripts.run(this.#commands, script, keys, args)
      if (WRITES.has(script)) this.#refusing = null
      return reply
    } catch (error) {
      throw this.#failed(error)
    }
  }

  /** One command; texts in its reply are `Buffer`s. @throws {TributaryError} as `run`. */
  async call(name: string, ...args: Word[]): Promise<ScriptReply> {
    try {
      this.#beforeSaying()
      return await this.#ask(name, ...args)
    } catch (error) {
      throw this.#failed(error)
    }
  }

  /** As `readInfo`; that we may not ask is no failure. @throws {TributaryError} as `run`. */
  async info(...sections: string[]): Promise<Facts['info']> {
    try {
      this.#beforeSaying()
      return await readInfo(this.#ask, ...sections)
    } catch (error) {
      throw this.#failed(error)
    }
  }

  /**
   * Publishes all of them in one write, in this order. Never rejects.
   *
   * @returns how many Redis has taken. Of those whose answer was lost that is not known.
   */
  async publish(messages: Messages): Promise<number> {
    if (!this.#prepared.commands) return 0
    return await publishAll(this.#commands, messages)
  }

  /** Its subscriptions bring nothing any more, although it stands: it is made anew. */
  renewSubscriber(): void {
    if (this.#prepared.subscriber) this.#giveUp('subscriber', this.#subscriber, new Error(DEAF))
  }

  /** Looks at the Redis again. When it may not be ours any more, or does not answer, begins anew. */
  async examine(): Promise<void> {
    if (this.#state.is !== 'ready') return
    try {
      await this.#options.examine?.(this.#ask)
    } catch (error) {
      if (this.#prepared.commands) this.#giveUp('commands', this.#commands, error)
    }
  }

  /** Writes next to nothing: whether Redis takes it is in `trouble` then. Never throws. */
  async tryWriting(): Promise<void> {
    if (this.#state.is !== 'ready') return
    try {
      await this.call('SET', this.names.trial, '', 'PX', TRIAL_MS)
      this.#refusing = null
    } catch {}
  }

  /** What is under way fails. Resolves when both connections are gone. Idempotent. */
  async close(): Promise<void> {
    if (this.#state.is === 'closed') return
    this.#set({ is: 'closed' })
    this.#deaf()
    await Promise.all([this.#commands, this.#subscriber].map(ended))
  }

  #connection(which: Which): Redis {
    const { place, random } = this.#options
    return new Redis({
      ...connectionOptions(place, random),
      // Its own count begins anew with each connection, also with one that is of no use.
      retryStrategy: () => retryAfter(++this.#tries[which], random),
    })
  }

  readonly #ask = async (name: string, ...args: Word[]): Promise<ScriptReply> => {
    const given = args.map(asBuffer)
    return (await this.#commands.callBuffer(name, given)) as ScriptReply
  }

  /** A Redis that has not been looked at yet may be anybody's: it is told nothing. */
  #beforeSaying(): void {
    if (!this.#prepared.commands) throw new Error('there is no connection')
    this.#oneWrite.gather()
  }

  /** A Sentinel may have named a Redis that is no master any more. @throws as `examine`. */
  async #refuseReplica(): Promise<void> {
    const ask: Ask = (name, ...args) =>
      this.#subscriber.callBuffer(name, args) as Promise<ScriptReply>
    const info = await readInfo(ask, 'replication')
    const refusal = refusalOf({ info, config: null })
    if (refusal !== null) throw new TributaryError('not-available', refusal)
  }

  /** ioredis selects it too, and goes on with number 0 when Redis has no such database. */
  async #select(): Promise<void> {
    const { database } = this.#options.place
    if (database > 0) await this.#commands.select(database)
  }

  #failed(thrown: unknown): TributaryError {
    const fault = redisFault(thrown)
    if (fault.cause instanceof Error) {
      const failure = failureOf(fault.cause)
      this.#options.onFailure?.(failure)
      if (TAKES_NOTHING.has(failure)) this.#refusing = fault.cause
    }
    return fault
  }

  /** A connection that cannot be made ready is made anew: half a link would be silent. */
  #prepare(which: Which, redis: Redis, work: () => Promise<void>): void {
    redis.on('error', (error: Error) => {
      if (this.#state.is !== 'closed') this.#lost(which, error)
    })
    redis.on('close', () => {
      const { [which]: error } = this.#latest
      this.#lost(which, error ?? (this.#prepared[which] ? null : closedAtOnce()))
    })
    redis.on('ready', () => {
      this.#latest[which] = null
      work().then(
        () => this.#got(which),
        (error: unknown) => {
          // What befell a connection that is gone has been told.
          if (redis.status === 'ready') this.#giveUp(which, redis, error)
        },
      )
    })
    // One that is told to begin anew while it asks a Sentinel ends for good.
    redis.on('end', () => {
      if (this.#state.is !== 'closed') redis.connect().catch(() => {})
    })
    // It goes on trying; the errors come as events too.
    redis.connect().catch(() => {})
  }

  /** Another Redis is the master now: whatever is said on these connections is lost. */
  #beginAnew(): void {
    for (const redis of [this.#commands, this.#subscriber]) {
      if (redis.status === 'ready') redis.disconnect(true)
    }
  }

  #giveUp(which: Which, redis: Redis, error: unknown): void {
    this.#lost(which, error)
    redis.disconnect(true)
  }

  #got(which: Which): void {
    this.#prepared[which] = true
    const { commands, subscriber } = this.#prepared
    if (this.#state.is !== 'connecting' || !commands || !subscriber) return
    if (this.#told.size > 0) this.#options.logger.info('redis is there again')
    this.#told.clear()
    this.#hasStood = true
    this.#tries = { commands: 0, subscriber: 0 }
    this.#refusing = null
    this.#set({ is: 'ready' })
  }

  #lost(which: Which, thrown: unknown): void {
    this.#prepared[which] = false
    // That it was cut says nothing of one that never stood, and nothing new of an outage.
    const cause = isCut(thrown) && !this.#hasStood ? closedAtOnce() : thrown
    this.#latest[which] = cause
    const before = this.#state
    if (before.is === 'closed') return
    const error = cause === null ? null : redisFault(cause)
    const why = error === null ? '' : reasonOf(error)
    // Each reason is told once in an outage, however often it is tried again.
    const isNews = error !== null && !this.#told.has(why) && !(isCut(cause) && this.#told.size > 0)
    if (before.is === 'connecting' && !isNews) return
    if (isNews) {
      this.#told.add(why)
      this.#options.logger.warn('redis cannot be reached', { connection: which, why })
    }
    this.#set({ is: 'connecting', error })
  }

  #set(state: LinkState): void {
    this.#state = state
    for (const listener of this.#listeners) listener(state)
  }
}

/** ioredis knows bytes as `Buffer` only, and would write any other array as text. */
const asBuffer = (arg: Word): string | number | Buffer =>
  arg instanceof Uint8Array ? Buffer.from(arg.buffer, arg.byteOffset, arg.length) : arg

/** What was published did not come. */
const DEAF = 'its subscriptions bring nothing any more'

/** What was written to see whether anything can be. */
const TRIAL_MS = 60_000

const reasonOf = ({ cause, message }: TributaryError): string =>
  cause instanceof Error ? inWords(cause) : message

/** Between two tries there is no socket whose end could be waited for: ioredis says nothing then. */
const HAS_SOCKET = ['connecting', 'connect', 'ready']

async function ended(redis: Redis): Promise<void> {
  if (!HAS_SOCKET.includes(redis.status)) {
    redis.disconnect()
    return
  }
  const end = new Promise((resolve) => redis.once('end', resolve))
  redis.disconnect()
  // Who does not answer does not answer a farewell either.
  redis.stream?.destroy()
  await end
}
