import * as Y from 'yjs'
import type { StorageTrouble } from '../keep/trouble.ts'
import { reasonOf } from '../link/token.ts'
import {
  type Aside,
  type DeviceStore,
  type EntityStore,
  type Kept,
  type KeptEdit,
  MOST_ASIDE,
} from '../store.ts'
import type { Row } from './outbox.ts'
import type { Surroundings } from './surroundings.ts'

const EMPTY = new Uint8Array(2)

/** What the keeper asks and tells. */
export interface KeeperOwner {
  /** What was kept here before, and the edits in it that are ours to send now. Once. */
  loaded(kept: Kept, edits: readonly KeptEdit[]): void
  /** Edits of tabs that are gone: ours to send from now on. */
  adopted(edits: readonly KeptEdit[]): void
  /** Another tab keeps this. */
  fromOther(update: Uint8Array): void
  /** What was written in this turn is ours to keep now. */
  flush(): void
  /** Takes in what is kept. @returns everything that is here now, as one update. */
  whole(kept: readonly Uint8Array[]): Uint8Array
  /** Nothing of what was kept is kept any more: edits are to be kept anew, before what builds on them. */
  wiped(): void
  /** Trouble began or ended, or a row was kept. */
  changed(): void
}

type Job =
  | { readonly is: 'server'; readonly updates: Uint8Array[] }
  | { readonly is: 'here'; readonly updates: Uint8Array[]; readonly row: Row }
  | {
      readonly is: 'other'
      readonly run: (store: EntityStore) => Promise<unknown>
      /** In its place, while there is no store. */
      readonly without?: (() => void) | undefined
    }

/** More rows than this, or more bytes than this and than all of it as one, are made one. */
const MOST_ROWS = 300
const MOST_BYTES = 512 * 1024
/** After a failure everything is tried again, at first after so many ms, at last every so many. */
const MEND_MS = 2_000
const MOST_MEND_MS = 60_000

/**
 * Writes to the device what comes and goes, in order, one thing at a time: what piles up meanwhile
 * becomes one row. Nobody waits for it. When something could not be kept the rest of it would have a
 * hole, so nothing more is said to be kept until all of it, as one, has been.
 */
export class Keeper {
  /** Why nothing can be kept, in words for people; `null` when it can, or shall not. */
  trouble: string | null = null
  asides: readonly Aside[] = []
  readonly #device: DeviceStore | null
  readonly #name: string
  readonly #owner: KeeperOwner
  readonly #around: Surroundings
  #store: EntityStore | null = null
  #queue: Job[] = []
  #starting: Promise<void> = Promise.resolve()
  #running: Promise<void> | null = null
  #closed = false
  /** Edits that could not be kept. */
  #unkept: { readonly row: Row; readonly update: Uint8Array }[] = []
  #isLoaded = false
  #isWiped = false
  #mendMs = MEND_MS
  #rows = 0
  #bytes = 0
  #wholeBytes = 0
  #asideId = 0
  #stopMending: (() => void) | null = null
  #stopListening: readonly (() => void)[] = []

  /** @param device `null`: nothing is to be kept. */
  constructor(device: DeviceStore | null, name: string, owner: KeeperOwner, around: Surroundings) {
    this.#device = device
    this.#name = name
    this.#owner = owner
    this.#around = around
  }

  /** Whether what is kept outlives this page or process. */
  get lasting(): boolean {
    return this.#device?.lasting === true && this.trouble === null
  }

  /** Loads what was kept. Never rejects: what went wrong is `trouble`. */
  start(): Promise<void> {
    this.#starting = this.#begin()
    return this.#starting
  }

  async #begin(): Promise<void> {
    if (this.#device === null) return
    try {
      await this.#load(this.#device)
    } catch (error) {
      this.#failed(error)
    }
    this.#run()
  }

  async #load(device: DeviceStore): Promise<void> {
    const store = this.#store ?? (await device.open(this.#name))
    if (this.#closed) {
      await store.close()
      return
    }
    this.#store = store
    const kept = await store.load()
    const edits = await store.adopt()
    if (this.#closed) return
    this.#isLoaded = true
    this.asides = [...kept.aside, ...this.asides]
    for (const update of kept.updates) this.#count(update)
    this.#stopListening = [
      store.onOther((update) => this.#owner.fromOther(update)),
      store.onGone(() => this.adopt()),
    ]
    this.#owner.loaded(kept, edits)
  }

  server(update: Uint8Array): void {
    const last = this.#queue.at(-1)
    if (last?.is === 'server') last.updates.push(update)
    else this.#put({ is: 'server', updates: [update] })
  }

  /** @returns where it will lie. Edits that wait together share a row. */
  here(update: Uint8Array): Row {
    const last = this.#queue.at(-1)
    if (last?.is === 'here') {
      last.updates.push(update)
      return last.row
    }
    const row: Row = { id: null, state: 'keeping', edits: 0 }
    if (this.#device === null) row.state = 'not-kept'
    this.#put({ is: 'here', updates: [update], row })
    return row
  }

  /** Nothing in those rows waits any more. */
  acknowledged(rows: readonly Row[]): void {
    if (rows.length === 0) return
    this.#do((store) => store.acknowledged(idsOf(rows)))
  }

  stand(position: string, beyond: boolean): void {
    this.#do(async (store) => {
      if (this.trouble === null) await store.standAt(position, beyond)
    })
  }

  /** Keeps the original of what was refused; in memory, if the device will not. */
  setAside(aside: Omit<Aside, 'id'>, rows: readonly Row[]): Promise<Aside> {
    return new Promise((resolve) => {
      const shown = (one: Aside) => {
        this.asides = [...this.asides, one].slice(-MOST_ASIDE)
        resolve(one)
      }
      const inMemory = () => shown({ ...aside, id: --this.#asideId })
      if (this.#device === null || this.#closed) return inMemory()
      this.#do(
        (store) =>
          store.setAside(aside, idsOf(rows)).then(shown, (error) => {
            inMemory()
            throw error
          }),
        inMemory,
      )
    })
  }

  forgetAside(id: number): void {
    this.asides = this.asides.filter((aside) => aside.id !== id)
    if (id >= 0) this.#do((store) => store.forgetAside(id))
  }

  /** From then on only what is set aside is kept. */
  wipe(): void {
    this.#isWiped = true
    this.#do((store) => store.wipe())
  }

  /** Takes over what tabs that are gone have left. */
  adopt(): void {
    if (!this.#isLoaded || this.trouble !== null) return
    this.#do(async (store) => {
      const edits = await store.adopt()
      if (edits.length > 0 && !this.#closed) this.#owner.adopted(edits)
    })
  }

  /** Writes what waits, and lets go. */
  async close(): Promise<void> {
    if (this.#closed) return
    await this.#starting
    await this.#running
    this.#closed = true
    this.#stopMending?.()
    for (const stop of this.#stopListening) stop()
    // Its last chance: the fault may be over.
    for (const { row, update } of this.#unkept) {
      if (row.edits > 0) await this.#store?.keep(update, 'here').catch(() => {})
    }
    await this.#store?.close().catch(() => {})
  }

  #do(run: (store: EntityStore) => Promise<unknown>, without?: () => void): void {
    this.#put({ is: 'other', run, without })
  }

  #put(job: Job): void {
    if (this.#device === null || this.#closed || (this.#isWiped && job.is !== 'other')) return
    this.#queue.push(job)
    this.#run()
  }

  /** Nothing is written before it was read what is there; without a store nothing waits for one. */
  #run(): void {
    if (this.#running !== null) return
    if (!this.#isLoaded && this.trouble === null) return
    this.#running = this.#work().finally(() => {
      this.#running = null
      if (this.#queue.length > 0) this.#run()
    })
  }

  async #work(): Promise<void> {
    for (;;) {
      const job = this.#queue.shift()
      if (job === undefined) {
        if (this.#store === null || !this.#isTooMuch()) return
        await this.#compact(this.#store).catch((error) => this.#failed(error))
        continue
      }
      try {
        await this.#perform(job)
      } catch (error) {
        if (job.is === 'here') this.#notKept(job)
        this.#failed(error)
      }
    }
  }

  async #perform(job: Job): Promise<void> {
    const store = this.#store
    if (job.is === 'other') await (store === null ? job.without?.() : job.run(store))
    else if (this.trouble === null && store !== null) {
      const id = await this.#keep(store, job.updates, job.is)
      if (job.is === 'here') this.#isKept(job.row, id)
    } else if (job.is === 'here') this.#notKept(job)
    // With a hole in what is kept, everything is kept anew: what came from the server too.
  }

  #keep(store: EntityStore, updates: Uint8Array[], from: 'server' | 'here'): Promise<number> {
    const update = Y.mergeUpdates(updates)
    this.#count(update)
    return store.keep(update, from)
  }

  /** A large one is mostly a whole state that has just come: to make it one again would cost a second. */
  #count({ length }: Uint8Array): void {
    this.#rows++
    if (length > MOST_BYTES) this.#wholeBytes += length
    else this.#bytes += length
  }

  #isKept(row: Row, id: number): void {
    row.id = id
    row.state = 'kept'
    // It may have been acknowledged before it was kept.
    if (row.edits === 0) this.acknowledged([row])
    this.#owner.changed()
  }

  #notKept({ row, updates }: { readonly row: Row; readonly updates: readonly Uint8Array[] }): void {
    row.state = 'not-kept'
    // What the server has meanwhile need not be kept any more.
    this.#unkept = this.#unkept.filter(({ row }) => row.edits > 0)
    this.#unkept.push({ row, update: Y.mergeUpdates([...updates]) })
    this.#owner.changed()
  }

  #isTooMuch(): boolean {
    if (this.trouble !== null || this.#closed || this.#isWiped) return false
    return this.#rows > MOST_ROWS || this.#bytes > Math.max(MOST_BYTES, this.#wholeBytes)
  }

  /**
   * Of what lies there, read anew: another tab may have kept what has not come here yet. An edit that
   * is in no row yet stays out: of what a state holds it will be said that the server has it.
   */
  async #compact(store: EntityStore): Promise<void> {
    const { updates, last } = await store.load()
    this.#owner.flush()
    const whole = this.#isAhead ? Y.mergeUpdates([...updates]) : this.#owner.whole(updates)
    await store.compact(whole, last)
    this.#rows = 1
    this.#bytes = 0
    this.#wholeBytes = whole.length
  }

  /** Whether an edit waits to be kept. */
  get #isAhead(): boolean {
    return this.#queue.some((job) => job.is === 'here')
  }

  #failed(error: unknown): void {
    this.trouble = reasonOf(error)
    this.#owner.changed()
    if ((error as Partial<StorageTrouble>).trouble === 'wiped') this.#owner.wiped()
    // What fails meanwhile does not put it off.
    if (this.#closed || this.#stopMending) return
    this.#stopMending = this.#around.after(this.#mendMs, () => void this.#mend())
    this.#mendMs = Math.min(MOST_MEND_MS, this.#mendMs * 2)
  }

  async #mend(): Promise<void> {
    await this.#running
    this.#stopMending = null
    if (this.#closed || this.#device === null || this.trouble === null) return
    try {
      if (!this.#isLoaded) await this.#load(this.#device)
      const store = this.#store
      if (store === null || this.#closed) return
      const id = await store.keep(EMPTY, 'server')
      // Each edit in its row first, for the same reason as in a compaction.
      for (;;) {
        this.#owner.flush()
        const next = this.#unkept[0]
        if (next !== undefined) {
          const { row, update } = next
          if (row.edits > 0) this.#isKept(row, await this.#keep(store, [update], 'here'))
          this.#unkept = this.#unkept.filter((one) => one !== next)
        } else if (this.#isAhead) await this.#running
        else break
      }
      // Only a state that takes the place of all closes the hole; what comes from here on is behind it.
      this.trouble = null
      await (this.#isWiped ? store.wipe() : store.compact(this.#owner.whole([]), id))
      this.#mendMs = MEND_MS
      // Somebody may have gone meanwhile.
      this.adopt()
      this.#owner.changed()
    } catch (error) {
      this.#failed(error)
    }
    this.#run()
  }
}

const idsOf = (rows: readonly Row[]): number[] =>
  rows.flatMap(({ id }) => (id === null ? [] : [id]))
