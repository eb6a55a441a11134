import { type Aside, type KeptEdit, MOST_ASIDE, MOST_ASIDE_BYTES } from '../store.ts'
import { isBeyond, NOWHERE, type Stand, wiped } from './stand.ts'

interface Row {
  readonly id: number
  /** Who kept it. */
  readonly tab: string
  /** Whether it is a whole state, made by a compaction. */
  readonly state: boolean
  readonly edit: UnsentEdit | null
}

interface UnsentEdit {
  /** Who sends it. */
  readonly tab: string
  readonly madeAt: number
  /** Whether a state holds its content: then the row is here only to be sent. */
  readonly compacted: boolean
}

type AsideHead = Omit<Aside, 'update'>

/** What happens to what is kept of an entity. Replayed in order, changes make the same shelf again. */
export type Change =
  | ({ readonly is: 'row' } & Row)
  /** These are edits no more: the server has them, or they are set aside. */
  | { readonly is: 'settled'; readonly ids: readonly number[] }
  | { readonly is: 'stood'; readonly stand: Stand }
  /** A state has taken the place of these. */
  | { readonly is: 'compacted'; readonly ids: readonly number[] }
  | { readonly is: 'adopted'; readonly tab: string; readonly ids: readonly number[] }
  | { readonly is: 'aside'; readonly aside: AsideHead; readonly size: number }
  | { readonly is: 'forgotten'; readonly id: number }
  | { readonly is: 'wiped'; readonly next: number }

/**
 * What is kept of one entity, without a word on where the bytes lie: that is a `Body`. Memory and file
 * share it. Everything that changes it is a `Change`, so that a file can write it down first.
 */
export class Shelf<Body> {
  readonly #rows = new Map<number, { row: Row; body: Body }>()
  readonly #asides = new Map<number, { aside: AsideHead; size: number; body: Body }>()
  #stand: Stand = NOWHERE
  #next = 1

  /** The id of what is kept next. */
  get next(): number {
    return this.#next
  }

  get stand(): Stand {
    return this.#stand
  }

  /** Whether something lies behind the position. Edits are sent in any case, and do not count. */
  get beyond(): boolean {
    const landed = this.#list(({ edit }) => edit === null)
    return isBeyond(
      this.#stand,
      landed.map(({ row }) => row),
    )
  }

  /** The last id of its updates, 0 without any. */
  get last(): number {
    return Math.max(0, ...this.#rows.keys())
  }

  /** States first, each of which stands for itself, then the rest in order. */
  get bodies(): Body[] {
    const states = this.#list(({ state }) => state)
    const rest = this.#list(({ state, edit }) => !state && edit?.compacted !== true)
    return [...states, ...rest].map(({ body }) => body)
  }

  get asides(): { aside: AsideHead; body: Body }[] {
    return [...this.#asides.values()]
  }

  /** What a tab has to send. */
  edits(tab: string): { edit: Omit<KeptEdit, 'update'>; body: Body }[] {
    return [...this.#rows.values()].flatMap(({ row: { id, edit }, body }) =>
      edit?.tab === tab ? [{ edit: { id, madeAt: edit.madeAt }, body }] : [],
    )
  }

  /** The edits that none of these sends. */
  orphans(living: ReadonlySet<string>): number[] {
    return this.#ids(({ edit }) => edit !== null && !living.has(edit.tab))
  }

  /** What a state up to `id` takes the place of, made by a tab that knows those. */
  covered(id: number, knows: (row: { id: number; tab: string }) => boolean): number[] {
    return this.#ids((row) => row.id <= id && knows(row))
  }

  /** @param body Where the bytes lie of a row, or of what is put aside. */
  apply(change: Change, body?: Body): void {
    switch (change.is) {
      case 'row': {
        const { is, ...row } = change
        this.#rows.set(row.id, { row, body: body as Body })
        this.#next = Math.max(this.#next, row.id + 1)
        break
      }
      case 'settled':
        this.#change(change.ids, (edit) => (edit?.compacted === true ? 'remove' : null))
        break
      case 'compacted':
        this.#change(change.ids, (edit) => (edit ? { ...edit, compacted: true } : 'remove'))
        break
      case 'adopted':
        this.#change(change.ids, (edit) => edit && { ...edit, tab: change.tab })
        break
      case 'stood':
        this.#stand = change.stand
        break
      case 'aside':
        this.#asides.set(change.aside.id, { ...change, body: body as Body })
        this.#next = Math.max(this.#next, change.aside.id + 1)
        this.#bound()
        break
      case 'forgotten':
        this.#asides.delete(change.id)
        break
      case 'wiped':
        this.#rows.clear()
        this.#stand = wiped(this.#stand)
        this.#next = Math.max(this.#next, change.next)
    }
  }

  /** The shortest way here: what a file holds after it was rewritten. */
  *changes(): Iterable<[Change, Body?]> {
    yield [{ is: 'wiped', next: this.#next }]
    for (const { row, body } of this.#rows.values()) yield [{ is: 'row', ...row }, body]
    for (const { aside, size, body } of this.#asides.values()) {
      yield [{ is: 'aside', aside, size }, body]
    }
    yield [{ is: 'stood', stand: this.#stand }]
  }

  #list(of: (row: Row) => boolean): { row: Row; body: Body }[] {
    return [...this.#rows.values()].filter(({ row }) => of(row))
  }

  #ids(of: (row: Row) => boolean): number[] {
    return this.#list(of).map(({ row }) => row.id)
  }

  #change(
    ids: readonly number[],
    to: (edit: UnsentEdit | null) => UnsentEdit | null | 'remove',
  ): void {
    for (const id of ids) {
      const held = this.#rows.get(id)
      if (held === undefined) continue
      const edit = to(held.row.edit)
      if (edit === 'remove') this.#rows.delete(id)
      else this.#rows.set(id, { ...held, row: { ...held.row, edit } })
    }
  }

  #bound(): void {
    let bytes = 0
    for (const { size } of this.#asides.values()) bytes += size
    for (const [id, { size }] of this.#asides) {
      const within = this.#asides.size <= MOST_ASIDE && bytes <= MOST_ASIDE_BYTES
      if (within || this.#asides.size === 1) return
      this.#asides.delete(id)
      bytes -= size
    }
  }
}
