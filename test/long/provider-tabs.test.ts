import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import type { Status } from '../../client/provider/status.ts'
import { browser, withoutChromium } from '../browser/chromium.ts'
import { bundled } from '../browser/scripted-page.ts'
import { until } from '../support/deadline.ts'
import { ownStageTest, type Stage } from '../support/stage.ts'

const CLIENT = fileURLToPath(new URL('../../client/provider/index.ts', import.meta.url))
const ENTRY = `
import { connect, forgetDevice } from '${CLIENT}'
globalThis.forget = (url, keepAs) => forgetDevice({ url, keepAs }).then(() => 'done', ({ message }) => message)
globalThis.start = (url, id, { off, ...options }) => {
  const handle = connect(url, id, options)
  if (off) handle.disconnect()
  const text = handle.doc.getText('text')
  globalThis.tab = {
    write: (words) => text.insert(text.length, words),
    text: () => text.toString(),
    status: () => handle.status,
    saved: () => handle.saved({ timeoutMs: 15_000 }),
    end: () => handle.destroy(),
  }
}`

/** Where the page is, of a server that goes on. Chromium lets only pages of this machine ask this machine. */
let place = ''
let pages: Server
beforeAll(async () => {
  const script = await bundled(ENTRY)
  pages = createServer(({ url }, response) => {
    const isScript = url === '/script.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : '<script type="module" src="script.js"></script>')
  }).listen(0, '127.0.0.1')
  await once(pages, 'listening')
  place = `http://127.0.0.1:${(pages.address() as AddressInfo).port}/`
})
afterAll(() => {
  pages.closeAllConnections()
  pages.close()
})

interface Begin {
  /** For whom it keeps what it keeps. */
  readonly keepAs?: string
  /** Whether it is disconnected from the first. */
  readonly off?: boolean
}

class Tab {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  static async open(
    context: BrowserContext,
    stage: Stage,
    id: string,
    options: Begin = {},
  ): Promise<Tab> {
    const page = await context.newPage()
    await page.goto(place)
    await page.waitForFunction('"start" in globalThis')
    const tab = new Tab(page)
    await tab.start(stage, id, options)
    return tab
  }

  start(stage: Stage, id: string, options: Begin): Promise<void> {
    const words = JSON.stringify(options)
    return this.page.evaluate(`start('ws://127.0.0.1:${stage.port}', '${id}', ${words})`)
  }

  /** Ends its handle; the page stays. */
  end(): Promise<void> {
    return this.page.evaluate('tab.end()')
  }

  /** Where there is nothing to hinder it: `done`. */
  forget(stage: Stage, keepAs: string): Promise<string> {
    return this.page.evaluate(`forget('ws://127.0.0.1:${stage.port}', '${keepAs}')`)
  }

  write(words: string): Promise<void> {
    return this.page.evaluate(`tab.write('${words}')`)
  }

  text(): Promise<string> {
    return this.page.evaluate('tab.text()')
  }

  status(): Promise<Status> {
    return this.page.evaluate('tab.status()')
  }

  saved(): Promise<void> {
    return this.page.evaluate('tab.saved()')
  }

  /** As when the system ends it: no handler of the page runs. */
  async crash(): Promise<void> {
    const crashed = this.page.waitForEvent('crash')
    const session = await this.page.context().newCDPSession(this.page)
    void session.send('Page.crash').catch(() => {})
    await crashed
    await this.page.close()
  }

  async shows(text: string): Promise<void> {
    await until(`the tab shows ${text}`, 20_000, async () => (await this.text()) === text, 20)
  }

  async is(what: string, holds: (status: Status) => boolean): Promise<void> {
    let status = await this.status()
    const look = async () => {
      status = await this.status()
      return holds(status)
    }
    await until(what, 20_000, look, 20).catch((error) => {
      throw new Error(`${what}, but: ${JSON.stringify(status)}`, { cause: error })
    })
  }
}

async function contextOf(stage: Stage): Promise<BrowserContext> {
  const context = await (await browser()).newContext()
  stage.atEnd(() => context.close())
  return context
}

const isSaved = ({ link, save }: Status) => link.is === 'online' && save.is === 'saved'
const isOnDevice = ({ save }: Status) => save.is === 'local' && save.device

describe.skipIf(withoutChromium)('tabs of one browser', () => {
  ownStageTest(
    '[U30] [U42] what a tab wrote offline before it crashed is brought by the other',
    async (stage) => {
      await stage.start()
      const id = stage.entity()
      const context = await contextOf(stage)
      const ann = await Tab.open(context, stage, id)
      const bob = await Tab.open(context, stage, id)
      await ann.write('online ')
      await bob.shows('online ')
      for (const tab of [ann, bob]) await tab.is('all is saved', isSaved)
      await stage.server.kill()
      await ann.is('the server is away', ({ link }) => link.is === 'offline')
      await ann.write('of ann ')
      await ann.is('it is on the device', isOnDevice)
      // No server is needed between two tabs; what the other wrote is not this one's to send.
      await bob.shows('online of ann ')
      expect((await bob.status()).pending).toBe(0)
      await ann.crash()
      await bob.is('it is the other’s now', ({ pending }) => pending === 1)
      await bob.write('of bob ')
      await stage.restart('kill')
      await bob.is('all is saved', isSaved)
      await bob.saved()
      const cat = await Tab.open(await contextOf(stage), stage, id)
      await cat.shows('online of ann of bob ')
      // Nothing is left to be sent by anybody.
      await bob.crash()
      const dora = await Tab.open(context, stage, id)
      await dora.shows('online of ann of bob ')
      await dora.is('nothing waits', (status) => isSaved(status) && status.pending === 0)
    },
    { timeout: 120_000 },
  )

  ownStageTest(
    '[U30] [U42] what the only tab wrote offline is there in the next one, and is brought by it',
    async (stage) => {
      await stage.start()
      const id = stage.entity()
      const context = await contextOf(stage)
      const ann = await Tab.open(context, stage, id)
      await ann.write('online ')
      await ann.saved()
      await stage.server.kill()
      await ann.is('the server is away', ({ link }) => link.is === 'offline')
      for (let n = 0; n < 5; n++) await ann.write(`${n} `)
      await ann.is('it is on the device', isOnDevice)
      await ann.crash()
      const bob = await Tab.open(context, stage, id)
      await bob.shows('online 0 1 2 3 4 ')
      await bob.is('it is not saved', isOnDevice)
      await stage.restart('kill')
      await bob.is('all is saved', isSaved)
      const cat = await Tab.open(await contextOf(stage), stage, id)
      await cat.shows('online 0 1 2 3 4 ')
    },
    { timeout: 120_000 },
  )

  ownStageTest(
    '[U75] [U76] who shares a browser shares nothing else; who signs out leaves nothing',
    async (stage) => {
      await stage.start()
      const id = stage.entity()
      const context = await contextOf(stage)
      const [ann, bob] = [
        await Tab.open(context, stage, id, { keepAs: 'ann', off: true }),
        await Tab.open(context, stage, id, { keepAs: 'bob' }),
      ]
      await bob.is('he is there', isSaved)
      await ann.write('of ann ')
      await ann.is('it is on the device', isOnDevice)
      const also = await Tab.open(context, stage, id, { keepAs: 'ann', off: true })
      await also.shows('of ann ')
      await also.write('and more ')
      await also.is('that too', isOnDevice)
      await bob.write('of bob ')
      await bob.saved()
      expect(await bob.text(), 'no tab has told him').toBe('of bob ')

      // In her own page, and from that of another.
      expect(await ann.forget(stage, 'ann')).toContain('In use')
      await ann.end()
      expect(await bob.forget(stage, 'ann')).toContain('In use')
      await also.end()
      expect(await ann.forget(stage, 'ann')).toBe('done')
      await ann.start(stage, id, { keepAs: 'ann' })
      await ann.is('all that is left is saved', isSaved)
      expect(await ann.text()).toBe('of bob ')
      expect(await bob.text()).toBe('of bob ')
      expect(await bob.status()).toMatchObject({ storageTrouble: null })
    },
    { timeout: 60_000 },
  )
})
