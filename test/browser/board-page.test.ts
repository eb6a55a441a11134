import { describe, expect } from 'vitest'
import { stageTest } from '../support/stage.ts'
import { Artist, company } from './artist.ts'
import { withoutChromium } from './chromium.ts'
import { type Pixel, peep } from './peep.ts'

describe.skipIf(withoutChromium)('the page of the whiteboard', () => {
  stageTest('[B70] nothing lies on something else, at any width', async (stage) => {
    const id = stage.entity()
    const [wide] = (await company(stage, id, 'Ann')) as [Artist]
    const phone = await Artist.arrive(stage, id, {
      viewport: { width: 390, height: 780 },
      hasTouch: true,
      isMobile: true,
    })
    await phone.is('Live')
    for (const [artist, widths] of [
      [wide, [1280, 1024]],
      [phone, [390, 320]],
    ] as const) {
      for (const width of widths) {
        await artist.page.setViewportSize({ width, height: 720 })
        expect(await artist.page.evaluate(CLUTTER), `${width}, with a pen`).toEqual([])
        await artist.press('R', 'Enter', 'Enter')
        await artist.press('Shift+ArrowRight', 'Shift+ArrowDown', 'Enter')
        await artist.page.getByRole('toolbar', { name: 'Selection' }).waitFor()
        expect(await artist.page.evaluate(CLUTTER), `${width}, with a selection`).toEqual([])
        if (artist === phone) {
          await phone.page.locator('#look-button').tap()
          expect(await phone.page.evaluate(CLUTTER), `${width}, with looks`).toEqual([])
          expect(await phone.page.evaluate(SMALL), `${width}: targets`).toEqual([])
          await phone.page.locator('#look-button').tap()
        }
        await artist.press('Escape', 'P')
      }
    }
  })

  stageTest('[B35] the layers are as large as the window, sharp on any screen', async (stage) => {
    const ann = await Artist.arrive(stage, stage.entity(), { deviceScaleFactor: 2 })
    await ann.is('Live')
    for (const [width, height] of [
      [1280, 720],
      [700, 500],
    ] as const) {
      await ann.page.setViewportSize({ width, height })
      const wanted = [2 * width, 2 * height]
      await ann.until(`three layers of ${wanted}`, async () => {
        const sizes = await ann.page.evaluate(
          `JSON.stringify([...document.querySelectorAll('#board canvas')].map((c) => [c.width, c.height]))`,
        )
        return sizes === JSON.stringify([wanted, wanted, wanted])
      })
    }
  })

  stageTest('[B75] the link: shown, copied, as a code', async (stage) => {
    const id = stage.entity()
    const ann = await Artist.arrive(stage, id)
    await ann.context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await ann.is('Live')
    await ann.page.getByRole('button', { name: 'Share' }).click()
    const link = `http://127.0.0.1:${stage.port}/b/${id}`
    const shown = ann.page.getByLabel('Link to this board')
    expect(await shown.inputValue()).toBe(link)
    await ann.page.getByRole('button', { name: 'Copy link' }).click()
    await ann.page.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await ann.page.evaluate('navigator.clipboard.readText()')).toBe(link)
    const code = await ann.page.getByRole('img', { name: 'QR code of the link' }).boundingBox()
    expect(code!.width).toBeGreaterThan(100)

    await ann.page.evaluate('navigator.clipboard.writeText = () => Promise.reject(new Error())')
    await ann.page.getByRole('button', { name: /Cop(y link|ied)/ }).click()
    await ann.until('the link is selected', async () => {
      return (await ann.page.evaluate('getSelection().toString()')) === link
    })
  })

  stageTest('[B76] light and dark, for the page and the board, in all tabs', async (stage) => {
    const ann = await Artist.arrive(stage, stage.entity())
    const tab = await Artist.arrive(stage, stage.entity(), { beside: ann })
    await Promise.all([ann.is('Live'), tab.is('Live')])
    const dark = (artist: Artist, wanted: boolean) =>
      artist.until(wanted ? 'dark' : 'light', async () => {
        // A tab behind another one paints nothing.
        await artist.page.bringToFront()
        const paper = await peep(artist, 'scene', [30, 130])
        const panel: Pixel = await artist.page.evaluate(PANEL)
        return [paper, panel].every(([red]) => red < 128 === wanted)
      })
    await dark(ann, false)
    await ann.page.emulateMedia({ colorScheme: 'dark' })
    await dark(ann, true)
    await dark(tab, false)
    await ann.page.locator('#menu-button').click()
    await ann.page.getByRole('menuitemradio', { name: 'Light' }).click()
    await dark(ann, false)
    await ann.page.getByRole('menuitemradio', { name: 'Dark' }).click()
    await dark(tab, true)
    await tab.page.reload()
    await dark(tab, true)
  })
})

/** Panels that lie on another one or outside of the window, and buttons that nobody can press. */
const CLUTTER = `(() => {
  const boxes = [...document.querySelectorAll('.panel')]
    .filter((panel) => panel.checkVisibility() && !panel.closest('dialog'))
    .map((panel) => [panel.id || panel.className, panel.getBoundingClientRect()])
  const faults = []
  for (const [name, { left, top, right, bottom }] of boxes) {
    if (left < 0 || top < 0 || right > innerWidth || bottom > innerHeight) faults.push(name + ' is outside')
    for (const [other, box] of boxes) {
      const apart = box.left >= right || box.right <= left || box.top >= bottom || box.bottom <= top
      if (other > name && !apart) faults.push(name + ' lies on ' + other)
    }
  }
  for (const button of document.querySelectorAll('.panel button')) {
    if (!button.checkVisibility() || button.closest('[popover]')) continue
    const { left, top, width, height } = button.getBoundingClientRect()
    const hit = document.elementFromPoint(left + width / 2, top + height / 2)
    // Pictures of people overlap a little.
    if (!button.contains(hit) && !button.matches('.chip')) faults.push((button.ariaLabel ?? button.id) + ' cannot be pressed')
  }
  return faults
})()`

/** Buttons on which a finger does not fit. */
const SMALL = `[...document.querySelectorAll('.panel button:not(.chip)')]
  .filter((button) => button.checkVisibility() && !button.closest('[popover]'))
  .map((button) => [button.ariaLabel ?? button.id, button.getBoundingClientRect()])
  .filter(([, { width, height }]) => Math.min(width, height) < 43.5)
  .map(([name, { width, height }]) => name + ': ' + width + ' x ' + height)`

const PANEL = `(() => {
  const pixel = document.createElement('canvas').getContext('2d')
  pixel.fillStyle = getComputedStyle(document.querySelector('#menu-button')).backgroundColor
  pixel.fillRect(0, 0, 1, 1)
  return [...pixel.getImageData(0, 0, 1, 1).data]
})()`
