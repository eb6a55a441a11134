import * as Y from 'yjs'
import { MemoryDeviceStore } from '../../client/provider/keep/memory.ts'
import { StorageTrouble } from '../../client/provider/keep/trouble.ts'
import type { DeviceStore, EntityStore, KeptEdit } from '../../client/provider/store.ts'

type Ask = keyof EntityStore

/** What was kept before a browser was cleared has lower ids than this for each time. */
const LIFE = 1_000_000

/** What the pages of one browser keep, until somebody clears it under them. */
export class Profile {
  shelves = new MemoryDeviceStore()
  life = 0

  clear(): void {
    this.shelves = new MemoryDeviceStore()
    this.life++
  }
}

/** The marks that an edit brings. */
const marksIn = (update: Uint8Array): string[] =>
  Y.decodeUpdate(update).structs.flatMap((struct) =>
    struct instanceof Y.Item && struct.content instanceof Y.ContentAny ? struct.content.arr : [],
  )

/** What one page sees of its browser's storage, which fails, stands still and ends when a test says so. */
export class TabDevice implements DeviceStore {
  readonly lasting = true
  /** Whether a call of this kind fails. */
  fails: (act: Ask | 'open') => boolean = () => false
  /** Marks of edits that others left, and that were given to this page. */
  readonly adopted = new Set<string>()
  readonly #profile: Profile
  #frozen: Promise<void> | null = null
  #thaw: () => void = () => {}
  #isDead = false
  readonly #open: EntityStore[] = []
  readonly #lives: (() => number)[] = []

  constructor(profile: Profile) {
    this.#profile = profile
  }

  /** Whether this page has noticed that its browser was cleared. */
  get isAware(): boolean {
    return this.#lives.every((life) => life() === this.#profile.life)
  }

  get isFrozen(): boolean {
    return this.#frozen !== null
  }

  freeze(): void {
    this.#frozen ??= new Promise((resolve) => {
      this.#thaw = resolve
    })
  }

  thaw(): void {
    this.#frozen = null
    this.#thaw()
  }

  /** Nothing of this page is done any more; its locks are let go of. */
  die(): void {
    this.#isDead = true
    this.thaw()
    for (const store of this.#open) void store.close()
  }

  async forget(prefix: string): Promise<void> {
    await this.#profile.shelves.forget(prefix)
  }

  async #mayGoOn(act: Ask | 'open'): Promise<void> {
    while (this.#frozen !== null) await this.#frozen
    if (this.#isDead) await new Promise(() => {})
    if (this.fails(act)) throw new StorageTrouble('blocked', act)
  }

  async open(name: string): Promise<EntityStore> {
    await this.#mayGoOn('open')
    let { life } = this.#profile
    let store = await this.#profile.shelves.open(name)
    this.#open.push(store)
    this.#lives.push(() => life)
    const listening: (() => void)[] = []
    const ears: ((to: EntityStore) => () => void)[] = []
    const listen = (ear: (to: EntityStore) => () => void) => {
      ears.push(ear)
      listening.push(ear(store))
      return () => {
        ears.splice(0)
        for (const stop of listening.splice(0)) stop()
      }
    }
    let hole = false
    let loaded = 0
    let isClosed = false
    let last: Promise<unknown> = Promise.resolve()
    const inTurn = <Result>(act: Ask, ask: () => Promise<Result>): Promise<Result> => {
      const done = last.then(async () => {
        await this.#mayGoOn(act)
        if (isClosed) throw new StorageTrouble('closed')
        if (life !== this.#profile.life) {
          life = this.#profile.life
          hole = true
          loaded = 0
          for (const stop of listening.splice(0)) stop()
          await store.close()
          store = await this.#profile.shelves.open(name)
          this.#open.push(store)
          for (const ear of ears) listening.push(ear(store))
          throw new StorageTrouble('wiped')
        }
        return ask()
      })
      last = done.catch(() => {})
      return done
    }
    const out = (id: number) => id + life * LIFE
    const own = (ids: readonly number[]) =>
      ids.filter((id) => Math.floor(id / LIFE) === life).map((id) => id - life * LIFE)
    const late = async (fn: () => void) => {
      while (this.#frozen !== null) await this.#frozen
      if (!this.#isDead && !isClosed) fn()
    }
    return {
      load: () =>
        inTurn('load', async () => {
          const kept = await store.load()
          loaded = out(kept.last)
          const aside = kept.aside.map((one) => ({ ...one, id: out(one.id) }))
          return { ...kept, last: out(kept.last), aside }
        }),
      keep: (update, from) =>
        inTurn('keep', async () => out(await store.keep(update, from))).catch((error) => {
          hole = true
          throw error
        }),
      acknowledged: (ids) => inTurn('acknowledged', () => store.acknowledged(own(ids))),
      standAt: (at, beyond) =>
        inTurn('standAt', async () => {
          if (hole) throw new StorageTrouble('hole')
          await store.standAt(at, beyond)
        }),
      compact: (state, id) =>
        inTurn('compact', async () => {
          const [within = 0] = own([id])
          await store.compact(state, within)
          if (id > loaded) hole = false
        }),
      adopt: () =>
        inTurn('adopt', async () => {
          const edits = await store.adopt()
          for (const { update } of edits) for (const mark of marksIn(update)) this.adopted.add(mark)
          return edits.map((edit): KeptEdit => ({ ...edit, id: out(edit.id) }))
        }),
      setAside: (aside, edits) =>
        inTurn('setAside', async () => {
          const put = await store.setAside(aside, own(edits))
          return { ...put, id: out(put.id) }
        }),
      forgetAside: (id) =>
        inTurn('forgetAside', async () => {
          for (const one of own([id])) await store.forgetAside(one)
        }),
      onOther: (fn) =>
        listen((to) => to.onOther((update, from) => void late(() => fn(update, from)))),
      onGone: (fn) => listen((to) => to.onGone(() => void late(fn))),
      wipe: () => inTurn('wipe', () => store.wipe()),
      close: async () => {
        await last
        isClosed = true
        await store.close()
      },
    }
  }
}
