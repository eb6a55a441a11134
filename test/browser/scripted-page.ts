import type { Page } from 'playwright-core'
import { build } from 'vite'

/** A module with everything that it imports, as one script. */
export async function bundled(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'entry' ? '\0entry' : null),
        load: (id) => (id === '\0entry' ? entry : null),
      },
    ],
    build: { write: false, target: 'es2022', minify: false, rolldownOptions: { input: 'entry' } },
  })
  const [output] = [built].flat()
  if (output === undefined || !('output' in output)) throw new Error('nothing was built')
  return output.output[0].code
}

/**
 * From now on there is a page at `place` that runs a script, and nothing else.
 *
 * @param place Ends with a slash: nothing has to listen there.
 */
export async function scriptedPage(
  page: Page,
  place: string,
  script: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  await page.route(`${place}**`, (route) =>
    route.request().url().endsWith('.js')
      ? route.fulfill({
          body: script,
          contentType: 'text/javascript',
          headers: { 'access-control-allow-origin': '*' },
        })
      : route.fulfill({
          body: '<script type="module" src="script.js"></script>',
          contentType: 'text/html',
          headers,
        }),
  )
}
