import { MemoryDeviceStore } from '../../client/provider/keep/memory.ts'
import type { DeviceStore, EntityStore } from '../../client/provider/store.ts'

/** A device that says its things last, and that fills up, hangs, or is shut, when a test says so. */
export class MoodyDevice implements DeviceStore {
  readonly lasting = true
  full = false
  /** It cannot even be opened. */
  shut = false
  /** What was asked for while it hangs goes on when it does not any more. */
  #hangs: { readonly promise: Promise<void>; readonly end: () => void } | null = null
  readonly #inner = new MemoryDeviceStore()

  hang(): void {
    let end = () => {}
    const promise = new Promise<void>((resolve) => {
      end = resolve
    })
    this.#hangs = { promise, end }
  }

  goOn(): void {
    this.#hangs?.end()
    this.#hangs = null
  }

  async open(name: string): Promise<EntityStore> {
    await this.#hangs?.promise
    if (this.shut) throw new Error('the storage of this device is shut')
    const store = await this.#inner.open(name)
    const moody = async <Result>(ask: () => Promise<Result>): Promise<Result> => {
      await this.#hangs?.promise
      if (this.full) throw new Error('the storage of this device is full')
      return ask()
    }
    return {
      load: () => store.load(),
      keep: (update, from) => moody(() => store.keep(update, from)),
      acknowledged: (ids) => moody(() => store.acknowledged(ids)),
      standAt: (position, beyond) => moody(() => store.standAt(position, beyond)),
      compact: (state, id) => moody(() => store.compact(state, id)),
      adopt: () => store.adopt(),
      setAside: (aside, edits) => moody(() => store.setAside(aside, edits)),
      forgetAside: (id) => moody(() => store.forgetAside(id)),
      onOther: (fn) => store.onOther(fn),
      onGone: (fn) => store.onGone(fn),
      wipe: () => store.wipe(),
      close: () => store.close(),
    }
  }
}
