import * as Y from 'yjs'

/** Where edits lie on this device: several of them may be one row. */
export interface Row {
  /** `null` until it is kept. */
  id: number | null
  state: 'keeping' | 'kept' | 'not-kept'
  /** How many edits in the outbox are in it. */
  edits: number
}

/** What was written here and is not acknowledged: one edit, or some that were put together. */
export interface Edit {
  update: Uint8Array
  /** The numbers of the first of them, and of the last. */
  readonly first: number
  readonly last: number
  /** Of the oldest, by `Date.now()`. */
  readonly madeAt: number
  rows: readonly Row[]
  /** Under which it is on the wire; 0 when it never was on any, `LOST` when that one is gone. */
  batch: number
}

/** It goes again as it was: what the server has said of it, and nobody heard, is said once more. */
const LOST = -1
/** Above it an edit stays alone: if it cannot be taken, no other goes with it. */
const LONE_BYTES = 64 * 1024
/** So many small edits that wait for the link are put together. */
const MOST_WAITING = 128

/**
 * The way up. An edit is in here from when it is made until it is acknowledged, set aside, or given up;
 * it is `unsent` until it is given a batch, and again when the link it went by is gone.
 */
export class Outbox {
  #edits: Edit[] = []
  #written = 0
  #batch = 0

  /** Edits, those that were put together counted one by one. */
  get pending(): number {
    return this.#edits.reduce((sum, { first, last }) => sum + last - first + 1, 0)
  }

  /** How many there have ever been: the number of the last. */
  get written(): number {
    return this.#written
  }

  /** By `Date.now()`; `Infinity` when nothing waits. */
  get oldest(): number {
    return Math.min(...this.#edits.map((edit) => edit.madeAt))
  }

  get allKept(): boolean {
    return this.#edits.every(({ rows }) => rows.every(({ state }) => state === 'kept'))
  }

  /** Whether any edit up to that number still waits. */
  waitsFor(number: number): boolean {
    return this.#edits.some(({ first }) => first <= number)
  }

  add(update: Uint8Array, madeAt: number, row: Row): void {
    const number = ++this.#written
    row.edits++
    this.#edits.push({ update, first: number, last: number, madeAt, rows: [row], batch: 0 })
    const small = (edit: Edit) => edit.batch === 0 && edit.update.length < LONE_BYTES / 2
    if (this.#edits.length > MOST_WAITING && this.#edits.filter(small).length > MOST_WAITING) {
      this.#putTogether()
    }
  }

  /** Nothing lies anywhere any more. @param here Says where it will. */
  moved(here: (update: Uint8Array) => Row): void {
    for (const { rows } of this.#edits) for (const row of rows) row.edits = 0
    for (const edit of this.#edits) {
      edit.rows = [here(edit.update)]
      for (const row of edit.rows) row.edits++
    }
  }

  nextBatch(): number {
    return ++this.#batch
  }

  /** The link is another one: nothing is on its wire. */
  reset(): void {
    for (const edit of this.#edits) if (edit.batch > 0) edit.batch = LOST
    this.#putTogether()
  }

  /**
   * Of what is larger than that only what the server lacks is to go. Takes out what is too large even so.
   */
  tooLarge(bytes: number, serverHas: Uint8Array): readonly Edit[] {
    const isTooLarge = ({ update }: Edit) => update.length > bytes
    for (const edit of this.#edits.filter(isTooLarge)) {
      edit.update = Y.diffUpdate(edit.update, serverHas)
    }
    return this.#take(isTooLarge)
  }

  /** Gives what is unsent a batch each, in order, and says it. */
  send(say: (update: Uint8Array, batch: number) => boolean): void {
    for (const edit of this.#edits) {
      if (edit.batch > 0) continue
      const batch = this.nextBatch()
      if (!say(edit.update, batch)) break
      edit.batch = batch
    }
  }

  /** Takes out what an acknowledgement up to this batch is about. */
  acknowledged(batch: number): readonly Edit[] {
    return this.#take((edit) => edit.batch > 0 && edit.batch <= batch)
  }

  /** Takes out what went under just this batch. */
  refused(batch: number): readonly Edit[] {
    return this.#take((edit) => edit.batch === batch)
  }

  /** What went under this batch is to be sent once more. */
  unsend(batch: number): void {
    for (const edit of this.#edits) if (edit.batch === batch) edit.batch = LOST
  }

  /** What is on the wire stays: it is acknowledged or refused by its number. */
  takeUnsent(): readonly Edit[] {
    return this.#take(({ batch }) => batch <= 0)
  }

  #take(out: (edit: Edit) => boolean): readonly Edit[] {
    const taken = this.#edits.filter(out)
    this.#edits = this.#edits.filter((edit) => !out(edit))
    for (const { rows } of taken) for (const row of rows) row.edits--
    return taken
  }

  /** Neighbours that never were on a wire become one, as long as that is small. */
  #putTogether(): void {
    const groups: Edit[][] = []
    let bytes = 0
    for (const edit of this.#edits) {
      const group = groups.at(-1)
      bytes += edit.update.length
      if (group !== undefined && edit.batch === 0 && group[0]?.batch === 0 && bytes <= LONE_BYTES) {
        group.push(edit)
      } else {
        groups.push([edit])
        bytes = edit.update.length
      }
    }
    this.#edits = groups.map(merged)
  }
}

/** A row that several of them share counts once from then on. */
function merged(group: readonly Edit[]): Edit {
  const [first, ...others] = group as [Edit, ...Edit[]]
  const last = others.at(-1)
  if (last === undefined) return first
  const all = group.flatMap(({ rows }) => rows)
  const rows = [...new Set(all)]
  for (const row of all) row.edits--
  for (const row of rows) row.edits++
  return {
    update: Y.mergeUpdates(group.map(({ update }) => update)),
    first: first.first,
    last: last.last,
    madeAt: Math.min(...group.map(({ madeAt }) => madeAt)),
    rows,
    batch: 0,
  }
}
