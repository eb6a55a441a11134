import { describe, expect } from 'vitest'
import { withoutChromium } from '../browser/chromium.ts'
import { pair, type Visitor } from '../browser/visitor.ts'
import { stageTest } from '../support/stage.ts'

describe.skipIf(withoutChromium)('the field of the page', () => {
  stageTest(
    '[P4] a text of 1 MB',
    async (stage) => {
      const [ann, bob] = await pair(stage)
      const line = 'The quick brown fox jumps over the lazy dog.\n'
      const text = line.repeat(Math.ceil(2 ** 20 / line.length))
      // Asked in the page: what is compared all the time should not travel all the time.
      const has = (visitor: Visitor, length: number) =>
        visitor.until(`${length} units`, async () => {
          return (
            (await visitor.page.evaluate(`document.getElementById('text').value.length`)) === length
          )
        })
      // Pasted, as people do: a browser takes minutes to *type* that many lines.
      await ann.context.grantPermissions(['clipboard-read', 'clipboard-write'])
      await ann.page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`)
      await ann.field.focus()
      await ann.page.keyboard.press('Control+V')
      await has(bob, text.length)
      await bob.caret(9)
      await bob.type(' red')
      await ann.page.keyboard.press('Control+End')
      await ann.type('End.')
      for (const visitor of [ann, bob]) {
        await has(visitor, text.length + 8)
        // Not `toBe`: what fails here should not print 1 MB.
        expect((await visitor.text()) === `The quick red${text.slice(9)}End.`).toBe(true)
      }
    },
    { timeout: 60_000 },
  )
})
