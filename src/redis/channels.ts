import type { Redis } from 'ioredis'

/** Told what is published on a channel, in the order in which Redis published it. */
export type ChannelListener = (message: Buffer) => void

/** Channels of one SUBSCRIBE: 2 ms of Redis. 50,000 in one would hold up everybody else for 0.2 s. */
const AT_ONCE = 500

interface Channel {
  readonly listeners: Set<ChannelListener>
  /** Settles when Redis has confirmed. */
  joined: Promise<unknown>
}

/**
 * All subscriptions of a node on one connection, one Redis channel for as many listeners as want it.
 *
 * After a reconnection everything is subscribed again and confirmed before the link is ready: what was
 * published meanwhile is gone, and whoever listens has to look for itself when it is.
 */
export class Channels {
  readonly #redis: Redis
  readonly #channels = new Map<string, Channel>()
  #heard = 0

  constructor(redis: Redis) {
    this.#redis = redis
    redis.on('messageBuffer', (channel: Buffer, message: Buffer) => {
      this.#heard++
      const listeners = this.#channels.get(channel.toString())?.listeners
      if (listeners !== undefined) for (const listener of listeners) listener(message)
    })
  }

  /** Messages that have come since the start, on whatever channel. */
  get heard(): number {
    return this.#heard
  }

  /** How many channels somebody listens to. */
  get size(): number {
    return this.#channels.size
  }

  /**
   * Resolves when Redis has confirmed it: whatever is published from then on comes.
   *
   * @throws what ioredis throws; nothing is listened to then.
   */
  async listen(name: string, listener: ChannelListener): Promise<() => void> {
    let channel = this.#channels.get(name)
    if (channel === undefined) {
      channel = { listeners: new Set(), joined: this.#redis.subscribe(name) }
      this.#channels.set(name, channel)
    }
    channel.listeners.add(listener)
    const leave = () => this.#leave(name, channel, listener)
    try {
      await channel.joined
    } catch (error) {
      leave()
      throw error
    }
    return leave
  }

  /**
   * The link's, when the connection is there (again).
   *
   * @throws what ioredis throws: the connection is of no use then.
   */
  async rejoin(): Promise<void> {
    const names = [...this.#channels.keys()]
    for (let i = 0; i < names.length; i += AT_ONCE) {
      // Who has left meanwhile is not joined again.
      const some = names.slice(i, i + AT_ONCE).filter((name) => this.#channels.has(name))
      if (some.length > 0) await this.#redis.subscribe(...some)
    }
  }

  #leave(name: string, channel: Channel, listener: ChannelListener): void {
    channel.listeners.delete(listener)
    if (channel.listeners.size > 0 || this.#channels.get(name) !== channel) return
    this.#channels.delete(name)
    // On a connection that is gone there is nothing to leave.
    this.#redis.unsubscribe(name).catch(() => {})
  }
}
