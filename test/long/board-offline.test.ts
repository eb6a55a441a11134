import { readFile } from 'node:fs/promises'
import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { Artist, type ArtistOptions, type Spot } from '../browser/artist.ts'
import { BoardReader } from '../browser/board-reader.ts'
import { withoutChromium } from '../browser/chromium.ts'
import { sees } from '../browser/peep.ts'
import { ownStageTest, type Stage } from '../support/stage.ts'
import { mayAll, SECRET } from '../support/tokens.ts'

/** With the service worker that pages get outside of tests. */
const arrive = async (stage: Stage, id: string, options: ArtistOptions = {}) => {
  const artist = await Artist.arrive(stage, id, { serviceWorkers: 'allow', ...options })
  await artist.is('Live')
  await artist.page.evaluate(KEPT)
  return artist
}

/** Resolves when the files of the pages are kept, and this page is served from them. */
const KEPT = `(async () => {
  await navigator.serviceWorker.ready
  if (navigator.serviceWorker.controller !== null) return
  await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve))
})()`

/** From now on, what stands in the pill and beside it, each time that either changes. */
const WATCH = `(() => {
  const words = () => ['pill', 'saved'].map((id) => document.getElementById(id).textContent).join(', ')
  globalThis.said = [words()]
  const note = () => said.at(-1) === words() || said.push(words())
  for (const id of ['pill', 'saved']) {
    new MutationObserver(note).observe(document.getElementById(id), {
      childList: true, characterData: true, subtree: true,
    })
  }
})()`

describe.skipIf(withoutChromium)('a board without its server', () => {
  ownStageTest('[B98] the page opens all the same, of any board', async (stage) => {
    await stage.start()
    const ann = await arrive(stage, stage.entity())
    // What is not a page of ours goes its own way.
    const health = 'fetch("/healthz").then(({ status }) => status, () => "nobody answers")'
    expect(await ann.page.evaluate(health)).toBe(200)
    await stage.server.kill()
    expect(await ann.page.evaluate(health)).toBe('nobody answers')
    await ann.page.reload()
    await ann.is('Offline')
    await ann.page.goto(`http://127.0.0.1:${stage.port}/b/${stage.entity()}`)
    await ann.is('Offline')
    await ann.page.goto(`http://127.0.0.1:${stage.port}/`)
    await ann.is('Offline')
    await stage.restart('kill')
    await ann.is('Live')
  })

  ownStageTest(
    '[B74] [B99] what is drawn meanwhile is there after a reload, and goes out afterwards',
    async (stage) => {
      await stage.start()
      const id = stage.entity()
      const ann = await arrive(stage, id, { name: 'Ann' })
      const bob = await Artist.arrive(stage, id, { name: 'Bob' })
      await bob.is('Live')
      await box(ann, [200, 150])
      await sees(bob, 'scene', [200, 180])
      await ann.says('Saved')

      await stage.server.kill()
      await Promise.all([ann.is('Offline'), bob.is('Offline')])
      await ann.page.evaluate(WATCH)
      await box(ann, [400, 150])
      await keeps(ann)
      await ann.page.reload()
      await ann.is('Offline')
      await ann.page.evaluate(WATCH)
      await keeps(ann)
      // [U95] Right when the panel is opened, before anything was measured.
      const first = await ann.page.evaluate(`(() => {
        const items = [...document.querySelectorAll('[role=menuitem]')]
        items.find(({ textContent }) => textContent.includes('Figures')).click()
        return document.querySelector('#figures dl').innerText.replace(/\\s+/g, ' ')
      })()`)
      expect(first).toMatch(/Changes kept here [1-9]/)
      await hasShapes(ann, 2)
      await ann.press('0')
      await box(ann, [600, 350])
      await box(bob, [200, 450])

      await stage.restart('kill')
      await Promise.all([ann.is('Live'), bob.is('Live')])
      await Promise.all([ann.says('Saved'), bob.says('Saved')])
      const said = (await ann.page.evaluate('said')) as string[]
      const saves = said.map((words) => words.split(', ')[1] ?? '')
      const order = ['kept here', 'Saving…', 'Saved'].map((word) =>
        saves.findIndex((words) => words.endsWith(word)),
      )
      expect(order, said.join(' · ')).not.toContain(-1)
      expect(order).toEqual([...order].sort((a, b) => a - b))

      const reader = await BoardReader.open(stage, id)
      await reader.until('all four', (shapes) => shapes.length === 4)
      await openFigures(bob)
      await Promise.all([hasShapes(ann, 4), hasShapes(bob, 4)])
    },
    { timeout: 120_000 },
  )

  ownStageTest(
    '[B99] a server that comes back with an empty disk gets all of it from those who have it',
    async (stage) => {
      await stage.start()
      const id = stage.entity()
      const ann = await arrive(stage, id, { name: 'Ann' })
      const bob = await Artist.arrive(stage, id, { name: 'Bob' })
      await bob.is('Live')
      await box(ann, [200, 150])
      await box(bob, [400, 150])
      await Promise.all([ann.says('Saved'), bob.says('Saved')])
      await sees(ann, 'scene', [400, 180])
      await stage.server.kill()
      await ann.is('Offline')
      await box(ann, [600, 350])
      await keeps(ann)
      await bob.leave()
      await ann.page.reload()

      await stage.restart('kill', { data: stage.folder() })
      await ann.is('Live')
      await ann.says('Saved')
      const reader = await BoardReader.open(stage, id)
      await reader.until('all three', (shapes) => shapes.length === 3)
    },
    { timeout: 120_000 },
  )

  ownStageTest(
    '[B74] what the server does not take is said, can be saved as a file, and be forgotten',
    async (stage) => {
      await stage.start(['--limit-update-bytes', '4KB', '--auth-secret', SECRET])
      const id = stage.entity()
      const ann = await Artist.arrive(stage, `${id}?token=${mayAll('write')}`)
      await ann.is('Live')
      // A text that is too large for one update.
      await ann.context.grantPermissions(['clipboard-read', 'clipboard-write'])
      await ann.page.evaluate('navigator.clipboard.writeText("many words ".repeat(1_000))')
      await ann.press('Control+V')
      await ann.says('Not saved')
      expect(await ann.words('#note > p')).toMatch(/^The server did not take some of .*\.$/)
      // What comes afterwards is saved as ever.
      await ann.press('Escape')
      await box(ann, [200, 450])
      const reader = await BoardReader.open(stage, id, mayAll('read'))
      await reader.until('the box', (shapes) => shapes.some(({ kind }) => kind === 'rectangle'))

      const downloading = ann.page.waitForEvent('download')
      await ann.page.getByRole('button', { name: 'Save them as a file' }).click()
      const { changes } = JSON.parse(await readFile(await (await downloading).path(), 'utf8'))
      expect(changes).toHaveLength(1)
      const copy = new Y.Doc()
      Y.applyUpdate(copy, Buffer.from(changes[0].update, 'base64'))
      expect(JSON.stringify(copy.getMap('shapes'))).toContain('many words many words')
      await ann.page.getByRole('button', { name: 'Forget them' }).click()
      await ann.says('Saved')
      expect(await ann.page.locator('#note').isVisible()).toBe(false)

      const bob = await Artist.arrive(stage, `${id}?token=${mayAll('read')}`)
      await bob.is('Live')
      expect(await bob.words('#note > p')).toMatch(/look at this board, and not change it/)
      // [B100] There is nothing to draw with, and the keys of the tools do nothing either.
      expect(await bob.page.locator('#tools').isVisible()).toBe(false)
      await box(bob, [600, 450])
      await bob.says('Saved')
      expect(reader.shapes().filter(({ kind }) => kind === 'rectangle')).toHaveLength(1)
    },
    { timeout: 120_000 },
  )

  ownStageTest(
    '[B83] [B99] the switch of the show-off takes this page alone off the network',
    async (stage) => {
      await stage.start()
      const id = stage.entity()
      const ann = await arrive(stage, id, { name: 'Ann' })
      const bob = await Artist.arrive(stage, id, { name: 'Bob' })
      await bob.is('Live')
      await openFigures(ann)
      const offline = ann.page.getByRole('button', { name: 'Offline' })
      await offline.click()
      await ann.is('Offline')
      await box(ann, [200, 450])
      await ann.until('it is counted', async () => Number(await figure(ann, KEPT_HERE)) > 0)
      expect(await offline.getAttribute('aria-pressed')).toBe('true')
      expect(await bob.state()).toBe('Live')
      await offline.click()
      await ann.is('Live')
      await ann.says('Saved')
      await ann.until('nothing waits', async () => (await figure(ann, KEPT_HERE)) === '0')
      await sees(bob, 'scene', [200, 480])
    },
    { timeout: 120_000 },
  )

  ownStageTest(
    '[U95] on a phone it is said what is not saved, while the link stands too',
    async (stage) => {
      await stage.start()
      const phone = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true }
      const ann = await Artist.arrive(stage, stage.entity(), phone)
      let isDeaf = false
      await ann.page.routeWebSocket(/./, (page) => {
        const server = page.connectToServer()
        server.onMessage((message) => {
          if (!isDeaf) page.send(message)
        })
      })
      await ann.page.reload()
      await ann.is('Live')
      const saved = ann.page.locator('#saved')
      expect(await saved.isVisible()).toBe(false)
      isDeaf = true
      await box(ann, [100, 300])
      await ann.until('it is said', async () => {
        return (await saved.isVisible()) && (await kept(ann)) === 'Saving…'
      })
      expect(await ann.state()).toBe('Live')
      expect(await ann.page.evaluate('document.documentElement.scrollWidth')).toBe(390)
    },
  )
})

const KEPT_HERE = 'Changes kept here'
const kept = (artist: Artist) => artist.words('#saved')

/** Waits until all that was drawn is on the device. */
const keeps = (artist: Artist) =>
  artist.until('it is kept here', async () => /^\d+ changes? kept here$/.test(await kept(artist)))

/** Opens the panel that counts, where nothing is drawn. */
async function openFigures({ page }: Artist): Promise<void> {
  await page.locator('#menu-button').click()
  await page.getByRole('menuitem', { name: 'Figures' }).click()
}

const hasShapes = (artist: Artist, count: number) =>
  artist.until(`${count} shapes`, async () => (await figure(artist, 'Shapes')) === String(count))

async function figure({ page }: Artist, name: string): Promise<string> {
  const row = page.locator('#figures div').filter({ has: page.getByText(name, { exact: true }) })
  return (await row.locator('dd').textContent()) ?? ''
}

async function box(artist: Artist, [x, y]: Spot): Promise<void> {
  await artist.press('R')
  await artist.draw([
    [x, y],
    [x + 100, y + 60],
  ])
}
