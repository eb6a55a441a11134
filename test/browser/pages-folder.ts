import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Page, Route } from 'playwright-core'
import type { Stage } from '../support/stage.ts'

const PAGES = new URL('../../dist/pages/', import.meta.url)
const TYPES: Record<string, string> = { html: 'text/html', js: 'text/javascript', css: 'text/css' }

/**
 * Where the pages lie for a tab: on the stage's server, or, when `path` is not `/`, below that path
 * as behind a proxy that lets the pages through and nothing else.
 *
 * @example await page.goto(`${await placeOf(page, stage, '/')}text/`)
 */
export async function placeOf(page: Page, stage: Stage, path: string): Promise<string> {
  const place = `http://127.0.0.1:${stage.port}${path}`
  // Where nothing listens the page comes from the folder too, so that only the server is missing.
  if (path !== '/' || !hasServer(stage)) await page.route(`${place}**`, fromFolder(path))
  return place
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
  const below = pathname.slice(path.length).replace(/^b\/[^/]+$/, 'b/')
  const file = /(^|\/)$/.test(below) ? `${below}index.html` : below
  await route.fulfill({
    body: await readFile(fileURLToPath(new URL(file, PAGES))),
    contentType: TYPES[file.split('.').at(-1) ?? ''] ?? 'image/svg+xml',
  })
}
