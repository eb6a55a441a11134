import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'
import { afterAll } from 'vitest'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
export const executable = PLACES.find((place) => existsSync(place))

/** On a developer's machine without Chromium these tests are left out; in CI they fail. */
export const withoutChromium = executable === undefined && !process.env.CI

export const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

let shared: Promise<Browser> | null = null

/** The browser that the tests of a file share; each visitor has a profile of its own. */
export function browser(): Promise<Browser> {
  if (executable === undefined) {
    throw new Error(`the tests need Chromium, which is at none of ${PLACES.join(', ')}`)
  }
  shared ??= chromium.launch({ executablePath: executable, args: ARGS })
  return shared
}

afterAll(async () => {
  await (await shared)?.close()
  shared = null
})
