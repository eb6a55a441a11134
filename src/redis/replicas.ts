import { Redis } from 'ioredis'
import type { Random } from '../core/clock.ts'
import { connectionOptions } from './connection-options.ts'
import type { RedisPlace } from './place.ts'

export interface ReplicasOptions {
  readonly place: RedisPlace
  readonly random: Pick<Random, 'next'>
  /** A channel that nobody has to listen to. */
  readonly channel: string
  /** How many are waited for. */
  readonly wanted: number
  /** For how long, in ms. */
  readonly wait: number
}

/**
 * Finds out how many replicas have what was written, by WAIT.
 *
 * WAIT blocks its connection, so this one has its own; and it answers for what its own connection
 * wrote, so that before it one message is published, which replicas are sent like any write. They
 * have what came before it when they have it. One round is for all who ask: whoever comes while it
 * is under way is answered by the next one, since the message of this one may be older.
 */
export class Replicas {
  readonly #redis: Redis
  readonly #options: ReplicasOptions
  #round: Promise<number> | null = null
  #next: Promise<number> | null = null
  /** `null` before the first round. */
  #answered: number | null = null

  /** Begins to connect. */
  constructor(options: ReplicasOptions) {
    this.#options = options
    this.#redis = new Redis({
      ...connectionOptions(options.place, options.random),
      // An answer to WAIT is not late before its own time is over.
      commandTimeout: options.wait + 5_000,
      socketTimeout: options.wait + 6_000,
    })
    this.#redis.on('error', () => {})
    this.#redis.connect().catch(() => {})
  }

  /** How many have answered the last round; 0 before any. */
  get answered(): number {
    return this.#answered ?? 0
  }

  /** How many these were, when they were fewer than wanted; `null` when they were enough. */
  get lastShort(): number | null {
    const answered = this.#answered
    return answered !== null && answered < this.#options.wanted ? answered : null
  }

  /** Resolves to how many have everything that was written before the call. Never rejects. */
  confirm(): Promise<number> {
    if (this.#round === null) return this.#begin()
    this.#next ??= this.#round.then(() => this.#begin())
    return this.#next
  }

  /** What is written goes to another Redis now, or to the same by another way: so does this. */
  renew(): void {
    if (this.#redis.status === 'ready') this.#redis.disconnect(true)
  }

  close(): void {
    this.#redis.disconnect()
  }

  #begin(): Promise<number> {
    this.#next = null
    this.#round = this.#ask().then((answered) => {
      this.#answered = answered
      this.#round = null
      return answered
    })
    return this.#round
  }

  async #ask(): Promise<number> {
    const { channel, wanted, wait } = this.#options
    try {
      const published = this.#redis.publish(channel, '')
      const answered = this.#redis.wait(wanted, wait)
      // Both at once: without the connection both fail, and one that nobody awaits ends the node.
      return (await Promise.all([answered, published]))[0]
    } catch {
      // It may be with a master that is none any more.
      this.renew()
      return 0
    }
  }
}
