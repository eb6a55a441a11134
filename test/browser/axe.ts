import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'

const SOURCE = new URL('../../node_modules/axe-core/axe.min.js', import.meta.url)

interface Violation {
  readonly id: string
  readonly impact: string | null
  readonly help: string
  readonly nodes: readonly { readonly target: readonly string[] }[]
}

/**
 * What axe-core finds serious or critical about the page as it is now, one line each.
 *
 * A script tag would be against the page's policy; what a debugger evaluates is not under it.
 *
 * @param within A selector: only what lies in there is looked at.
 * @param rules Only these; otherwise all of them.
 */
export async function seriousFaults(
  page: Page,
  within = 'html',
  rules: readonly string[] | null = null,
): Promise<string[]> {
  if (await page.evaluate(`typeof axe === 'undefined'`)) {
    await page.evaluate(`${await readFile(SOURCE, 'utf8')};undefined`)
  }
  const violations = (await page.evaluate(
    // Preloading would write style sheets into the page, which the policy forbids.
    `axe.run(${JSON.stringify(within)}, {
      resultTypes: ['violations'],
      preload: false,
      ${rules === null ? '' : `runOnly: ${JSON.stringify(rules)},`}
    }).then(({ violations }) => violations)`,
  )) as readonly Violation[]
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => {
      return `${id}: ${help}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`
    })
}
