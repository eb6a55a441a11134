import { describe, expect } from 'vitest'
import { stageTest, stockTest } from '../support/stage.ts'
import { withoutChromium } from './chromium.ts'
import { pair, Visitor } from './visitor.ts'

const arrive = Visitor.arrive

describe.skipIf(withoutChromium)('the text page', () => {
  stockTest('[P2] two people share the text and see each other', async (stage) => {
    const id = stage.entity()
    const [ann, bob] = await Promise.all([arrive(stage, id), arrive(stage, id)])
    await ann.rename('Ann')
    await bob.rename('Bob')
    await ann.field.focus()
    await ann.type('From Ann.\n')
    await bob.shows('From Ann.\n')
    await bob.caret(10)
    await bob.type('From Bob.\n')
    await ann.shows('From Ann.\nFrom Bob.\n')
    await ann.until('Ann sees Bob', async () => (await ann.others()).join() === 'Bob')
    await bob.until('Bob sees Ann', async () => (await bob.others()).join() === 'Ann')

    const late = await arrive(stage, id)
    await late.shows('From Ann.\nFrom Bob.\n')
    await late.until('the others', async () => (await late.others()).join() === 'Ann,Bob')
    expect(await late.words('#count')).toBe('3 people here')
  })

  stockTest('[P2] two tabs of one browser speak through the server only', async (stage) => {
    const id = stage.entity()
    const ann = await arrive(stage, id)
    const tab = await arrive(stage, id, { beside: ann })
    await ann.field.focus()
    await ann.type('seen in the other tab')
    await tab.shows('seen in the other tab')
  })

  stageTest('[P2] other ids are other texts, whatever is in them', async (stage) => {
    const ids = ['a/b', 'a%2Fb', 'a b', 'ä:😀', '100%'].map((id) => `${stage.entity()}-${id}`)
    const visitors = await Promise.all(ids.map((id) => arrive(stage, id)))
    for (const [n, visitor] of visitors.entries()) {
      await visitor.is('Live')
      await visitor.field.fill(`text ${n}`)
    }
    for (const [n, id] of ids.entries()) {
      await visitors[n]!.says('Saved on the server')
      const stock = await stage.stock('3.1.0', id).synced()
      expect(stock.doc.getText('text').toString(), id).toBe(`text ${n}`)
    }
  })

  stageTest('[P2] the link of the page opens it, another one another', async (stage) => {
    const id = stage.entity()
    const ann = await arrive(stage, id)
    await ann.context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await ann.page.locator('#copy').click()
    await ann.page.getByRole('button', { name: 'Copied' }).waitFor()
    const link = await ann.page.evaluate('navigator.clipboard.readText()')
    expect(link).toBe(`http://127.0.0.1:${stage.port}/text/#${id}`)

    await ann.is('Live')
    await ann.field.fill('here')
    await ann.says('Saved on the server')
    await ann.page.evaluate('location.hash = location.hash + "-other"')
    await ann.shows('')
    await ann.page.evaluate(`location.href = ${JSON.stringify(link)}`)
    await ann.shows('here')
  })

  stageTest('[P2] where the clipboard is closed, the link is selected', async (stage) => {
    const ann = await arrive(stage, stage.entity())
    await ann.page.evaluate('navigator.clipboard.writeText = () => Promise.reject(new Error())')
    await ann.page.locator('#copy').click()
    await ann.until('the link is selected', async () => {
      const selected = await ann.page.evaluate('getSelection().toString()')
      return selected === (await ann.page.locator('#link').inputValue())
    })
  })

  stageTest('[P2] a link that names no entity says so and takes no text', async (stage) => {
    const ann = await arrive(stage, 'why?')
    await ann.is('Refused')
    expect(await ann.note()).toContain('cannot carry the entity id "why?"')
    expect(await ann.field.isVisible()).toBe(false)
    expect(ann.requested.filter((url) => url.startsWith('ws'))).toEqual([])
    await ann.page.getByRole('link', { name: 'welcome' }).click()
    await ann.is('Live')
    expect(await ann.words('#entity')).toBe('welcome')
  })

  stageTest('[P1] nothing is loaded from elsewhere, under a strict policy', async (stage) => {
    const ann = await arrive(stage, stage.entity())
    await ann.is('Live')
    expect(new Set(ann.requested.map((url) => new URL(url).host))).toEqual(
      new Set([`127.0.0.1:${stage.port}`]),
    )
    const page = await fetch(`${stage.server.url}/text/`)
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'")
    expect(await page.text()).not.toMatch(/<style|style=|<script(?![^>]* src=)|data:/)
  })

  stageTest('[P1] below another path the page asks for everything below it', async (stage) => {
    const id = stage.entity()
    const ann = await arrive(stage, id, { path: '/some/where/' })
    const door = `ws://127.0.0.1:${stage.port}/some/where/sync/${id}`
    await ann.until('it knocks there', async () => ann.requested.includes(door))
    await ann.is('Offline')
    expect(ann.requested.every((url) => url.includes('/some/where/'))).toBe(true)
  })

  stageTest('[P9] a name is the same in all tabs of a browser', async (stage) => {
    const id = stage.entity()
    const ann = await arrive(stage, id)
    const tab = await arrive(stage, id, { beside: ann })
    const bob = await arrive(stage, id)
    await ann.rename('Ann')
    await tab.until('the other tab follows', async () => (await tab.name()) === 'Ann')
    await bob.until('both are Ann', async () => (await bob.others()).join() === 'Ann,Ann')
    await ann.rename('   ')
    expect(await ann.name()).toBe('Ann')
    // Others come and go while a name is being typed.
    await ann.page.locator('#name').focus()
    await bob.rename('Bob')
    await ann.until('Bob is renamed', async () => (await ann.others()).join() === 'Ann,Bob')
    expect(await ann.page.evaluate('document.activeElement.id')).toBe('name')
  })

  stageTest('[P9] what others say of themselves is text, and not endless', async (stage) => {
    const id = stage.entity()
    const ann = await arrive(stage, id)
    await ann.is('Live')
    const join = (name: unknown) => {
      const stock = stage.stock('3.1.0', id)
      stock.awareness.setLocalState({ user: { name, colour: 'url(//elsewhere)' } })
    }
    const markup = '<img src=x onerror=alert(1)>'
    for (const name of [markup, '', 'x'.repeat(500), { toString: 'x' }]) join(name)
    await ann.until('all are shown', async () => (await ann.others()).length === 4)
    expect((await ann.others()).sort()).toEqual([markup, 'Somebody', 'Somebody', 'x'.repeat(40)])

    for (let n = 0; n < 60; n += 1) join(`Number ${n}`)
    await ann.until('all are counted', async () => {
      return (await ann.words('#count')) === '65 people here, 51 of them shown'
    })
    expect(await ann.others()).toHaveLength(50)
  })

  stageTest('[P10] all of it by keyboard, with the focus in sight', async (stage) => {
    const [ann, bob] = await pair(stage)
    const focused = () => ann.page.evaluate('document.activeElement.id')
    const outline = () =>
      ann.page.evaluate(`(() => {
        const of = (element) => getComputedStyle(element).outlineStyle !== 'none'
        return of(document.activeElement) || of(document.activeElement.parentElement)
      })()`)
    const { keyboard } = ann.page
    const order = []
    for (let n = 0; n < 4; n += 1) {
      await keyboard.press('Tab')
      order.push(await focused())
      expect(await outline(), String(order)).toBe(true)
    }
    expect(order).toEqual(['name', 'text', 'link', 'copy'])

    await ann.page.locator('body').press('Escape')
    await keyboard.press('Shift+Tab')
    await keyboard.press('Shift+Tab')
    await ann.type('typed')
    await bob.shows('typed')
    await keyboard.press('Shift+Tab')
    await keyboard.press('Control+A')
    await ann.type('Ann')
    await keyboard.press('Enter')
    await bob.until('the name arrives', async () => (await bob.others()).join() === 'Ann')
    await ann.page.locator('#name').focus()
    await ann.type('not this')
    await keyboard.press('Escape')
    expect(await ann.name()).toBe('Ann')
  })

  stageTest('[P10] who asks for less motion gets none', async (stage) => {
    for (const reducedMotion of ['no-preference', 'reduce'] as const) {
      const ann = await arrive(stage, stage.entity(), { reducedMotion })
      await ann.is('Live')
      const moving = await ann.page.evaluate(`(() => {
        document.getElementById('pill').dataset.state = 'connecting'
        return document.getAnimations().length
      })()`)
      expect(moving).toBe(reducedMotion === 'reduce' ? 0 : 1)
    }
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    stageTest(`[P10] contrast and width, ${colorScheme}`, async (stage) => {
      const id = stage.entity()
      for (let colour = 0; colour < 8; colour += 1) {
        const stock = stage.stock('3.1.0', id)
        stock.awareness.setLocalState({ user: { name: `Colour ${colour}`, colour } })
      }
      const viewport = { width: 320, height: 640 }
      const ann = await arrive(stage, id, { colorScheme, viewport })
      await ann.is('Live')
      await ann.until('all are there', async () => (await ann.others()).length === 8)
      expect(await ann.page.evaluate('document.documentElement.scrollWidth')).toBe(320)
      for (const state of ['connecting', 'live', 'offline', 'refused']) {
        await ann.page.evaluate(`document.getElementById('pill').dataset.state = '${state}'`)
        expect(await ann.page.evaluate(CONTRASTS), state).toEqual([])
      }
    })
  }
})

/** Every element with text of its own whose contrast is below 4.5 to 1, as `[id, class, ratio]`. */
const CONTRASTS = `(() => {
  const pixel = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const channels = (colour) => {
    pixel.clearRect(0, 0, 1, 1)
    pixel.fillStyle = colour
    pixel.fillRect(0, 0, 1, 1)
    return [...pixel.getImageData(0, 0, 1, 1).data]
  }
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b]
      .map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    return 0.2126 * x + 0.7152 * y + 0.0722 * z
  }
  const ground = (element) => {
    const colour = channels(getComputedStyle(element).backgroundColor)
    return colour[3] > 0 || element.parentElement === null ? colour : ground(element.parentElement)
  }
  const own = (element) =>
    element.matches('input, textarea') ||
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '')
  return [...document.body.querySelectorAll('*:not(noscript)')]
    .filter(own)
    .map((element) => {
      const ink = luminance(channels(getComputedStyle(element).color))
      const paper = luminance(ground(element))
      const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05)
      return [element.id, element.className, ratio]
    })
    .filter(([, , ratio]) => ratio < 4.5)
})()`
