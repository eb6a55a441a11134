import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { BrowserContext, BrowserContextOptions, Page, Route } from 'playwright-core'
import { expect } from 'vitest'
import { until } from '../support/deadline.ts'
import type { Stage } from '../support/stage.ts'
import { browser } from './chromium.ts'

const PAGES = new URL('../../dist/pages/', import.meta.url)
const TYPES: Record<string, string> = { html: 'text/html', js: 'text/javascript', css: 'text/css' }
/** What a page may say in the console: that nobody answers. All else is a failure, CSP included. */
const EXPECTED = /WebSocket connection to .* failed/

export interface VisitOptions extends BrowserContextOptions {
  /** The browser of this visitor, for another tab of it; otherwise a browser of its own. */
  readonly beside?: Visitor
  /** Where the page lies, `/` by default. Elsewhere it comes from the folder, as behind a proxy. */
  readonly path?: string
}

/** One tab with the page. Each has a profile of its own, unless it is opened beside another. */
export class Visitor {
  readonly page: Page
  readonly context: BrowserContext
  /** Every address the page asked for. */
  readonly requested: string[] = []
  readonly #deadline: number
  readonly #complaints: string[] = []

  private constructor(context: BrowserContext, page: Page, deadline: number) {
    this.context = context
    this.page = page
    this.#deadline = deadline
    page.on('request', (request) => this.requested.push(request.url()))
    page.on('websocket', (socket) => this.requested.push(socket.url()))
    page.on('pageerror', (error) => this.#complaints.push(error.stack ?? error.message))
    page.on('console', (message) => {
      if (message.type() === 'error' && !EXPECTED.test(message.text())) {
        this.#complaints.push(message.text())
      }
    })
  }

  /** Opens the page of the stage's server at `#id`. The tab closes with the stage. */
  static async arrive(stage: Stage, id: string, options: VisitOptions = {}): Promise<Visitor> {
    const { beside, path = '/', ...rest } = options
    const context = beside?.context ?? (await (await browser()).newContext(rest))
    const page = await context.newPage()
    const visitor = new Visitor(context, page, stage.deadline)
    stage.atEnd(async () => {
      await (beside === undefined ? context : page).close()
      expect(visitor.#complaints, 'what the page complained about').toEqual([])
    })
    const place = `http://127.0.0.1:${stage.port}${path}`
    // Where nothing listens the page comes from the folder too, so that only the server is missing.
    if (path !== '/' || !hasServer(stage)) await page.route(`${place}**`, fromFolder(path))
    await page.goto(`${place}#${encodeURIComponent(id)}`)
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

function hasServer(stage: Stage): boolean {
  try {
    return stage.server !== undefined
  } catch {
    return false
  }
}

const fromFolder = (path: string) => async (route: Route) => {
  const { pathname } = new URL(route.request().url())
  const file = pathname.slice(path.length) || 'index.html'
  await route.fulfill({
    body: await readFile(fileURLToPath(new URL(file, PAGES))),
    contentType: TYPES[file.split('.').at(-1) ?? ''] ?? 'image/svg+xml',
  })
}
