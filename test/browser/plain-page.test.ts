import { describe, expect } from 'vitest'
import { until } from '../support/deadline.ts'
import { type Stage, stageTest, stockTest } from '../support/stage.ts'
import { Visitor, withoutChromium } from './chromium.ts'

const arrive = Visitor.arrive

/** Two people on one entity, each in a browser of their own, both with everything. */
async function pair(stage: Stage): Promise<[Visitor, Visitor]> {
  const id = stage.entity()
  const both = await Promise.all([arrive(stage, id), arrive(stage, id)])
  await Promise.all(both.map((visitor) => visitor.is('Live')))
  return both
}

/** Both fields show the same, and everything typed has arrived. Returns what they show. */
async function agreed(ann: Visitor, bob: Visitor): Promise<string> {
  for (const visitor of [ann, bob]) await visitor.says('Saved on the server')
  await ann.until('both show the same', async () => (await ann.text()) === (await bob.text()))
  return ann.text()
}

describe.skipIf(withoutChromium)('the plain page', () => {
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
    expect(link).toBe(`http://127.0.0.1:${stage.port}/#${id}`)

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
    expect(await ann.note()).toContain('names no entity')
    expect(await ann.field.isEditable()).toBe(false)
    expect(ann.requested.filter((url) => url.startsWith('ws'))).toEqual([])
  })

  stageTest('[P1] nothing is loaded from elsewhere, under a strict policy', async (stage) => {
    const ann = await arrive(stage, stage.entity())
    await ann.is('Live')
    expect(new Set(ann.requested.map((url) => new URL(url).host))).toEqual(
      new Set([`127.0.0.1:${stage.port}`]),
    )
    const page = await fetch(stage.server.url)
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

  stageTest('[P3] emoji arrive whole and go whole', async (stage) => {
    const [ann, bob] = await pair(stage)
    await ann.field.focus()
    await ann.page.keyboard.insertText('a😀b👩‍👩‍👧‍👦')
    await bob.shows('a😀b👩‍👩‍👧‍👦')
    // 😀 and 😁 differ in the second half of the pair only.
    await ann.caret(1, 3)
    await ann.page.keyboard.insertText('😁')
    await bob.shows('a😁b👩‍👩‍👧‍👦')
    await bob.caret(3)
    await bob.page.keyboard.press('Backspace')
    await ann.shows('ab👩‍👩‍👧‍👦')
    // Half a pair can be pasted. It must not make the two differ.
    await ann.caret(0)
    await ann.page.evaluate(`document.execCommand('insertText', false, '\\ud83d')`)
    await bob.shows('\ufffdab👩‍👩‍👧‍👦')
    await ann.shows('\ufffdab👩‍👩‍👧‍👦')
  })

  stageTest('[P4] the caret, the selection and the view stay while others type', async (stage) => {
    const [ann, bob] = await pair(stage)
    await ann.field.fill(`start\n${'line\n'.repeat(200)}end`)
    await bob.until('all is there', async () => (await bob.text()).endsWith('end'))
    await ann.caret(5)
    const scroll = () => ann.page.evaluate(`document.getElementById('text').scrollTop`)
    await ann.page.evaluate(`document.getElementById('text').scrollTop = 700`)
    await bob.caret(0)
    await bob.type('>>')
    await ann.until('it arrives', async () => (await ann.text()).startsWith('>>start'))
    expect(await ann.selection()).toEqual([7, 7])
    expect(await scroll()).toBe(700)
    // Right at the caret of the other: each goes on behind the own last letter.
    await bob.caret(7)
    await bob.type('<')
    await ann.until('it arrives', async () => (await ann.text()).startsWith('>>start<'))
    expect(await ann.selection()).toEqual([7, 7])

    await ann.caret(2, 7)
    await bob.caret(2)
    await bob.type('_')
    await bob.caret(8)
    await bob.type('_')
    await ann.until('it arrives', async () => (await ann.text()).startsWith('>>_start_<'))
    expect(await ann.selection()).toEqual([3, 8])
    await ann.type('x')
    await bob.until('only the selection went', async () => (await bob.text()).startsWith('>>_x_<'))
  })

  stageTest('[P4] two who type at one spot both write whole words', async (stage) => {
    const [ann, bob] = await pair(stage)
    await ann.field.fill('()')
    await bob.shows('()')
    await ann.caret(1)
    await bob.caret(1)
    await Promise.all([ann.type('one two three four five'), bob.type('ONE TWO THREE FOUR FIVE')])
    const text = await agreed(ann, bob)
    expect(text).toContain('one two three four five')
    expect(text).toContain('ONE TWO THREE FOUR FIVE')
    expect(text).toHaveLength(2 + 2 * 23)
  })

  stageTest('[P4] an input method composes undisturbed', async (stage) => {
    const [ann, bob] = await pair(stage)
    await ann.field.fill('begin  end')
    await bob.shows('begin  end')
    await ann.caret(6)
    const ime = await ann.context.newCDPSession(ann.page)
    const compose = (text: string) =>
      ime.send('Input.imeSetComposition', {
        text,
        selectionStart: text.length,
        selectionEnd: text.length,
      })
    await compose('k')
    // As long as nobody else types, others read along.
    await bob.shows('begin k end')
    await bob.caret(0)
    await bob.type('Bob: ')
    await bob.says('Saved on the server')
    await compose('かん')
    await compose('感')
    expect(await ann.text()).toBe('begin 感 end')
    await ime.send('Input.insertText', { text: '感' })
    for (const visitor of [ann, bob]) await visitor.shows('Bob: begin 感 end')
    expect(await ann.selection()).toEqual([12, 12])
    await ann.type('!')
    await bob.shows('Bob: begin 感! end')
  })

  stageTest(
    '[P5] what a field cannot show is shown by a stand-in and left alone',
    async (stage) => {
      const id = stage.entity()
      const stock = await stage.stock('3.1.0', id).synced()
      const text = stock.doc.getText('text')
      text.insert(0, 'one\r\ntwo\rthree', { bold: true })
      text.insertEmbed(3, { image: 'x' })
      const ann = await arrive(stage, id)
      await ann.shows('one\ufffc\u240d\ntwo\u240dthree')
      await ann.caret(11)
      await ann.type('!')
      await until('the edit arrives', stage.deadline, () => text.toString().includes('!'))
      expect(text.toString()).toBe('one\r\ntwo\rt!hree')
      expect(text.toDelta()).toHaveLength(3)
    },
  )

  stageTest('[P6] undo and redo are for own edits', async (stage) => {
    const [ann, bob] = await pair(stage)
    await ann.field.focus()
    await ann.type('mine ')
    await bob.shows('mine ')
    await bob.caret(5)
    await bob.type('theirs')
    await ann.shows('mine theirs')
    const { keyboard } = ann.page
    await keyboard.press('Control+Z')
    for (const visitor of [ann, bob]) await visitor.shows('theirs')
    await keyboard.press('Control+Z')
    expect(await ann.text()).toBe('theirs')
    await keyboard.press('Control+Shift+Z')
    for (const visitor of [ann, bob]) await visitor.shows('mine theirs')
    expect(await ann.selection()).toEqual([5, 5])
    await keyboard.press('Control+Z')
    await keyboard.press('Control+Y')
    for (const visitor of [ann, bob]) await visitor.shows('mine theirs')
    // The same from the browser's own menu.
    const menu = (inputType: string) =>
      ann.page.evaluate(`document.getElementById('text').dispatchEvent(
        new InputEvent('beforeinput', { inputType: '${inputType}', cancelable: true }))`)
    expect(await menu('historyUndo')).toBe(false)
    for (const visitor of [ann, bob]) await visitor.shows('theirs')
    expect(await menu('historyRedo')).toBe(false)
    for (const visitor of [ann, bob]) await visitor.shows('mine theirs')
  })

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
      expect(await ann.words('#count')).toBe('Looking for the others')
      await ann.caret(8)
      await ann.type('Ann offline. ')
      await bob.caret(8)
      await bob.type('Bob offline. ')
      await ann.says('Your changes wait here until the server is back')
      // Several attempts fail meanwhile, and none of them is news.
      await ann.page.waitForTimeout(1_500)

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
      expect(await ann.page.evaluate(CONTRASTS)).toEqual([])
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
