import { describe, expect } from 'vitest'
import { withoutChromium } from '../browser/chromium.ts'
import { agreed, pair, Visitor } from '../browser/visitor.ts'
import { stageTest, stockTest } from '../support/stage.ts'
import { mayAll, SECRET } from '../support/tokens.ts'

const arrive = Visitor.arrive

describe.skipIf(withoutChromium)('the page and its server', () => {
  stockTest('[P8] a reload keeps the text, the name and the colour', async (stage) => {
    const ann = await arrive(stage, stage.entity())
    await ann.rename('Ann')
    const colour = await ann.page.locator('#you').getAttribute('data-colour')
    await ann.field.focus()
    await ann.type('kept')
    await ann.says('Saved on the server')
    await ann.page.reload()
    await ann.shows('kept')
    expect(await ann.name()).toBe('Ann')
    expect(await ann.page.locator('#you').getAttribute('data-colour')).toBe(colour)
  })

  stageTest('[P7] live is only who has everything', async (stage) => {
    const id = stage.entity()
    const stock = await stage.stock('3.1.0', id).synced()
    stock.doc.getText('text').insert(0, 'all of it')
    const ann = await arrive(stage, stage.entity())
    const held: (() => void)[] = []
    let hold = true
    await ann.page.routeWebSocket(/./, (page) => {
      const server = page.connectToServer()
      server.onMessage((message) => {
        if (hold) held.push(() => page.send(message))
        else page.send(message)
      })
    })
    await ann.page.evaluate(`location.hash = ${JSON.stringify(id)}`)
    await ann.until('the server has answered', async () => held.length > 1)
    expect(await ann.state()).toBe('Connecting')
    hold = false
    for (const send of held) send()
    await ann.is('Live')
    await ann.shows('all of it')
  })

  stageTest('[P7] refused is for good, and says why', async (stage) => {
    const ann = await arrive(stage, stage.entity())
    let sockets = 0
    await ann.page.routeWebSocket(/./, (page) => {
      sockets += 1
      const server = page.connectToServer()
      // An update that is cut short, in between the page's own messages.
      server.send(Buffer.of(0, 2, 9, 1))
    })
    await ann.page.reload()
    await ann.is('Refused')
    expect(await ann.note()).toMatch(/cut short/)
    expect(await ann.field.isEditable()).toBe(false)
    expect(sockets).toBe(1)
  })

  stageTest(
    '[P7] the pill tells when the server is away; both sides come together again',
    async (stage) => {
      const [ann, bob] = await pair(stage)
      await ann.field.fill('before. ')
      await bob.shows('before. ')
      await ann.says('Saved on the server')
      const states = await ann.page.evaluateHandle(`(() => {
        const pill = document.getElementById('pill')
        const states = []
        const watch = new MutationObserver(() => states.push(pill.textContent))
        watch.observe(pill, { childList: true, characterData: true, subtree: true })
        return states
      })()`)
      await stage.server.stop()
      for (const visitor of [ann, bob]) await visitor.is('Offline')
      expect(await ann.words('#count')).toBe('Nobody else in sight')
      await ann.caret(8)
      await ann.type('Ann offline. ')
      await bob.caret(8)
      await bob.type('Bob offline. ')
      await ann.says('Your changes wait here until the server is back')
      // Several attempts fail meanwhile, and none of them is news.
      const attempts = () => ann.requested.filter((url) => url.startsWith('ws:')).length
      const before = attempts()
      await ann.until('it tries again', async () => attempts() > before + 1)

      await stage.restart('stop')
      for (const visitor of [ann, bob]) await visitor.is('Live')
      const text = await agreed(ann, bob)
      expect(text).toContain('Ann offline. ')
      expect(text).toContain('Bob offline. ')
      expect(text).toHaveLength(8 + 2 * 13)
      expect(await states.jsonValue()).toEqual(['Offline', 'Live'])
    },
    { flags: [] },
  )

  stageTest(
    '[P8] what is said to be saved is there after kill -9',
    async (stage) => {
      const id = stage.entity()
      const ann = await arrive(stage, id)
      await ann.is('Live')
      await ann.field.focus()
      await ann.type('Saved means saved.')
      await ann.says('Saved on the server')
      await stage.server.kill()
      await ann.is('Offline')
      await ann.context.close()

      await stage.restart('kill')
      const late = await arrive(stage, id)
      await late.shows('Saved means saved.')
    },
    { flags: [] },
  )

  stageTest(
    '[P8] leaving with something unsaved asks first',
    async (stage) => {
      const ann = await arrive(stage, stage.entity())
      await ann.is('Live')
      const asked: string[] = []
      ann.page.on('dialog', async (dialog) => {
        asked.push(dialog.type())
        await dialog.dismiss()
      })
      await stage.server.stop()
      await ann.is('Offline')
      await ann.field.focus()
      await ann.type('not yet sent')
      await ann.says('Your changes wait here until the server is back')
      await ann.page.close({ runBeforeUnload: true })
      await ann.until('it asks', async () => asked.length > 0)
      expect(asked).toEqual(['beforeunload'])
      expect(await ann.text()).toBe('not yet sent')
    },
    { flags: [] },
  )

  stageTest(
    '[P11] who may only read sees everything, and is told that own edits are not kept',
    async (stage) => {
      const id = stage.entity()
      const as = (may: string) => ({ query: `?token=${mayAll(may)}` })
      const [ann, bob] = await Promise.all([
        arrive(stage, id, as('write')),
        arrive(stage, id, as('read')),
      ])
      await ann.field.focus()
      await ann.type('from Ann')
      await ann.says('Saved on the server')
      await bob.shows('from Ann')
      expect(await bob.words('#note')).toBe('Saved on the server')
      await bob.field.focus()
      await bob.type('not kept ')
      await bob.says('The server does not take your changes: they are on this page only')
      expect(await ann.text()).toBe('from Ann')

      await bob.context.grantPermissions(['clipboard-read', 'clipboard-write'])
      await bob.page.locator('#copy').click()
      await bob.page.getByRole('button', { name: 'Copied' }).waitFor()
      expect(await bob.page.evaluate('navigator.clipboard.readText()')).not.toContain('token')

      const nobody = await arrive(stage, id)
      await nobody.is('Refused')
      expect(await nobody.words('#note')).toMatch(/token/)
    },
    { flags: ['--auth-secret', SECRET] },
  )
})
