import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { describe, expect } from 'vitest'
import { browser, withoutChromium } from '../browser/chromium.ts'
import { until } from '../support/deadline.ts'
import { ownStageTest, type Stage } from '../support/stage.ts'

const WORKER = new URL('../../dist/pages/service-worker.js', import.meta.url)

/** A server of pages that name one file each, which is another one in each version. */
class PagesServer {
  version = 1
  /** What it does instead of answering with a page. */
  mood: 'well' | 'broken' | 'silent' | 'slow' = 'well'
  /** Files asked for, by their paths. */
  readonly asked: string[] = []
  readonly #worker: Buffer
  readonly #server = createServer(({ url = '' }, response) => this.#answer(url, response))

  private constructor(worker: Buffer) {
    this.#worker = worker
  }

  static async start(stage: Stage): Promise<[PagesServer, place: string]> {
    const pages = new PagesServer(await readFile(WORKER))
    const server = pages.#server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    stage.atEnd(() => {
      server.close()
      server.closeAllConnections()
    })
    return [pages, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`]
  }

  #answer(path: string, response: ServerResponse): void {
    this.asked.push(path)
    const say = (type: string, body: string | Buffer) => {
      response.setHeader('content-type', type)
      response.setHeader('etag', `"${path.length}-${this.version}"`)
      response.end(body)
    }
    const script = `${path === '/' ? './' : '../'}assets/file-${this.version}.js`
    if (path === '/service-worker.js') say('text/javascript', this.#worker)
    else if (path.startsWith('/assets/')) say('text/javascript', `document.title = "${path}"`)
    else if (this.mood !== 'silent') {
      if (this.mood === 'broken') response.statusCode = 502
      const page = `<title>…</title><script src="${script}"></script>`
      if (this.mood === 'slow') setTimeout(say, 4_000, 'text/html', page)
      else say('text/html', page)
    }
  }
}

describe.skipIf(withoutChromium)('what keeps the pages', () => {
  ownStageTest('[B98] shows what is new, and what is kept only when it must', async (stage) => {
    const [pages, place] = await PagesServer.start(stage)
    const context = await (await browser()).newContext()
    stage.atEnd(() => context.close())
    const page = await context.newPage()
    const shows = async (path: string, version: number) => {
      await page.goto(`${place}${path}`, { waitUntil: 'load' })
      expect(await page.title()).toBe(`/assets/file-${version}.js`)
    }
    await shows('', 1)
    await page.evaluate(REGISTER)

    // Files of a version are not asked for again.
    pages.asked.length = 0
    await shows('b/plans', 1)
    expect(pages.asked.filter((path) => path.startsWith('/assets/'))).toEqual([])

    pages.mood = 'broken'
    await shows('', 1)
    await shows('b/plans', 1)
    pages.mood = 'silent'
    await shows('b/another', 1)

    pages.mood = 'well'
    pages.version = 2
    await shows('b/plans', 2)
    await shows('', 2)
    await until('the older file has gone', stage.deadline, async () => {
      return (await keptBy(page)) === '/ /assets/file-2.js /b/any'
    })
    pages.mood = 'broken'
    await shows('b/plans', 2)

    // What came too late to be shown is shown the next time.
    pages.mood = 'slow'
    pages.version = 3
    await shows('b/plans', 2)
    await until('it is kept', stage.deadline, async () => {
      return (await keptBy(page)).includes('file-3')
    })
    pages.mood = 'silent'
    await until('the page too', stage.deadline, async () => {
      await page.goto(`${place}b/plans`, { waitUntil: 'load' })
      return (await page.title()) === '/assets/file-3.js'
    })
  })
})

/** Resolves when this page is served through it. */
const REGISTER = `(async () => {
  const taken = new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve))
  await navigator.serviceWorker.register('/service-worker.js')
  await taken
})()`

const keptBy = (page: Page): Promise<string> =>
  page.evaluate(`(async () => {
    const kept = await (await caches.open('tributary-pages')).keys()
    return kept.map(({ url }) => new URL(url).pathname).sort().join(' ')
  })()`)
