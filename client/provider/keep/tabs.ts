import { uuidv4 } from 'lib0/random'
import { StorageTrouble } from './trouble.ts'

/** What a tab says to the others when it has kept something; an empty one only says that it is there. */
export interface Told {
  readonly id: number
  readonly update: Uint8Array
  readonly from: 'server' | 'here'
}

/** A browser lets go of the lock of a tab a moment after its end. */
const GOING_MS = 1_000

export interface TabOwner {
  told(what: Told): void
  /** Another tab is gone. */
  gone(): void
}

/**
 * One tab among those that have an entity open in this browser. It holds a Web Lock for as long as it
 * lives, and the browser lets go of that however the tab ends: whoever is given the lock knows that
 * the tab is gone, and is alone with what it left. Others wait in line for it, to be told.
 *
 * A page that came over plain HTTP has no locks. Then a tab is taken for gone when it is asked for:
 * see `inPlaceOf`. Without BroadcastChannel others learn what was kept when they load.
 */
export class Tab {
  /** `crypto.randomUUID` is missing where a page comes over plain HTTP. */
  readonly id = uuidv4()
  /** `undefined` where there are no locks: only edits older than this are then taken from others. */
  readonly #locks: LockManager | undefined = globalThis.navigator?.locks
  readonly #name: string
  readonly #owner: TabOwner
  #channel: BroadcastChannel | null = null
  readonly #watched = new Set<string>()
  readonly #ended = new AbortController()

  constructor(name: string, owner: TabOwner) {
    this.#name = name
    this.#owner = owner
  }

  async join(): Promise<void> {
    await this.#live()
    if (typeof BroadcastChannel !== 'undefined') {
      this.#channel = new BroadcastChannel(this.#name)
      this.#channel.onmessage = ({ data }) => this.#hear(data)
    }
    this.say(null)
  }

  say(what: Told | null): void {
    if (!this.#ended.signal.aborted) this.#channel?.postMessage({ tab: this.id, what })
  }

  /**
   * Work that may be done only when that tab is gone, and by one tab at a time.
   *
   * @param work Is told what to leave alone: what was made since that time.
   * @returns `null` when the tab lives.
   */
  async inPlaceOf<Result>(
    tab: string,
    work: (madeBefore: number) => Promise<Result>,
  ): Promise<Result | null> {
    // Nobody can tell who lives. What is older than this page was most likely left by an earlier one;
    // if not, two tabs send it, and the server takes it once.
    if (this.#locks === undefined) return work(performance.timeOrigin)
    const done = await this.#locks.request(
      this.#lockOf(tab),
      { ifAvailable: true },
      async (lock) => lock && { result: await work(Number.POSITIVE_INFINITY) },
    )
    if (done === null) this.#watch(tab)
    return done === null ? null : done.result
  }

  leave(): void {
    this.#ended.abort()
    this.#channel?.close()
  }

  #lockOf(tab: string): string {
    return `${this.#name}:${tab}`
  }

  /** Holds the lock of this tab, until it leaves. */
  #live(): Promise<void> {
    const locks = this.#locks
    if (locks === undefined) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const held = (): Promise<void> => {
        resolve()
        return new Promise((release) => {
          this.#ended.signal.onabort = () => release()
        })
      }
      locks.request(this.#lockOf(this.id), held).catch(reject)
    })
  }

  #hear({ tab, what }: { readonly tab: string; readonly what: Told | null }): void {
    // Who hears of a new tab says that it is here too.
    if (this.#watch(tab)) this.say(null)
    if (what !== null) this.#owner.told(what)
  }

  /** Waits in line for the end of that tab. Shared: who waits must not look alive to those who adopt. */
  #watch(tab: string): boolean {
    if (this.#locks === undefined || this.#watched.has(tab) || tab === this.id) return false
    this.#watched.add(tab)
    const { signal } = this.#ended
    this.#locks
      .request(this.#lockOf(tab), { mode: 'shared', signal }, () => {})
      .then(() => {
        this.#watched.delete(tab)
        this.#owner.gone()
      })
      // This tab has left before that one.
      .catch(() => {})
    return true
  }
}

/**
 * Waits for tabs that are going.
 *
 * @throws {StorageTrouble} `busy` when one lives; where there are no locks nobody knows.
 */
export async function tabsGone(isOne: (lock: string) => boolean): Promise<void> {
  const { locks } = navigator as { locks?: LockManager }
  const options = { mode: 'shared', signal: AbortSignal.timeout(GOING_MS) } as const
  try {
    for (const { name } of (await locks?.query())?.held ?? []) {
      if (name && isOne(name)) await locks?.request(name, options, () => {})
    }
  } catch {
    throw new StorageTrouble('busy')
  }
}
