import { uuidv4 } from 'lib0/random'
import type { Aside, EntityStore, Kept, KeptEdit } from '../store.ts'
import type { Change, Shelf } from './shelf.ts'
import { acknowledging, passing, standing } from './stand.ts'
import { StorageTrouble } from './trouble.ts'

/** Notes a change: it is written down, and the shelf has it from now on. */
export type Note = (change: Change, bytes?: Uint8Array) => void

/** Where a shelf stands, and who is at it. */
export interface Vault<Body> {
  /** All that are open here; nobody else is. */
  readonly handles: Set<ShelfStore<Body>>
  /**
   * One piece of work after the other.
   *
   * @returns what the work returned, when all that it noted is kept.
   */
  run<Result>(work: (shelf: Shelf<Body>, note: Note) => Result): Promise<Result>
  /** The same, and reads bytes while they still lie where the work has seen them. */
  fetch<Found, Result>(
    work: (shelf: Shelf<Body>, note: Note) => Found,
    read: (found: Found, bytesOf: (body: Body) => Promise<Uint8Array>) => Promise<Result>,
  ): Promise<Result>
  /** The last handle has been closed. */
  left(): Promise<void>
}

type Told = Parameters<EntityStore['onOther']>[0]

/** One handle on a shelf of this process: what a tab is in a browser. */
export class ShelfStore<Body> implements EntityStore {
  readonly #tab = uuidv4()
  readonly #vault: Vault<Body>
  readonly #told = new Set<Told>()
  readonly #gone = new Set<() => void>()
  /** What others kept since, and this one was told. */
  readonly #heard = new Set<number>()
  /** Adopted, and given to nobody yet: what was left could not be read. */
  readonly #untold = new Set<number>()
  #loaded = 0
  #clock = 0
  #kept = 0
  #hole = false
  #closing: Promise<void> | null = null

  constructor(vault: Vault<Body>) {
    this.#vault = vault
    vault.handles.add(this)
  }

  async load(): Promise<Kept> {
    this.#refuseClosed()
    return this.#vault.fetch(
      (shelf) => {
        this.#loaded = shelf.last
        this.#clock = shelf.stand.clock
        const { bodies, asides, stand, beyond, last } = shelf
        return { bodies, asides, rest: { position: stand.position, beyond, last } }
      },
      async ({ bodies, asides, rest }, bytesOf) => ({
        ...rest,
        updates: await Promise.all(bodies.map(bytesOf)),
        aside: await Promise.all(
          asides.map(async ({ aside, body }) => ({ ...aside, update: await bytesOf(body) })),
        ),
      }),
    )
  }

  async keep(update: Uint8Array, from: 'server' | 'here'): Promise<number> {
    const bytes = update.slice()
    const madeAt = Date.now()
    const edit = from === 'here' ? { tab: this.#tab, madeAt, compacted: false } : null
    try {
      const id = await this.#run((shelf, note) => {
        const id = shelf.next
        note({ is: 'row', id, tab: this.#tab, state: false, edit }, bytes)
        this.#kept = id
        return id
      })
      for (const other of this.#vault.handles) if (other !== this) other.#hear(id, bytes, from)
      return id
    } catch (error) {
      this.#hole = true
      throw error
    }
  }

  acknowledged(ids: readonly number[]): Promise<void> {
    return this.#run((shelf, note) => {
      note({ is: 'settled', ids })
      note({ is: 'stood', stand: acknowledging(shelf.stand, this.#tab) })
    })
  }

  standAt(position: string, beyond: boolean): Promise<void> {
    return this.#run((shelf, note) => {
      if (this.#hole) throw new StorageTrouble('hole')
      const knows = { tab: this.#tab, loaded: this.#loaded, clock: this.#clock, kept: this.#kept }
      const stand = beyond
        ? passing(shelf.stand, position, this.#tab)
        : standing(shelf.stand, position, knows)
      note({ is: 'stood', stand })
    })
  }

  async compact(state: Uint8Array, id: number): Promise<void> {
    const bytes = state.slice()
    const heard = new Set(this.#heard)
    const ids = await this.#run((shelf, note) => {
      const knows = (row: { id: number; tab: string }) =>
        row.id <= this.#loaded || row.tab === this.#tab || heard.has(row.id)
      const ids = shelf.covered(id, knows)
      this.#kept = shelf.next
      note({ is: 'row', id: this.#kept, tab: this.#tab, state: true, edit: null }, bytes)
      note({ is: 'compacted', ids })
      return ids
    })
    // Only now: what comes after a state that could not be written is not standing either.
    for (const each of ids) this.#heard.delete(each)
    if (id > this.#loaded) this.#hole = false
  }

  async adopt(): Promise<readonly KeptEdit[]> {
    this.#refuseClosed()
    return this.#vault.fetch(
      (shelf, note) => {
        const living = new Set([...this.#vault.handles].map((handle) => handle.#tab))
        const ids = shelf.orphans(living)
        if (ids.length > 0) note({ is: 'adopted', tab: this.#tab, ids })
        for (const id of ids) this.#untold.add(id)
        return shelf.edits(this.#tab).filter(({ edit }) => this.#untold.has(edit.id))
      },
      async (edits, bytesOf) => {
        const adopted = await Promise.all(
          edits.map(async ({ edit, body }) => ({ ...edit, update: await bytesOf(body) })),
        )
        for (const { id } of adopted) {
          this.#untold.delete(id)
          this.#heard.add(id)
        }
        return adopted
      },
    )
  }

  async setAside(aside: Omit<Aside, 'id'>, edits: readonly number[]): Promise<Aside> {
    const { update, ...head } = { ...aside, update: aside.update.slice() }
    return this.#run((shelf, note) => {
      const put = { ...head, id: shelf.next }
      note({ is: 'aside', aside: put, size: update.length }, update)
      if (edits.length > 0) note({ is: 'settled', ids: edits })
      return { ...put, update }
    })
  }

  forgetAside(id: number): Promise<void> {
    return this.#run((_, note) => note({ is: 'forgotten', id }))
  }

  onOther(fn: Told): () => void {
    this.#told.add(fn)
    return () => this.#told.delete(fn)
  }

  onGone(fn: () => void): () => void {
    this.#gone.add(fn)
    return () => this.#gone.delete(fn)
  }

  wipe(): Promise<void> {
    return this.#run((shelf, note) => note({ is: 'wiped', next: shelf.next }))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // What was asked for before is done first.
    await this.#vault.run(() => {}).catch(() => {})
    const { handles } = this.#vault
    handles.delete(this)
    for (const handle of handles) for (const fn of handle.#gone) fn()
    if (handles.size === 0) await this.#vault.left()
  }

  #hear(id: number, update: Uint8Array, from: 'server' | 'here'): void {
    if (this.#told.size === 0) return
    this.#heard.add(id)
    for (const fn of this.#told) fn(update, from)
  }

  async #run<Result>(work: (shelf: Shelf<Body>, note: Note) => Result): Promise<Result> {
    this.#refuseClosed()
    return this.#vault.run(work)
  }

  #refuseClosed(): void {
    if (this.#closing !== null) throw new StorageTrouble('closed')
  }
}
