import { randomBytes } from 'node:crypto'
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
import { connect } from '${CLIENT}'
globalThis.start = (url, id) => {
  globalThis.handle = connect(url, id)
}
globalThis.write = (words) => handle.doc.getText().insert(0, words)
// Whether the page would ask before it is left.
globalThis.asks = () => {
  const leaving = new Event('beforeunload', { cancelable: true })
  dispatchEvent(leaving)
  return leaving.defaultPrevented
}
// In how many ms it is tried next, before and after something has happened.
globalThis.waits = async (happens) => {
  const wait = () => (handle.status.link.again ?? 0) - Date.now()
  while (wait() < 600) await new Promise((resolve) => setTimeout(resolve, 5))
  const before = wait()
  happens()
  return [before, wait()]
}`

/** Where the pages are: they go on without the server. Below `/sandbox` they may keep nothing. */
let place = ''
let pages: Server
beforeAll(async () => {
  const script = await bundled(ENTRY)
  pages = createServer(({ url = '' }, response) => {
    const isScript = url === '/script.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.setHeader('access-control-allow-origin', '*')
    if (url.startsWith('/sandbox')) {
      response.setHeader('content-security-policy', 'sandbox allow-scripts')
    }
    response.end(isScript ? script : '<script type="module" src="/script.js"></script>')
  }).listen(0, '127.0.0.1')
  await once(pages, 'listening')
  place = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`
})
afterAll(() => {
  pages.closeAllConnections()
  pages.close()
})

const statusOf = (page: Page): Promise<Status> => page.evaluate('handle.status')
const asks = (page: Page): Promise<boolean> => page.evaluate('asks()')

async function is(page: Page, what: string, holds: (status: Status) => boolean): Promise<void> {
  let status = await statusOf(page)
  const look = async () => {
    status = await statusOf(page)
    return holds(status)
  }
  await until(what, 20_000, look, 20).catch((error) => {
    throw new Error(`${what}, but: ${JSON.stringify(status)}`, { cause: error })
  })
}

async function open(context: BrowserContext, path = '/'): Promise<Page> {
  const page = await context.newPage()
  await page.goto(place + path)
  await page.waitForFunction('"start" in globalThis')
  return page
}

const start = (page: Page, stage: Stage): Promise<void> =>
  page.evaluate(`start('ws://127.0.0.1:${stage.port}', '${stage.entity()}')`)

const isSaved = ({ link, save }: Status) => link.is === 'online' && save.is === 'saved'
const isLocal =
  (device: boolean) =>
  ({ save }: Status) =>
    save.is === 'local' && save.device === device

describe.skipIf(withoutChromium)('[U92] a page in a real browser', () => {
  ownStageTest(
    'asks before it is left only while something is neither saved nor kept; says what it cannot keep; tries at once when it is looked at',
    async (stage) => {
      await stage.start()
      const context = await (await browser()).newContext()
      stage.atEnd(() => context.close())
      const page = await open(context)
      const quota = async (quotaSize?: number) => {
        const session = await context.newCDPSession(page)
        const size = quotaSize === undefined ? {} : { quotaSize }
        await session.send('Storage.overrideQuotaForOrigin', { origin: place, ...size })
      }
      // Before anything else: for a while the browser goes by what it has seen of free room.
      await quota(1_000_000)
      await start(page, stage)
      await page.evaluate('write("saved. ")')
      await is(page, 'it is saved', isSaved)
      expect(await asks(page), 'saved').toBe(false)

      await stage.server.kill()
      await is(page, 'the server is away', ({ link }) => link.is === 'offline')
      await page.evaluate('write("kept. ")')
      await is(page, 'it is kept', isLocal(true))
      expect(await asks(page), 'kept on the device').toBe(false)

      // The browser compresses what it keeps, where it can.
      const large = randomBytes(2_250_000).toString('base64')
      await page.evaluate(`write(${JSON.stringify(large)})`)
      await is(page, 'there is no room', isLocal(false))
      expect((await statusOf(page)).storageTrouble).toContain('Make room')
      expect(await asks(page), 'neither').toBe(true)
      const asked: string[] = []
      page.on('dialog', async (dialog) => {
        asked.push(dialog.type())
        await dialog.dismiss()
      })
      await page.mouse.click(10, 10)
      await page.close({ runBeforeUnload: true })
      await until('the browser asks', 10_000, () => asked.length > 0)
      expect(asked).toEqual(['beforeunload'])

      for (const happens of [
        'dispatchEvent(new Event("online"))',
        'document.dispatchEvent(new Event("visibilitychange"))',
      ]) {
        const [before, after] = (await page.evaluate(`waits(() => ${happens})`)) as number[]
        expect(before, happens).toBeGreaterThan(500)
        expect(after, happens).toBeLessThanOrEqual(100)
      }

      await quota()
      await stage.restart('kill')
      await is(page, 'it is saved again', isSaved)
      await is(page, 'all is kept', ({ storageTrouble }) => storageTrouble === null)
      expect(await asks(page), 'at the end').toBe(false)
    },
    { timeout: 90_000 },
  )

  ownStageTest(
    'that may keep nothing says so, and works',
    async (stage) => {
      await stage.start()
      const context = await (await browser()).newContext()
      stage.atEnd(() => context.close())
      const page = await open(context, '/sandbox')
      await start(page, stage)
      await page.evaluate('write("saved. ")')
      await is(page, 'it is saved', isSaved)
      expect((await statusOf(page)).storageTrouble).toMatch(/\w/)
      await stage.server.kill()
      await is(page, 'the server is away', ({ link }) => link.is === 'offline')
      await page.evaluate('write("not kept. ")')
      await is(page, 'it is not kept', isLocal(false))
      expect(await asks(page)).toBe(true)
    },
    { timeout: 60_000 },
  )
})
