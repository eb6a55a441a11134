import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'
import { until } from '../support/deadline.ts'
import type { Stage } from '../support/stage.ts'
import { browser } from './chromium.ts'
import { complaintsOf } from './complaints.ts'
import { placeOf } from './pages-folder.ts'

export interface VisitOptions extends BrowserContextOptions {
  /** The browser of this visitor, for another tab of it; otherwise a browser of its own. */
  readonly beside?: Visitor
  /** Where the pages lie, `/` by default. Elsewhere they come from the folder, as behind a proxy. */
  readonly path?: string
  /** Of the page's address, `?` included. */
  readonly query?: string
}

/** One tab with the text page. Each has a profile of its own, unless it is opened beside another. */
export class Visitor {
  readonly page: Page
  readonly context: BrowserContext
  /** Every address the page asked for. */
  readonly requested: string[] = []
  readonly #deadline: number
  readonly #complaints: readonly string[]

  private constructor(context: BrowserContext, page: Page, deadline: number) {
    this.context = context
    this.page = page
    this.#deadline = deadline
    page.on('request', (request) => this.requested.push(request.url()))
    page.on('websocket', (socket) => this.requested.push(socket.url()))
    this.#complaints = complaintsOf(page)
  }

  /** Opens the page of the stage's server at `#id`. The tab closes with the stage. */
  static async arrive(stage: Stage, id: string, options: VisitOptions = {}): Promise<Visitor> {
    const { beside, path = '/', query = '', ...rest } = options
    const context = beside?.context ?? (await (await browser()).newContext(rest))
    const page = await context.newPage()
    const visitor = new Visitor(context, page, stage.deadline)
    stage.atEnd(async () => {
      await (beside === undefined ? context : page).close()
      expect(visitor.#complaints, 'what the page complained about').toEqual([])
    })
    const place = await placeOf(page, stage, path)
    await page.goto(`${place}text/${query}#${encodeURIComponent(id)}`)
    return visitor
  }

  get field() {
    return this.page.locator('#text')
  }

  text(): Promise<string> {
    return this.field.inputValue()
  }

  async words(selector: string): Promise<string> {
    return (await this.page.locator(selector).textContent()) ?? ''
  }

  /** `Connecting`, `Live`, `Offline` or `Refused`. */
  state(): Promise<string> {
    return this.words('#pill')
  }

  note(): Promise<string> {
    return this.words('#note')
  }

  /** The names of everybody else, in the order of the list. */
  others(): Promise<string[]> {
    return this.page.locator('.person:not(.you)').allTextContents()
  }

  name(): Promise<string> {
    return this.page.locator('#name').inputValue()
  }

  async rename(name: string): Promise<void> {
    await this.page.locator('#name').fill(name)
    await this.page.locator('#name').press('Enter')
  }

  /** Puts the caret there, as a click would. */
  async caret(start: number, end = start): Promise<void> {
    await this.field.focus()
    await this.page.evaluate(`document.getElementById('text').setSelectionRange(${start}, ${end})`)
  }

  selection(): Promise<[number, number]> {
    return this.page.evaluate(`(() => {
      const { selectionStart, selectionEnd } = document.getElementById('text')
      return [selectionStart, selectionEnd]
    })()`)
  }

  /** Types at the caret, key by key. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text)
  }

  /** @throws {Deadline} */
  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    await until(what, this.#deadline, holds, 20)
  }

  shows(text: string): Promise<void> {
    return this.until(`the field shows ${JSON.stringify(text.slice(0, 80))}`, async () => {
      return (await this.text()) === text
    })
  }

  is(state: string): Promise<void> {
    return this.until(`the pill says ${state}`, async () => (await this.state()) === state)
  }

  says(note: string): Promise<void> {
    return this.until(`the note says ${note}`, async () => (await this.note()) === note)
  }
}

/** Two people on one entity, each in a browser of their own, both with everything. */
export async function pair(stage: Stage): Promise<[Visitor, Visitor]> {
  const id = stage.entity()
  const both = await Promise.all([Visitor.arrive(stage, id), Visitor.arrive(stage, id)])
  await Promise.all(both.map((visitor) => visitor.is('Live')))
  return both
}

/** Both fields show the same, and everything typed has arrived. Returns what they show. */
export async function agreed(ann: Visitor, bob: Visitor): Promise<string> {
  for (const visitor of [ann, bob]) await visitor.says('Saved on the server')
  await ann.until('both show the same', async () => (await ann.text()) === (await bob.text()))
  return ann.text()
}
