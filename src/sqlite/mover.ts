import type { Connection } from './connection.ts'
import { EntityRows } from './entity-row.ts'
import type { Journal } from './journal.ts'

/** Rows that one transaction files: about 1 ms in which the writer may have to wait. */
const FILED_AT_ONCE = 250
const DELETED_AT_ONCE = 2_000
/** Snapshot pieces deleted at once, of 256 KB each. */
const PIECES_AT_ONCE = 16
const ENTRIES_AT_ONCE = 500
/** Pages given back to the file system at once. */
const PAGES_AT_ONCE = 256
/** So many free pages are kept for what comes next (4 MB), and up to a quarter of the file. */
const PAGES_KEPT = 1_024

interface Plan {
  /** Rows behind it came later. */
  readonly upTo: number
  /** Entities that still have rows to file, the next one last. */
  readonly entities: number[]
  /** How many rows of the next one are done. */
  done: number
}

/**
 * What is done behind everybody's back, a slice at a time, so that neither readers nor the writer
 * wait: filing the journal, deleting what was dropped, giving pages back.
 *
 * Filing copies first and deletes afterwards. After a crash in between entries are found in both
 * places, which readers do not notice, and are copied once more.
 */
export class Mover {
  readonly #db: Connection
  readonly #journal: Journal
  readonly #entities: EntityRows
  readonly #sql: ReturnType<typeof statements>
  #plan: Plan | null = null

  constructor(db: Connection, journal: Journal) {
    this.#db = db
    this.#journal = journal
    this.#entities = new EntityRows(db)
    this.#sql = statements(db)
    // Nobody writes on them any more.
    this.#sql.dropUnfinished.run()
  }

  /** @returns whether there is more. */
  slice(): boolean {
    return this.#file() || this.#dropSnapshot() || this.#dropEntity() || this.#giveBack()
  }

  #file(): boolean {
    if (this.#plan === null && this.#journal.isLong) {
      // By number: neighbours share pages.
      const entities = this.#journal.entities.sort((a, b) => b - a)
      this.#plan = { upTo: this.#journal.startFiling(), entities, done: 0 }
    }
    const plan = this.#plan
    if (plan === null) return false
    if (plan.entities.length > 0) this.#copy(plan)
    else if (!this.#deleteFiled(plan.upTo)) this.#plan = null
    return true
  }

  #copy(plan: Plan): void {
    let room = FILED_AT_ONCE
    const copy = this.#db.transaction(() => {
      const entities = [...plan.entities]
      let done = plan.done
      while (room > 0 && entities.length > 0) {
        done = this.#copyEntity(entities.at(-1) as number, done, plan.upTo, () => room-- > 0)
        if (room <= 0) break
        entities.pop()
        done = 0
      }
      return { entities, done }
    })
    …
  }
}
