import { describe, expect } from 'vitest'
import { stockTest } from '../support/stage.ts'
import { type Artist, company } from './artist.ts'
import { withoutChromium } from './chromium.ts'
import { labelsOf, seesCursor } from './labels.ts'

describe.skipIf(withoutChromium)('the people on a board', () => {
  stockTest('[B64] [B66] [B69] are in the list, and can be gone to and followed', async (stage) => {
    const id = stage.entity()
    const [ann, bob] = (await company(stage, id, 'Ann', 'Bob')) as [Artist, Artist]
    const opener = ann.page.getByRole('button', { name: '2 people here. You are Ann' })
    await ann.until('both are here', () => opener.isVisible())
    await opener.click()
    const list = ann.page.getByRole('dialog', { name: '2 people here' })
    await list.getByText('Bob', { exact: true }).waitFor()

    // Bob takes another name, by the same list, and goes far away.
    await bob.page.getByRole('button', { name: 'You are Bob' }).click()
    await bob.page.getByLabel('Your name').fill('Bobby')
    await bob.page.getByLabel('Your name').press('Enter')
    await bob.press('Escape')
    await list.getByText('Bobby', { exact: true }).waitFor()
    await bob.page.mouse.move(640, 360)
    for (let n = 0; n < 3; n += 1) await bob.page.mouse.wheel(0, 1_000)
    const pointer = ann.page.locator('#off-screen').getByRole('button', { name: 'Go to Bobby' })
    await pointer.waitFor()
    await ann.until('his name is not in the view', async () => {
      return (await labelsOf(ann)).every(({ at }) => at[1] >= 720)
    })
    await bob.quiet()
    await ann.quiet()
    await list.getByRole('button', { name: 'Go to Bobby' }).click()
    await seesCursor(ann, 'Bobby', [640, 360])
    await pointer.waitFor({ state: 'hidden' })

    await list.getByRole('button', { name: 'Follow Bobby' }).click()
    const following = ann.page.locator('.following-bar').getByText('Following Bobby')
    await following.waitFor()
    await ann.press('Escape')
    await list.waitFor({ state: 'hidden' })
    expect(await following.isVisible()).toBe(true)
    await bob.page.mouse.wheel(700, -2_000)
    await seesCursor(ann, 'Bobby', [640, 360])
    await bob.press('=', '=')
    await ann.until('the zoom comes along', async () => {
      return (await ann.words('#zoom .percent')) === '156 %'
    })
    // The own hand ends it.
    await ann.press('Escape')
    await following.waitFor({ state: 'hidden' })
    await bob.press('0')
    await bob.page.mouse.wheel(5_000, 0)
    await pointer.waitFor()
    await ann.quiet()
    expect(await ann.words('#zoom .percent')).toBe('156 %')
    await pointer.click()
    await seesCursor(ann, 'Bobby', [640, 360])

    // Over a button is not on the board.
    await bob.page.getByRole('button', { name: 'Share' }).hover()
    await ann.until('no cursor', async () => (await labelsOf(ann)).length === 0)
    await bob.point([640, 360])
    await seesCursor(ann, 'Bobby', [640, 360])
    await bob.leave()
    await ann.until('no cursor', async () => (await labelsOf(ann)).length === 0)
    await ann.until('alone', () => ann.page.getByRole('button', { name: 'Only you' }).isVisible())
  })
})
