import type { EntityKey } from '../core/ids.ts'
import type { RedisLink } from '../redis/link.ts'
import { PARTITIONS } from '../redis/names.ts'
import type { ScriptReply } from '../redis/scripts.ts'

/** An entity whose stream holds entries. */
export interface Dirty {
  readonly entity: EntityKey
  /** The end of its log, to be compared; '' when nothing is known of it. */
  readonly head: string
}

/** The dirty sets of all partitions, which the scripts of the log keep. [J1] */
export class DirtySets {
  readonly #link: RedisLink

  constructor(link: RedisLink) {
    this.#link = link
  }

  get partitions(): number {
    return PARTITIONS
  }

  /**
   * What has not been looked at for a while, and counts as looked at by this.
   *
   * @param afterMs By the clock of Redis.
   * @throws {TributaryError} `storage`.
   */
  async due(partition: number, afterMs: number, most: number): Promise<readonly Dirty[]> {
    const { names } = this.#link
    const reply = await this.#link.run('due', [names.dirty(partition)], [afterMs, most])
    const entities = (reply as readonly Buffer[]).map((entity) => entity.toString() as EntityKey)
    if (entities.length === 0) return []
    const metas = await this.#link.call('MGET', ...entities.map((one) => names.keys(one).meta))
    return (metas as readonly ScriptReply[]).map((meta, i) => ({
      entity: entities[i] as EntityKey,
      head: meta === null ? '' : headIn(meta as Buffer),
    }))
  }
}

/** Format, epoch, offset and check; what follows says where the log begins. */
const headIn = (meta: Buffer): string => meta.toString('latin1').split(' ', 4).join(' ')
