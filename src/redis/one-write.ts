import type { Redis } from 'ioredis'

/**
 * What is said to Redis within one turn of the event loop goes out as one write: ioredis makes one
 * of each command, and a write wakes Redis up, which costs both sides more than the bytes do.
 */
export class OneWrite {
  readonly #redis: Redis
  /** The socket that holds back what it is given, until the turn ends. */
  #corked: Redis['stream'] | null = null

  constructor(redis: Redis) {
    this.#redis = redis
  }

  /** Before a command: it goes out at the end of this turn, with all others. */
  gather(): void {
    const { stream } = this.#redis
    if (this.#corked === stream) return
    this.#corked = stream
    stream.cork()
    setImmediate(() => {
      if (this.#corked === stream) this.#corked = null
      stream.uncork()
    })
  }
}
