import {
  type Aside,
  type DeviceStore,
  type EntityStore,
  type Kept,
  type KeptEdit,
  MOST_ASIDE,
  MOST_ASIDE_BYTES,
} from '../store.ts'
import { answer, Database } from './database.ts'
import { acknowledging, isBeyond, NOWHERE, passing, type Stand, standing, wiped } from './stand.ts'
import { Tab, tabsGone } from './tabs.ts'
import { StorageTrouble } from './trouble.ts'

interface Row {
  readonly id: number
  /** Who kept it. */
  readonly tab: string
  /** Whether it is a whole state, made by a compaction. */
  readonly state: boolean
  readonly update: Uint8Array
}

/** Beside the row of the same id, for as long as it is one. */
interface EditRow {
  readonly id: number
  /** Who sends it. */
  readonly tab: string
  readonly madeAt: number
  /** Whether a state holds its content: then the row is here only to be sent. */
  readonly compacted: boolean
}

const ROWS = ['rows', 'edits', 'stand']
const STORES = [...ROWS, 'aside']
/** What the names of our databases begin with. */
const OURS = 'tributary:'

/** Keeps entities in the IndexedDB of a page's origin, a database for each. Needs a browser. */
export class IndexedDbDeviceStore implements DeviceStore {
  readonly lasting = true

  /** Of this page: where there are no locks no others are known. */
  readonly #open = new Set<IndexedDbStore>()

  /** @throws {StorageTrouble} */
  async open(name: string): Promise<EntityStore> {
    const store = new IndexedDbStore(OURS + name, this.#open)
    try {
      await store.start()
      return store
    } catch (error) {
      await store.close()
      throw error
    }
  }

  async forget(prefix: string): Promise<void> {
    const isOne = (name: string) => name.startsWith(OURS + prefix)
    for (const { name } of this.#open) if (isOne(name)) throw new StorageTrouble('busy')
    await tabsGone(isOne)
    for (const { name } of await indexedDB.databases()) {
      // Whoever has it open lets go of it.
      if (name && isOne(name)) await answer(indexedDB.deleteDatabase(name))
    }
  }
}

class IndexedDbStore implements EntityStore {
  readonly name: string
  readonly #all: Set<IndexedDbStore>
  readonly #db: Database
  readonly #tab: Tab
  readonly #onOther = new Set<Parameters<EntityStore['onOther']>[0]>()
  readonly #onGone = new Set<() => void>()
  /** What is known above `#loaded`: kept here, adopted, or told by others. */
  readonly #known = new Set<number>()
  /** Given to nobody yet: there is more of it that could not be had. */
  readonly #adopted: KeptEdit[] = []
  #loaded = 0
  #clock = 0
  #kept = 0
  #hole = false
  #goneUntold = false

  /** @param all Those that are open, of which it is one. */
  constructor(name: string, all: Set<IndexedDbStore>) {
    this.name = name
    this.#all = all.add(this)
    this.#db = new Database(name, makeStores, () => this.#startOver())
    this.#tab = new Tab(name, {
      told: ({ id, update, from }) => {
        if (this.#onOther.size > 0) this.#known.add(id)
        for (const fn of this.#onOther) fn(update, from)
      },
      gone: () => {
        this.#goneUntold = this.#onGone.size === 0
        for (const fn of this.#onGone) fn()
      },
    })
  }

  async start(): Promise<void> {
    // First: where a page may not store anything it may not lock anything either.
    await this.#db.run('read', ['stand'], standOf)
    await this.#tab.join()
  }

  load(): Promise<Kept> {
    return this.#db.run('read', STORES, async (store) => {
      const [rows, edits, aside, stand] = await Promise.all([
        answer<Row[]>(store('rows').getAll()),
        editsOf(store),
        answer<Aside[]>(store('aside').getAll()),
        standOf(store),
      ])
      const editOf = new Map(edits.map((edit) => [edit.id, edit]))
      const last = rows.at(-1)?.id ?? 0
      this.#loaded = Math.max(this.#loaded, last)
      this.#clock = stand.clock
      const states = rows.filter(({ state }) => state)
      const rest = rows.filter(({ id, state }) => !state && !editOf.get(id)?.compacted)
      const landed = rows.filter(({ id }) => !editOf.has(id))
      return {
        updates: [...states, ...rest].map(({ update }) => update),
        position: stand.position,
        beyond: isBeyond(stand, landed),
        last,
        aside,
      }
    })
  }

  async keep(update: Uint8Array, from: 'server' | 'here'): Promise<number> {
    // The bytes alone: a view would bring along the whole of its buffer.
    const row = { tab: this.#tab.id, state: false, update: update.slice() }
    const edit = { tab: this.#tab.id, madeAt: Date.now(), compacted: false }
    try {
      // An edit is nowhere else yet. What the server has sent can be had again.
      const mode = from === 'here' ? 'flushed' : 'write'
      const id = await this.#db.run(mode, ['rows', 'edits'], async (store) => {
        const id = (await answer(store('rows').add(row))) as number
        if (from === 'here') store('edits').add({ ...edit, id })
        this.#kept = id
        return id
      })
      this.#known.add(id)
      this.#tab.say({ id, update: row.update, from })
      return id
    } catch (error) {
      this.#hole = true
      throw error
    }
  }

  acknowledged(ids: readonly number[]): Promise<void> {
    return this.#db.run('write', ROWS, async (store) => {
      await settle(store, ids)
      store('stand').put(acknowledging(await standOf(store), this.#tab.id), 0)
    })
  }

  standAt(position: string, beyond: boolean): Promise<void> {
    const tab = this.#tab.id
    return this.#db.run('write', ['stand'], async (store) => {
      const stand = await standOf(store)
      if (this.#hole) throw new StorageTrouble('hole')
      const knows = { tab, loaded: this.#loaded, clock: this.#clock, kept: this.#kept }
      const now = beyond ? passing(stand, position, tab) : standing(stand, position, knows)
      store('stand').put(now, 0)
    })
  }

  async compact(state: Uint8Array, id: number): Promise<void> {
    const row = { tab: this.#tab.id, state: true, update: state.slice() }
    const known = new Set(this.#known)
    this.#kept = await this.#db.run('write', ROWS, async (store) => {
      const edits = await editsOf(store)
      const editOf = new Map(edits.map((edit) => [edit.id, edit]))
      const ids = await answer(store('rows').getAllKeys(IDBKeyRange.upperBound(id)))
      for (const each of ids as number[]) {
        if (each > this.#loaded && !known.has(each)) continue
        const edit = editOf.get(each)
        if (edit === undefined) store('rows').delete(each)
        else store('edits').put({ ...edit, compacted: true })
        this.#known.delete(each)
      }
      return (await answer(store('rows').add(row))) as number
    })
    this.#known.add(this.#kept)
    if (id > this.#loaded) this.#hole = false
  }

  async adopt(): Promise<readonly KeptEdit[]> {
    const edits = await this.#db.run('read', ['edits'], editsOf)
    const tabs = new Set(edits.map(({ tab }) => tab).filter((tab) => tab !== this.#tab.id))
    for (const tab of tabs) {
      const taken = await this.#tab.inPlaceOf(tab, (madeBefore) => this.#take(tab, madeBefore))
      this.#adopted.push(...(taken ?? []))
    }
    return this.#adopted.splice(0).sort((one, other) => one.id - other.id)
  }

  setAside(aside: Omit<Aside, 'id'>, edits: readonly number[]): Promise<Aside> {
    const put = { ...aside, update: aside.update.slice() }
    return this.#db.run('flushed', STORES, async (store) => {
      const id = (await answer(store('aside').add(put))) as number
      await settle(store, edits)
      await boundAside(store('aside'))
      return { ...put, id }
    })
  }

  forgetAside(id: number): Promise<void> {
    return this.#db.run('write', ['aside'], async (store) => {
      store('aside').delete(id)
    })
  }

  onOther(fn: Parameters<EntityStore['onOther']>[0]): () => void {
    return listening(this.#onOther, fn)
  }

  onGone(fn: () => void): () => void {
    // The page that this one was before its reload may have ended just now.
    if (this.#goneUntold) queueMicrotask(fn)
    this.#goneUntold = false
    return listening(this.#onGone, fn)
  }

  wipe(): Promise<void> {
    return this.#db.run('write', ROWS, async (store) => {
      store('rows').clear()
      store('edits').clear()
      store('stand').put(wiped(await standOf(store)), 0)
    })
  }

  async close(): Promise<void> {
    await this.#db.close()
    this.#tab.leave()
    this.#all.delete(this)
  }

  /** In one transaction, so that nobody finds half of them. */
  #take(tab: string, madeBefore: number): Promise<KeptEdit[]> {
    return this.#db.run('write', ['edits', 'rows'], async (store) => {
      const taken: KeptEdit[] = []
      for (const edit of await editsOf(store)) {
        if (edit.tab !== tab || edit.madeAt >= madeBefore) continue
        const { update } = await answer<Row>(store('rows').get(edit.id))
        store('edits').put({ ...edit, tab: this.#tab.id })
        this.#known.add(edit.id)
        taken.push({ id: edit.id, update, madeAt: edit.madeAt })
      }
      return taken
    })
  }

  /** What there is now is another database: nothing that was known of the old one is in it. */
  #startOver(): void {
    this.#known.clear()
    this.#loaded = this.#clock = this.#kept = 0
    this.#hole = true
  }
}

function listening<Fn>(all: Set<Fn>, fn: Fn): () => void {
  all.add(fn)
  return () => all.delete(fn)
}

type Stores = (name: string) => IDBObjectStore

function makeStores(db: IDBDatabase): void {
  // An id names one update for ever: also after a browser has wiped this, and it begins anew.
  const first = Date.now() * 1_000
  for (const name of ['rows', 'aside']) {
    const store = db.createObjectStore(name, { keyPath: 'id', autoIncrement: true })
    store.add({ id: first })
    store.delete(first)
  }
  db.createObjectStore('edits', { keyPath: 'id' })
  db.createObjectStore('stand')
}

const editsOf = (store: Stores): Promise<EditRow[]> => answer(store('edits').getAll())

const standOf = async (store: Stores): Promise<Stand> =>
  (await answer<Stand | undefined>(store('stand').get(0))) ?? NOWHERE

/** These are edits no more. */
async function settle(store: Stores, ids: readonly number[]): Promise<void> {
  for (const id of ids) {
    const edit = await answer<EditRow | undefined>(store('edits').get(id))
    if (edit === undefined) continue
    store('edits').delete(id)
    if (edit.compacted) store('rows').delete(id)
  }
}

async function boundAside(store: IDBObjectStore): Promise<void> {
  const held = await answer<Aside[]>(store.getAll())
  let bytes = 0
  for (const [newer, { id, update }] of held.reverse().entries()) {
    bytes += update.length
    if (newer > 0 && (newer >= MOST_ASIDE || bytes > MOST_ASIDE_BYTES)) store.delete(id)
  }
}
