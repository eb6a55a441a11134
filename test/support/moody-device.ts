import { MemoryDeviceStore } from '../../client/provider/keep/memory.ts'
import type { DeviceStore, EntityStore } from '../../client/provider/store.ts'

type Ask = keyof EntityStore

/** A device that says its things last, and that fills up, hangs, dies, or is shut, when a test says so. */
export class MoodyDevice implements DeviceStore {
  readonly lasting = true
  /** For all that is written, or for this alone. */
  full: boolean | Ask = false
  /** It cannot even be opened. */
  shut = false
  /** Behind the next call of this whoever has it open is gone: nothing of theirs is done any more. */
  lastAct: Ask | null = null
  #lives = 0
  #open: EntityStore[] = []
  /** What was asked for while it hangs goes on when it does not any more. */
  #hangs: {
    readonly at: Ask | null
    readonly promise: Promise<void>
    readonly end: () => void
  } | null = null
  readonly #inner = new MemoryDeviceStore()

  /** @param at Only this hangs, and what it holds up. */
  hang(at: Ask | null = null): void {
    this.goOn()
    let end = () => {}
    const promise = new Promise<void>((resolve) => {
      end = resolve
    })
    this.#hangs = { at, promise, end }
  }

  goOn(): void {
    this.#hangs?.end()
    this.#hangs = null
  }

  forget(prefix: string): Promise<void> {
    return this.#inner.forget(prefix)
  }

  /** Whoever has it open now is gone; what they were waiting for is not done. */
  die(): void {
    this.#lives++
    this.goOn()
    for (const store of this.#open.splice(0)) void store.close()
  }

  async #held(act: Ask | null): Promise<void> {
    if (this.#hangs?.at === null || this.#hangs?.at === act) await this.#hangs?.promise
  }

  async open(name: string): Promise<EntityStore> {
    await this.#held(null)
    if (this.shut) throw new Error('the storage of this device is shut')
    const store = await this.#inner.open(name)
    const life = this.#lives
    this.#open.push(store)
    // One thing at a time, in order, as on a real one.
    let last: Promise<unknown> = Promise.resolve()
    const inTurn = <Result>(act: Ask, ask: () => Promise<Result>): Promise<Result> => {
      const done = last.then(async () => {
        await this.#held(act)
        if (life < this.#lives) return new Promise<Result>(() => {})
        return ask()
      })
      last = done.catch(() => {})
      return done
    }
    const moody = <Result>(act: Ask, ask: () => Promise<Result>): Promise<Result> =>
      inTurn(act, async () => {
        if (this.full === true || this.full === act)
          throw new Error('the storage of this device is full')
        const done = await ask()
        if (act === this.lastAct) {
          this.lastAct = null
          this.die()
        }
        return done
      })
    return {
      load: () => inTurn('load', () => store.load()),
      keep: (update, from) => moody('keep', () => store.keep(update, from)),
      acknowledged: (ids) => moody('acknowledged', () => store.acknowledged(ids)),
      standAt: (at, beyond) => moody('standAt', () => store.standAt(at, beyond)),
      compact: (state, id) => moody('compact', () => store.compact(state, id)),
      adopt: () => store.adopt(),
      setAside: (aside, edits) => moody('setAside', () => store.setAside(aside, edits)),
      forgetAside: (id) => moody('forgetAside', () => store.forgetAside(id)),
      onOther: (fn) => store.onOther(fn),
      onGone: (fn) => store.onGone(fn),
      wipe: () => store.wipe(),
      close: () => store.close(),
    }
  }
}
