import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'
import { until } from '../support/deadline.ts'
import type { Stage } from '../support/stage.ts'
import { browser } from './chromium.ts'
import { complaintsOf } from './complaints.ts'
import { rememberLabels } from './labels.ts'
import { placeOf } from './pages-folder.ts'

/** How long a button is waited for, in ms, which has nothing to do with a server. */
const LOCATED = 30_000

/** In pixels of the view: from the top left corner of `#board`. */
export type Spot = readonly [x: number, y: number]

export interface ArtistOptions extends BrowserContextOptions {
  /** Who this is, in the first of the eight colours; the page's own choice otherwise. */
  readonly name?: string
  /** The browser of this artist, for another tab of it; otherwise a browser of its own. */
  readonly beside?: Artist
  /** Where the pages lie, `/` by default. Elsewhere they come from the folder, as behind a proxy. */
  readonly path?: string
}

/** What went over the sockets of a page: frames, and bytes of what is in them. */
export interface Traffic {
  framesOut: number
  bytesOut: number
  framesIn: number
  bytesIn: number
}

/** One tab with the whiteboard. Each has a profile of its own, unless it is opened beside another. */
export class Artist {
  readonly page: Page
  readonly context: BrowserContext
  /** Every address the page asked for, those of sockets too. */
  readonly requested: string[] = []
  /** Of the sockets of the page and of its workers, all together, since it was opened. */
  readonly traffic: Traffic = { framesOut: 0, bytesOut: 0, framesIn: 0, bytesIn: 0 }
  readonly #deadline: number
  readonly #complaints: readonly string[]

  private constructor(context: BrowserContext, page: Page, deadline: number) {
    this.context = context
    this.page = page
    this.#deadline = deadline
    this.#complaints = complaintsOf(page)
    page.on('request', (request) => this.requested.push(request.url()))
    page.on('websocket', (socket) => {
      this.requested.push(socket.url())
      socket.on('framesent', ({ payload }) => {
        this.traffic.framesOut += 1
        this.traffic.bytesOut += Buffer.byteLength(payload)
      })
      socket.on('framereceived', ({ payload }) => {
        this.traffic.framesIn += 1
        this.traffic.bytesIn += Buffer.byteLength(payload)
      })
    })
  }

  /**
   * Opens `/b/<board>` of the stage's server, or the front page without a board. The tab closes
   * with the stage, which fails when the page has complained about anything.
   */
  static async arrive(
    stage: Stage,
    board: string | null,
    options: ArtistOptions = {},
  ): Promise<Artist> {
    const { beside, path = '/', name, ...rest } = options
    // Pages that come from a folder would not get theirs; who tests it says `serviceWorkers: 'allow'`.
    const all: BrowserContextOptions = { serviceWorkers: 'block', ...rest }
    const context = beside?.context ?? (await (await browser()).newContext(all))
    if (beside === undefined) await rememberLabels(context)
    const page = await context.newPage()
    page.setDefaultTimeout(LOCATED)
    if (name !== undefined) await page.addInitScript(introduce, name)
    const artist = new Artist(context, page, stage.deadline)
    stage.atEnd(async () => {
      await (beside === undefined ? context : page).close()
      expect(artist.#complaints, 'what the page complained about').toEqual([])
    })
    const place = await placeOf(page, stage, path)
    await page.goto(board === null ? place : `${place}b/${board}`)
    return artist
  }

  /** Closes the tab, whatever is under way in it. */
  async leave(): Promise<void> {
    await this.page.close()
  }

  /** The id of the board in the address; `null` for none. */
  board(): string | null {
    return /\/b\/([^/]+)$/.exec(new URL(this.page.url()).pathname)?.[1] ?? null
  }

  async words(selector: string): Promise<string> {
    return ((await this.page.locator(selector).textContent()) ?? '').trim()
  }

  /** `Connecting`, `Live`, `Offline` or `Refused`. */
  state(): Promise<string> {
    return this.words('#pill')
  }

  is(state: string): Promise<void> {
    return this.until(`the pill says ${state}`, async () => (await this.state()) === state)
  }

  /** What is said about saving, beginning with `words`. */
  says(words: string): Promise<void> {
    return this.until(`it says ${words}`, async () =>
      (await this.words('#saved')).startsWith(words),
    )
  }

  /**
   * The view is where it will be, and the first attempt to reach the server is over. Without a
   * server too, so that a test against a dead port fails at what it is about.
   */
  settled(): Promise<void> {
    return this.until('the page knows how it stands', async () => {
      return (await this.state()) !== 'Connecting'
    })
  }

  /** A key, or several: `R`, `Control+Z`, `Shift+ArrowLeft`. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key)
  }

  async point(at: Spot): Promise<void> {
    const [x, y] = await this.#inPage(at)
    await this.page.mouse.move(x, y)
  }

  async click(at: Spot): Promise<void> {
    const [x, y] = await this.#inPage(at)
    await this.page.mouse.click(x, y)
  }

  async doubleClick(at: Spot): Promise<void> {
    const [x, y] = await this.#inPage(at)
    await this.page.mouse.dblclick(x, y)
  }

  async lift(): Promise<void> {
    await this.page.mouse.up()
  }

  /** Presses at the first point, moves through the others, lets go at the last. */
  async draw(points: readonly Spot[]): Promise<void> {
    await this.hold(points)
    await this.page.mouse.up()
  }

  /** As `draw`, without letting go. Between two points the mouse takes `steps` steps. */
  async hold([first, ...others]: readonly Spot[], steps = 4): Promise<void> {
    if (first === undefined) throw new TypeError('a line has at least one point')
    await this.point(first)
    await this.page.mouse.down()
    for (const spot of others) {
      const [x, y] = await this.#inPage(spot)
      await this.page.mouse.move(x, y, { steps })
    }
  }

  /** Goes from here to there with the button as it is. */
  async moveTo(spot: Spot, steps = 4): Promise<void> {
    const [x, y] = await this.#inPage(spot)
    await this.page.mouse.move(x, y, { steps })
  }

  /**
   * The traffic of what `during` does, until nothing has gone out or come in for `quietMs`.
   *
   * @throws {Deadline} When it does not get quiet.
   */
  async trafficOf(during: () => Promise<void>, quietMs = 400): Promise<Traffic> {
    await this.quiet(quietMs)
    const before = { ...this.traffic }
    await during()
    await this.quiet(quietMs)
    const { framesOut, bytesOut, framesIn, bytesIn } = this.traffic
    return {
      framesOut: framesOut - before.framesOut,
      bytesOut: bytesOut - before.bytesOut,
      framesIn: framesIn - before.framesIn,
      bytesIn: bytesIn - before.bytesIn,
    }
  }

  /** @throws {Deadline} */
  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    await until(what, this.#deadline, holds, 20)
  }

  /** Waits until nothing has gone out or come in for so long, in ms. */
  async quiet(ms = 300): Promise<void> {
    let last = ''
    let since = performance.now()
    await this.until('the sockets are quiet', async () => {
      const now = JSON.stringify(this.traffic)
      if (now !== last) since = performance.now()
      last = now
      return performance.now() - since >= ms
    })
  }

  async #inPage([x, y]: Spot): Promise<[number, number]> {
    const box = await this.page.locator('#board').boundingBox()
    if (box === null) throw new TypeError('the page shows no board')
    return [box.x + x, box.y + y]
  }
}

/** Runs in the page, before anything of it: the name is there as from an earlier visit. */
function introduce(name: string): void {
  const { localStorage } = globalThis as unknown as { localStorage: Record<string, string> }
  localStorage['tributary.person'] ??= JSON.stringify({ name, colour: 0 })
}

/** Several people on one board, each in a browser of their own. */
export async function company(
  stage: Stage,
  board: string,
  ...names: readonly string[]
): Promise<Artist[]> {
  const artists = await Promise.all(names.map((name) => Artist.arrive(stage, board, { name })))
  await Promise.all(artists.map((artist) => artist.settled()))
  return artists
}
