import type { Page } from 'playwright-core'

/** What a page may say in the console: that nobody answers. All else is a failure, CSP included. */
const EXPECTED = /WebSocket connection to .* failed|net::ERR_CONNECTION_REFUSED/

/** Every error of the page, its workers included, from now on. The list grows. */
export function complaintsOf(page: Page): readonly string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !EXPECTED.test(message.text()))
      complaints.push(message.text())
  })
  return complaints
}
