import { fileURLToPath } from 'node:url'
import type { BrowserContext, Page } from 'playwright-core'
import type { EntityStore } from '../../client/provider/store.ts'
import { bundled, scriptedPage } from './scripted-page.ts'

const KEEP = fileURLToPath(new URL('../../client/provider/keep/', import.meta.url))
/** Nothing listens there. */
export const PLACE = 'http://127.0.0.1:9/'
let script: Promise<string> | null = null

/** What a tab's page runs: the store as it is, and a table of those that are open. */
const ENTRY = `
import { IndexedDbDeviceStore } from '${KEEP}indexed-db.ts'
const open = []
const device = new IndexedDbDeviceStore()
const stores = {
  async open(name) {
    return open.push(await device.open(name)) - 1
  },
  forget: (prefix) => device.forget(prefix),
  listen(n) {
    open[n].onOther((update, from) => told({ n, update, from }))
    open[n].onGone(() => told({ n }))
  },
}
globalThis.attempt = async (method, args) => {
  try {
    if (method in stores) return { result: await stores[method](...args) }
    const [n, ...rest] = args
    return { result: await open[n][method](...rest) }
  } catch ({ name, message, trouble }) {
    return { error: { name, message, trouble } }
  }
}
`

interface InPage {
  attempt(
    method: string,
    args: readonly unknown[],
  ): Promise<{ result?: unknown; error?: { name: string; message: string; trouble?: string } }>
}

/** Who listens is listening before the next call of anybody. */
let registering: Promise<unknown> = Promise.resolve()

export interface PageOptions {
  readonly place?: string
  readonly headers?: Readonly<Record<string, string>>
}

interface Told {
  readonly n: number
  readonly update?: Uint8Array
  readonly from?: 'server' | 'here'
}

/** A page in which entities are kept in IndexedDB, and used from here. */
export class DevicePage {
  readonly page: Page
  readonly #told = new Map<number, ((told: Told) => void)[]>()

  private constructor(page: Page) {
    this.page = page
  }

  /**
   * @param place The origin, with a slash. A page of this machine may do more than one of another host.
   * @param headers Of the page.
   */
  static async open(
    context: BrowserContext,
    { place = PLACE, headers = {} }: PageOptions = {},
  ): Promise<DevicePage> {
    script ??= bundled(ENTRY)
    const body = await script
    const page = await context.newPage()
    const device = new DevicePage(page)
    await scriptedPage(page, place, body, headers)
    await page.exposeFunction('told', (told: Told) => {
      for (const fn of device.#told.get(told.n) ?? []) fn(told)
    })
    await page.goto(place)
    await page.waitForFunction('"attempt" in globalThis')
    return device
  }

  /** The store of an entity; errors have the name and the message of those in the page. */
  async store(name: string): Promise<EntityStore> {
    const n = await this.#attempt<number>('open', name)
    const call = <Result>(method: string, ...args: unknown[]): Promise<Result> =>
      this.#attempt<Result>(method, n, ...args)
    const on = (fn: (told: Told) => void) => {
      const all = this.#told.get(n) ?? []
      this.#told.set(n, [...all, fn])
      if (all.length === 0) registering = call('listen')
      return () => {
        this.#told.set(
          n,
          (this.#told.get(n) ?? []).filter((each) => each !== fn),
        )
      }
    }
    return {
      load: () => call('load'),
      keep: (update, from) => call('keep', update, from),
      acknowledged: (ids) => call('acknowledged', ids),
      standAt: (position, beyond) => call('standAt', position, beyond),
      compact: (state, id) => call('compact', state, id),
      adopt: () => call('adopt'),
      setAside: (aside, edits) => call('setAside', aside, edits),
      forgetAside: (id) => call('forgetAside', id),
      onOther: (fn) =>
        on(({ update, from }) => {
          if (update !== undefined && from !== undefined) fn(update, from)
        }),
      onGone: (fn) => on(({ update }) => update === undefined && fn()),
      wipe: () => call('wipe'),
      close: () => call('close'),
    }
  }

  forget(prefix: string): Promise<void> {
    return this.#attempt('forget', prefix)
  }

  /** Playwright carries typed arrays, and of errors only their text. */
  async #attempt<Result>(method: string, ...args: unknown[]): Promise<Result> {
    // As they are now: a call of a page would not wait.
    const now = structuredClone(args)
    await registering
    const outcome = await this.page.evaluate(
      ([name, all]) => (globalThis as unknown as InPage).attempt(name, all),
      [method, now] as const,
    )
    if (outcome.error === undefined) return outcome.result as Result
    throw Object.assign(new Error(outcome.error.message), outcome.error)
  }
}
