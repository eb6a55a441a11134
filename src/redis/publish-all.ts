import type { Redis } from 'ioredis'

export type Messages = readonly (readonly [channel: string, message: Buffer])[]

/**
 * One PUBLISH each, in this order, all in one write: that is what a socket is paid for. Alone, a
 * message needs no pipeline around it.
 *
 * @returns how many Redis has taken.
 */
export async function publishAll(redis: Redis, messages: Messages): Promise<number> {
  try {
    const [first] = messages
    if (first === undefined) return 0
    if (messages.length === 1) {
      await redis.publish(...first)
      return 1
    }
    const pipeline = redis.pipeline()
    for (const [channel, message] of messages) pipeline.publish(channel, message)
    const replies = (await pipeline.exec()) ?? []
    return replies.filter(([error]) => error === null).length
  } catch {
    // There is no connection. Whoever publishes counts what is lost.
    return 0
  }
}
