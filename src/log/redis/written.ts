import { LRUCache } from 'lru-cache'
import type { EntityKey } from '../../core/ids.ts'
import type { Names } from '../../redis/names.ts'
import { Words } from '../../redis/words.ts'
import { TOLD_BYTES } from './news.ts'

/** Of each entity, and entities. One with all of its ids weighs less than 1 KB. */
const IDS = 64
const ENTITIES = 10_000

/** What this process remembers of an entity that it writes to. */
export class Written {
  /** Those of its log, as an append is given them. */
  readonly keys: Words
  /** Where all are told of it, and up to which size what is in the entry is told along. */
  readonly told: Words
  /** By hashes: where two ids share one, a script looks for what is not there, and nothing else. */
  readonly #sent: number[] = []
  #next = 0

  constructor(names: Names, entity: EntityKey) {
    const { meta, stream, tombstones, snapshots, dirty } = names.keys(entity)
    this.keys = new Words([meta, stream, tombstones, snapshots, dirty])
    this.told = new Words([names.channel(entity), TOLD_BYTES])
  }

  /**
   * An entry is about to be sent to Redis.
   *
   * @returns whether it was before: then it may be there, and its script has to look. Looking costs
   *   Redis 0.1 ms with 64 small entries; nearly all are spared it.
   */
  sends(id: string): boolean {
    const hash = hashOf(id)
    if (this.#sent.includes(hash)) return true
    this.#sent[this.#next] = hash
    this.#next = (this.#next + 1) % IDS
    return false
  }

  /** What was sent is in a log that was removed. */
  forget(): void {
    this.#sent.length = 0
    this.#next = 0
  }
}

/** The entities that were written to last. A process that starts again uses other ids. */
export class WrittenEntities {
  readonly #names: Names
  readonly #all = new LRUCache<EntityKey, Written>({ max: ENTITIES })

  constructor(names: Names) {
    this.#names = names
  }

  of(entity: EntityKey): Written {
    let written = this.#all.get(entity)
    if (written === undefined) {
      written = new Written(this.#names, entity)
      this.#all.set(entity, written)
    }
    return written
  }
}

/** FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash
}
