import type { BrowserContext } from 'playwright-core'
import { browser } from '../browser/chromium.ts'
import { DevicePage } from '../browser/device-page.ts'
import { deviceStoreContract } from '../contract/device-store.contract.ts'

deviceStoreContract('IndexedDB in Chromium', async () => {
  const context: BrowserContext = await (await browser()).newContext()
  const pages = new Map<object, DevicePage>()
  return {
    async open(name) {
      const page = await DevicePage.open(context)
      const store = await page.store(name)
      pages.set(store, page)
      return store
    },
    // Of others, of this browser but not of this page, it is told by their locks.
    forget: async (prefix) => (await DevicePage.open(context)).forget(prefix),
    // Nothing of the page is asked any more: the browser takes it away.
    kill: async (store) => pages.get(store)?.page.close(),
    end: () => context.close(),
  }
})
