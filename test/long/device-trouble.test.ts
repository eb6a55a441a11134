import { randomBytes } from 'node:crypto'
import type { BrowserContext, Page } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { browser } from '../browser/chromium.ts'
import { DevicePage, PLACE } from '../browser/device-page.ts'
import { until } from '../support/deadline.ts'

const ORIGIN = PLACE.slice(0, -1)
const DATABASE = 'tributary:one'
const POSITION = '0.abc:3:0000000000000000'
const bytes = (...values: number[]) => Uint8Array.from(values)

describe('IndexedDB in Chromium', () => {
  let context: BrowserContext
  beforeEach(async () => {
    context = await (await browser()).newContext()
  })
  afterEach(() => context.close())

  async function opened(options?: Parameters<typeof DevicePage.open>[1]) {
    const { page, ...device } = await tab(options)
    return { page, store: await device.open('one') }
  }
  async function tab(options?: Parameters<typeof DevicePage.open>[1]) {
    const device = await DevicePage.open(context, options)
    return { page: device.page, open: (name: string) => device.store(name) }
  }
  const quota = async (page: Page, quotaSize?: number) => {
    const session = await context.newCDPSession(page)
    const size = quotaSize === undefined ? {} : { quotaSize }
    await session.send('Storage.overrideQuotaForOrigin', { origin: ORIGIN, ...size })
  }

  test('[U48] no room left: said, nothing lost, and kept again when there is room', async () => {
    const { page, open } = await tab()
    // Before anything else: for a while the browser goes by what it has seen of free room.
    await quota(page, 1_000_000)
    const store = await open('one')
    const first = await store.keep(bytes(1), 'here')
    // The browser compresses what it keeps, where it can.
    const large = new Uint8Array(randomBytes(3_000_000))
    await expect(store.keep(large, 'here')).rejects.toMatchObject({
      name: 'StorageTrouble',
      trouble: 'full',
      message: expect.stringContaining('Make room'),
    })
    await expect(store.standAt(POSITION, false)).rejects.toThrow()
    await quota(page)
    await expect(store.standAt(POSITION, false)).rejects.toMatchObject({ trouble: 'hole' })
    const last = await store.keep(bytes(3), 'server')
    await store.compact(bytes(1, 2, 3), last)
    await store.standAt(POSITION, false)
    await page.close()
    const { store: next } = await opened()
    expect(await next.load()).toMatchObject({ updates: [bytes(1, 2, 3)], position: POSITION })
    await until('the edit is adopted', 10_000, async () => {
      return (await next.adopt()).some(({ id }) => id === first)
    })
  })

  test.each([
    [
      'by the browser',
      async (page: Page) => {
        const session = await context.newCDPSession(page)
        const storageTypes = 'indexeddb'
        await session.send('Storage.clearDataForOrigin', { origin: ORIGIN, storageTypes })
      },
    ],
    [
      'by another tab',
      async () => {
        const { page } = await tab()
        await page.evaluate(`new Promise((resolve) => {
          indexedDB.deleteDatabase('${DATABASE}').onsuccess = resolve
        })`)
      },
    ],
  ])('[U48] wiped while it was open, %s: said once, and begun anew', async (_how, wipe) => {
    const { page, store } = await opened()
    const ids = [await store.keep(bytes(1), 'here'), await store.keep(bytes(2), 'server')]
    await wipe(page)
    let trouble: unknown = null
    await until('it is noticed', 10_000, async () => {
      await store.load().catch((error) => {
        trouble = error
      })
      return trouble !== null
    })
    expect(trouble).toMatchObject({ trouble: 'wiped', message: expect.stringContaining('cleared') })
    expect(await store.load()).toMatchObject({ updates: [], position: '' })
    // No id means another update than before.
    const id = await store.keep(bytes(3), 'here')
    expect(id).toBeGreaterThan(Math.max(...ids))
    await store.acknowledged(ids)
    await expect(store.standAt(POSITION, false)).rejects.toMatchObject({ trouble: 'hole' })
    await store.compact(bytes(1, 2, 3), id)
    await store.standAt(POSITION, false)
    expect(await store.load()).toMatchObject({ updates: [bytes(1, 2, 3)], position: POSITION })
    await page.close()
    const { store: next } = await opened()
    await until('the edit is adopted', 10_000, async () => {
      return (await next.adopt()).some((edit) => edit.id === id)
    })
  })

  test('[U48] where a page may store nothing it is said, and in a database that hangs', async () => {
    const sandboxed = await tab({ headers: { 'content-security-policy': 'sandbox allow-scripts' } })
    await expect(sandboxed.open('one')).rejects.toMatchObject({
      name: 'StorageTrouble',
      trouble: 'blocked',
    })
    // A deletion waits for a page that does not let go, and everything else for the deletion.
    const { page } = await tab()
    await page.evaluate(`new Promise((resolve) => {
      const opening = indexedDB.open('${DATABASE}')
      opening.onsuccess = () => {
        globalThis.held = opening.result
        indexedDB.deleteDatabase('${DATABASE}').onblocked = resolve
      }
    })`)
    const { open } = await tab()
    const asked = performance.now()
    await expect(open('one')).rejects.toMatchObject({ trouble: 'blocked' })
    expect(performance.now() - asked).toBeLessThan(15_000)
    await page.evaluate('held.close()')
    const store = await open('one')
    await store.keep(bytes(1), 'here')
    // Nothing of the first try is left open: it can be deleted.
    await store.close()
    await page.evaluate(`new Promise((resolve, reject) => {
      const deleting = indexedDB.deleteDatabase('${DATABASE}')
      Object.assign(deleting, { onsuccess: resolve, onblocked: reject })
    })`)
  })

  test('[U48] what a later version has made its own is left to it', async () => {
    const { store } = await opened()
    await store.keep(bytes(1), 'here')
    const { page } = await tab()
    const versions = `new Promise((resolve, reject) => {
      const opening = indexedDB.open('${DATABASE}', 2)
      opening.onsuccess = () => resolve(opening.result.version)
      opening.onblocked = reject
    })`
    expect(await page.evaluate(versions)).toBe(2)
    await until('it is noticed', 10_000, async () => {
      return store.load().then(
        () => false,
        ({ trouble }) => trouble === 'later',
      )
    })
    await expect(store.keep(bytes(2), 'here')).rejects.toThrow('reload')
  })

  test('[U53] without locks, as over plain HTTP, only what is older than the page is adopted', async () => {
    const plain = { place: 'http://device.test/' }
    const { page, store: ann } = await opened(plain)
    expect(await page.evaluate('"locks" in navigator')).toBe(false)
    const ids = [await ann.keep(bytes(1), 'here'), await ann.keep(bytes(2), 'here')]
    expect(await ann.adopt()).toEqual([])
    const { store: bob } = await opened(plain)
    await ann.keep(bytes(3), 'here')
    expect((await bob.adopt()).map(({ id }) => id)).toEqual(ids)
    expect(await bob.adopt()).toEqual([])
  })

  test('[U98] what was adopted of one tab is given, although that of another could not be had', async () => {
    const { store: ann } = await opened()
    const id = await ann.keep(bytes(1), 'here')
    await ann.close()
    const { page, store: bob } = await opened()
    // An edit without its row, behind that one.
    const change = (act: string) =>
      page.evaluate(`new Promise((resolve) => {
        indexedDB.open('${DATABASE}').onsuccess = ({ target: { result: db } }) => {
          const changing = db.transaction('edits', 'readwrite')
          changing.oncomplete = () => resolve(db.close())
          changing.objectStore('edits').${act}
        }
      })`)
    await change(`put({ id: ${id + 1}, tab: 'nobody', madeAt: 0, compacted: false })`)
    await until('that is in the way', 10_000, async () => {
      const edits = await bob.adopt().catch(() => null)
      if (edits !== null) expect(edits).toEqual([])
      return edits === null
    })
    await change(`delete(${id + 1})`)
    expect((await bob.adopt()).map((edit) => edit.id)).toEqual([id])
  })

  test('[U49] a closed tab holds nothing: no lock, no connection', async () => {
    const { page, store } = await opened()
    await store.keep(bytes(1), 'here')
    const locks = `navigator.locks.query().then(({ held }) => held.length)`
    expect(await page.evaluate(locks)).toBe(1)
    await store.close()
    expect(await page.evaluate(locks)).toBe(0)
    await page.evaluate(`new Promise((resolve, reject) => {
      const deleting = indexedDB.deleteDatabase('${DATABASE}')
      Object.assign(deleting, { onsuccess: resolve, onblocked: reject })
    })`)
  })
})
