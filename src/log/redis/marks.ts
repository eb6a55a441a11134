import type { Random } from '../../core/clock.ts'
import { TributaryError } from '../../core/errors.ts'
import type { RedisLink } from '../../redis/link.ts'
import type { ScriptReply } from '../../redis/scripts.ts'

/** Of a partition of Redis: it lives as long as what is stored beside it. */
export interface Mark {
  /** Another one is another store, or one that was emptied. */
  readonly id: string
  /** ms since it was made, by the clock of Redis: nothing that is stored beside it is older. */
  readonly ageMs: number
}

const ID_LENGTH = 12
const AT_ONCE = 500

/**
 * The instance marks: one key for each partition, made by whoever finds none. A store that was
 * emptied has lost them with all else, which a node that holds nothing there could not tell from a
 * store where nothing has been written. [L65]
 */
export class RedisMarks {
  readonly #link: RedisLink
  readonly #random: Pick<Random, 'id'>
  readonly #known = new Map<number, string>()

  constructor(link: RedisLink, random: Pick<Random, 'id'>) {
    this.#link = link
    this.#random = random
  }

  /** @throws {TributaryError} `storage`, `damaged`. */
  async of(partition: number): Promise<Mark> {
    const name = this.#link.names.mark(partition)
    // By MGET what is no string is as if it were not there.
    const [found, now] = await Promise.all([this.#link.call('MGET', name), this.#now()])
    const [mine = null] = found as readonly ScriptReply[]
    const mark = mine === null ? await this.#mint(partition, now) : String(mine)
    // What is no mark of ours, or cannot be made, is young.
    const since = Number(/^\S+ (\d+)$/.exec(mark ?? '')?.[1] ?? now)
    return { id: mark ?? '', ageMs: Math.max(0, now - since) }
  }

  /**
   * Looks at those of some partitions.
   *
   * @returns whether one of them is not the one that was there the last time.
   * @throws {TributaryError} `storage`, `damaged`.
   */
  async haveChanged(partitions: readonly number[]): Promise<boolean> {
    let changed = false
    for (let i = 0; i < partitions.length; i += AT_ONCE) {
      const some = partitions.slice(i, i + AT_ONCE)
      for (const [j, mark] of (await this.#ofAll(some)).entries()) {
        const partition = some[j] as number
        const known = this.#known.get(partition)
        changed ||= known !== undefined && known !== mark
        if (mark === null) this.#known.delete(partition)
        else this.#known.set(partition, mark)
      }
    }
    return changed
  }

  async #ofAll(partitions: readonly number[]): Promise<readonly (string | null)[]> {
    const names = partitions.map((partition) => this.#link.names.mark(partition))
    const found = (await this.#link.call('MGET', ...names)) as readonly ScriptReply[]
    const now = found.includes(null) ? await this.#now() : 0
    return await Promise.all(
      found.map((mark, i) =>
        mark === null ? this.#mint(partitions[i] as number, now) : String(mark),
      ),
    )
  }

  /**
   * Of two nodes that find none at once the first one's counts. `null` when Redis takes nothing: it
   * may be full, and all else can still be looked at.
   */
  async #mint(partition: number, now: number): Promise<string | null> {
    const mark = `${this.#random.id(ID_LENGTH)} ${now}`
    const name = this.#link.names.mark(partition)
    try {
      const before = await this.#link.call('SET', name, mark, 'NX', 'GET')
      return before === null ? mark : String(before)
    } catch (error) {
      if (!(error instanceof TributaryError)) throw error
      if (error.code === 'storage') return null
      if (error.code !== 'damaged') throw error
      // Somebody has put something else there: that is not a mark, whatever it is.
      await this.#link.call('SET', name, mark)
      return mark
    }
  }

  /** ms since 1970, by the clock of Redis. */
  async #now(): Promise<number> {
    const [seconds, micros] = (await this.#link.call('TIME')) as readonly Buffer[]
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000)
  }
}
