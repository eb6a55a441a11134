import { describe, expect } from 'vitest'
import { Artist, type ArtistOptions, company } from '../browser/artist.ts'
import { seriousFaults } from '../browser/axe.ts'
import { withoutChromium } from '../browser/chromium.ts'
import { sees } from '../browser/peep.ts'
import { stageTest } from '../support/stage.ts'

const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true } as const

describe.skipIf(withoutChromium)('nothing serious that axe-core finds', () => {
  stageTest('[B79] on an empty board, a busy one, and all that opens over it', async (stage) => {
    const id = stage.entity()
    const [ann] = (await company(stage, id, 'Ann')) as [Artist]
    await ann.is('Live')
    await inBoth(ann, 'empty')

    const [bob] = (await company(stage, id, 'Bob')) as [Artist]
    await busy(ann, bob)
    await inBoth(ann, 'busy')

    await ann.page.getByRole('button', { name: 'Share' }).click()
    await inBoth(ann, 'share', '#share')
    await ann.press('Escape', '?')
    await inBoth(ann, 'keys', '#keys')
    await ann.press('Escape')
    await ann.page.locator('#menu-button').click()
    await inBoth(ann, 'menu', '#menu')
    await ann.page.getByRole('menuitem', { name: 'Figures' }).click()
    await inBoth(ann, 'figures', '#figures')
    await ann.page.getByRole('button', { name: 'You are Ann' }).click()
    await inBoth(ann, 'people', '.people-list')
    await ann.press('Escape')

    await ann.press('T')
    await ann.click([640, 200])
    await ann.page.keyboard.type('words')
    await inBoth(ann, 'writing')
  })

  stageTest('[B79] on a phone', async (stage) => {
    const id = stage.entity()
    const options: ArtistOptions = { ...PHONE, name: 'Ann' }
    const ann = await Artist.arrive(stage, id, options)
    const [bob] = (await company(stage, id, 'Bob')) as [Artist]
    await ann.is('Live')
    await inBoth(ann, 'empty, on a phone')
    await busy(bob, bob)
    await sees(ann, 'scene', [200, 390], { size: 300 })
    await inBoth(ann, 'busy, on a phone')
    expect(await ann.page.evaluate('document.documentElement.scrollWidth')).toBe(390)
    await ann.page.locator('#look-button').tap()
    await ann.page.locator('#menu-button').tap()
    await inBoth(ann, 'menu, on a phone')
  })

  stageTest('[B79] while the server is away, and where there is no board', async (stage) => {
    const ann = await Artist.arrive(stage, stage.entity(), { path: '/else/' })
    await ann.is('Offline')
    await inBoth(ann, 'offline')
    const lost = await Artist.arrive(stage, 'why%3F')
    await lost.page.getByText('No board is called').first().waitFor()
    await inBoth(lost, 'nowhere')
  })
})

/** Shapes, a selection of either, and the cursor of the other. */
async function busy(ann: Artist, bob: Artist): Promise<void> {
  await ann.press('R')
  await ann.draw([
    [300, 200],
    [400, 280],
  ])
  await bob.press('N')
  await bob.click([700, 400])
  await bob.page.keyboard.type('A note')
  await bob.press('Escape')
  await ann.press('V')
  await ann.click([300, 220])
  await ann.page.getByRole('toolbar', { name: 'Selection' }).waitFor()
}

/** In light; then in dark, where nothing but the colours is another. */
async function inBoth({ page }: Artist, what: string, within?: string): Promise<void> {
  // Without motion colours change at once: half-way through a fade no contrast is right.
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  expect(await seriousFaults(page, within), what).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
  expect(await seriousFaults(page, within, ['color-contrast']), `${what}, dark`).toEqual([])
}
