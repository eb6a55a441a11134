// A server of its own and browsers to visit it, for scripts that look at the whiteboard.

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const DESK = { width: 1280, height: 800 }

/** @typedef {import('playwright-core').Page} Page */

/** Starts the built server on a free port, with a folder that goes away with it. */
async function startServer() {
  const data = mkdtempSync(join(tmpdir(), 'tributary-visitors-'))
  const server = spawn(
    process.execPath,
    [join(ROOT, 'dist/main.js'), '--port', '0', '--data', data, '--log-format', 'json'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const ended = new Promise((done) => server.once('exit', done))
  /** @type {string} */
  const url = await new Promise((found, failed) => {
    let text = ''
    server.stdout.on('data', (chunk) => {
      text += chunk
      const [match] = /http:\/\/[\d.]+:\d+/.exec(text) ?? []
      if (match !== undefined) found(match)
    })
    server.once('exit', (code) => failed(new Error(`the server ended with ${code}: ${text}`)))
  })
  return {
    url,
    async stop() {
      server.kill()
      await ended
      rmSync(data, { recursive: true, force: true })
    },
  }
}

/**
 * Calls `act` with a way to open boards, each time as somebody in a browser of their own; ends
 * everything that it began, whatever happens.
 *
 * @typedef {(who: { name: string, colour: number }, board: string, options?: import('playwright-core').BrowserContextOptions) => Promise<Page>} Arrive
 * @param {(arrive: Arrive) => Promise<void>} act
 */
export async function withVisitors(act) {
  const executablePath = CHROMIUM.find((place) => existsSync(place))
  if (executablePath === undefined) {
    throw new Error(`Chromium is at none of ${CHROMIUM.join(', ')}: install it`)
  }
  const server = await startServer()
  const browser = await chromium.launch({
    executablePath,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  })
  try {
    await act(async (who, board, options = {}) => {
      const context = await browser.newContext({ viewport: DESK, ...options })
      const stored = JSON.stringify(JSON.stringify(who))
      await context.addInitScript(`localStorage.setItem('tributary.person', ${stored})`)
      const page = await context.newPage()
      await page.goto(`${server.url}/b/${board}`)
      await page.locator('#pill[data-state=live]').waitFor()
      return page
    })
  } finally {
    await browser.close()
    await server.stop()
  }
}

/**
 * Fills a board with 5,000 shapes and has 20 bots draw on it, as the button does.
 *
 * @param {Page} page
 */
export async function makeBusy(page) {
  await page.locator('#menu-button').click()
  await page.getByRole('menuitem', { name: /figures/i }).click()
  await page.getByRole('button', { name: 'Add 5,000 shapes' }).click()
  await page.locator('#figures').getByText('5,000', { exact: true }).waitFor({ timeout: 60_000 })
  await page.getByRole('button', { name: '20 bots' }).click()
  await page.locator('#figures').getByText('21', { exact: true }).waitFor()
  await page.locator('#board').focus()
}
