import type { EntityKey } from '../../../src/core/ids.ts'
import type { Position } from '../../../src/core/position.ts'
import type { Entry, LogRead } from '../../../src/log/log.ts'
import { key, type TestStore, textsOf } from '../store.ts'

export const A = key('a')
export const B = key('notes/ä %41 🌊')

/** The store of the test that runs. */
export class LogScene {
  store!: TestStore

  get log(): TestStore['log'] {
    return this.store.log
  }

  /** @throws {Error} where there is another history. */
  async read(after: Position, entity: EntityKey = A) {
    return entriesOf(await this.log.read(entity, after))
  }

  async texts(after: Position, entity: EntityKey = A): Promise<string[]> {
    return textsOf((await this.read(after, entity)).entries)
  }
}

function entriesOf(read: LogRead): Extract<LogRead, { is: 'entries' }> {
  if (read.is === 'reset') throw new Error('expected entries, got a reset')
  return read
}

/** Updates as plain bytes, whatever kind of array brought them. */
export const bare = (entries: readonly Entry[] | readonly object[]) =>
  entries.map((one) => ({ ...one, update: [...(one as Entry).update] }))
