import type { EntityKey } from '../../core/ids.ts'
import { sealSetAside, unsealSetAside } from '../../record/set-aside-record.ts'
import type { RedisLink } from '../../redis/link.ts'
import type { ScriptReply } from '../../redis/scripts.ts'
import type { SetAside } from '../log.ts'
import { costAside } from '../set-aside.ts'

/** How many are fetched at once: one may be 32 MB. */
const AT_ONCE = 4

/** What was set aside in Redis, by all nodes, in one stream of its own. [L14] */
export class RedisAside {
  readonly #link: RedisLink
  readonly #bound: number

  /** @param bound Bytes that all of it may count. */
  constructor(link: RedisLink, bound: number) {
    this.#link = link
    this.#bound = bound
  }

  /** @throws {TributaryError} `storage`. */
  async keep({ entity, time, why, bytes }: SetAside): Promise<void> {
    const { stream, sum } = this.#link.names.aside
    const record = sealSetAside({ time, why, bytes })
    const args = [entity, record, costAside(bytes), this.#bound]
    await this.#link.run('set-aside', [stream, sum], args)
  }

  /** The oldest first. One that cannot be read is passed over: it stays where it is. */
  async *list(): AsyncGenerator<SetAside> {
    const { stream } = this.#link.names.aside
    for (let from = '-'; ; ) {
      const rows = await this.#link.call('XRANGE', stream, from, '+', 'COUNT', AT_ONCE)
      for (const row of rows as readonly ScriptReply[]) {
        const [id, fields] = row as readonly [Buffer, readonly Buffer[]]
        from = `(${id}`
        const one = setAsideOf(fields)
        if (one !== null) yield one
      }
      if ((rows as readonly ScriptReply[]).length < AT_ONCE) return
    }
  }
}

function setAsideOf(fields: readonly Buffer[]): SetAside | null {
  const [, entity, , , , record] = fields
  if (entity === undefined || record === undefined) return null
  const content = unsealSetAside(record)
  return typeof content === 'string' ? null : { entity: entity.toString() as EntityKey, ...content }
}
