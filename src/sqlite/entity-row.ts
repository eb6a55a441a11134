import type { Place } from '../core/branch.ts'
import { type Epoch, FIRST_CHECK } from '../core/position.ts'
import { sealJson, type Unreadable, unsealTwin } from '../record/record.ts'
import type { Connection } from './driver.ts'

/** What the row of an entity says: its history's name, and the place up to which it is trimmed. */
export interface EntityRecord {
  readonly epoch: Epoch
  readonly base: Place
}

export interface EntityRow extends EntityRecord {
  readonly no: number
}

interface Stored {
  readonly no: number
  readonly record: Uint8Array
  readonly twin: Uint8Array
}

/** The record of an entity that begins. */
export const beginning = (epoch: Epoch): Uint8Array =>
  sealJson({ epoch, base: { offset: 0, check: FIRST_CHECK } } satisfies EntityRecord)

/** Finds entities by key or by number, on one connection. */
export class EntityRows {
  readonly #byKey: (key: string) => Stored | undefined
  readonly #byNo: (no: number) => Stored | undefined

  constructor(db: Connection) {
    const byKey = db.prepare<[string], Stored>(
      'SELECT no, record, twin FROM entities WHERE key = ?',
    )
    const byNo = db.prepare<[number], Stored>(
      'SELECT no, record, twin FROM entities WHERE no = ? AND key IS NOT NULL',
    )
    this.#byKey = (key) => byKey.get(key)
    this.#byNo = (no) => byNo.get(no)
  }

  byKey(key: string): EntityRow | Unreadable | null {
    return rowOf(this.#byKey(key))
  }

  /** `null` when there is none, or its generation has been removed. */
  byNo(no: number): EntityRow | Unreadable | null {
    return rowOf(this.#byNo(no))
  }
}

function rowOf(stored: Stored | undefined): EntityRow | Unreadable | null {
  if (stored === undefined) return null
  const record = unsealTwin<EntityRecord>(stored.record, stored.twin)
  return typeof record === 'string' ? record : { no: stored.no, ...record }
}
