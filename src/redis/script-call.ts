import { Command } from 'ioredis'
import { type Call, encoded } from './words.ts'

/**
 * EVALSHA or EVAL, put together in one piece.
 *
 * ioredis makes a text or a buffer of each word, and joins them; an append has 16 words, and that was
 * 9 % of a busy node's CPU and 15 % of its garbage. Those that are the same each time are there as
 * `Words`.
 *
 * @example redis.sendCommand(new ScriptCall({ name: 'evalsha', script: sha, keys: ['key'], args: [] }))
 */
export class ScriptCall extends Command {
  readonly #bytes: Buffer

  constructor(call: Call) {
    super(call.name, [], { replyEncoding: null })
    this.#bytes = encoded(call)
  }

  override toWritable(): Buffer {
    return this.#bytes
  }
}
