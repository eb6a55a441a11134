import { describe, expect } from 'vitest'
import type { Shape } from '../../client/whiteboard/model/shape.ts'
import { stageTest } from '../support/stage.ts'
import { Artist } from './artist.ts'
import { BoardReader } from './board-reader.ts'
import { withoutChromium } from './chromium.ts'

describe.skipIf(withoutChromium)('the board by keyboard alone', () => {
  stageTest(
    '[B47] [B52] [B78] draws, writes, selects, moves, copies, removes, zooms',
    async (stage) => {
      const id = stage.entity()
      const ann = await Artist.arrive(stage, id)
      const reader = await BoardReader.open(stage, id)
      await ann.is('Live')
      const kinds = (wanted: string) => reader.until(wanted, () => reader.kinds() === wanted)
      const first = () => reader.shapes()[0]!

      // A rectangle from the middle of the view, where 0, 0 is.
      await ann.press('R', 'Enter')
      await announces(ann, 'Crosshair in the middle')
      await ann.press('Enter')
      await announces(ann, 'Rectangle down')
      await ann.press('Shift+ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowDown', 'Enter')
      await kinds('rectangle')
      expect(first()).toMatchObject({ at: [0, 0], size: [100, 50] })

      await ann.press('P', 'ArrowUp', 'Shift+ArrowLeft', 'Enter')
      for (const key of ['ArrowLeft', 'ArrowUp', 'Shift+ArrowLeft', 'ArrowUp']) await ann.press(key)
      await ann.press('Enter', 'Escape')
      await kinds('rectangle,pen')
      expect(reader.shapes()[1]).toMatchObject({ size: [60, 20] })

      await ann.press('N', 'Shift+ArrowDown', 'Shift+ArrowDown', 'Shift+ArrowDown', 'Enter')
      await ann.page.getByLabel('Text of the note').waitFor()
      await ann.page.keyboard.type('Buy milk, then zoom + undo?')
      await ann.press('Escape')
      await kinds('rectangle,pen,note')
      await reader.until('the words', ([, , note]) => {
        return note !== undefined && 'text' in note && note.text.startsWith('Buy milk, then')
      })

      await ann.press('Escape', '.')
      await announces(ann, 'Rectangle, 1 of 3')
      await ann.press('.')
      await announces(ann, 'Stroke, 2 of 3')
      await ann.press(',')
      await announces(ann, 'Rectangle, 1 of 3')
      await ann.press('ArrowRight', 'Shift+ArrowDown')
      await reader.until('it is moved', () => same(first(), [1, 10]))
      await announces(ann, 'Moved to 1, 10')
      await ann.press('Control+D')
      await kinds('rectangle,rectangle,pen,note')
      await ann.press('Delete')
      await kinds('rectangle,pen,note')
      await ann.press('Control+Z', 'Control+Z', 'Control+Z', 'Control+Z')
      await reader.until('back where it was', () => same(first(), [0, 0]))
      await kinds('rectangle,pen,note')
      await ann.press('Control+Y')
      await reader.until('moved again', () => same(first(), [1, 0]))

      await ann.press('.', 'Enter')
      for (const [key, percent] of [
        ['=', '125 %'],
        ['Control+=', '156 %'],
        ['-', '125 %'],
        ['0', '100 %'],
      ] as const) {
        await ann.press(key)
        await ann.until(percent, async () => (await ann.words('#zoom .percent')) === percent)
      }
      await ann.press('V')
      expect(await pressed(ann)).toBe('Select')
    },
  )

  stageTest('[B51] [B71] [B78] the sheet of keys, and the menu', async (stage) => {
    const ann = await Artist.arrive(stage, stage.entity())
    await ann.is('Live')
    const sheet = ann.page.getByRole('dialog', { name: 'Keys and gestures' })
    await ann.press('?')
    await sheet.waitFor()
    expect(await sheet.getByText('Rectangle', { exact: true }).count()).toBe(1)
    // Keys mean nothing behind it.
    await ann.press('R', 'Escape')
    await sheet.waitFor({ state: 'hidden' })
    expect(await pressed(ann)).toBe('Pen')

    await ann.page.locator('#menu-button').focus()
    await ann.press('Enter')
    const entry = ann.page.getByRole('menuitem', { name: 'New board' })
    await entry.waitFor()
    expect(await focused(ann)).toContain('New board')
    await ann.press('ArrowUp')
    expect(await focused(ann)).not.toContain('New board')
    await ann.press('Escape')
    await entry.waitFor({ state: 'hidden' })
    expect(await focused(ann)).toContain('Menu')

    // Open, and its first entry has the focus, before anything else can happen.
    const opened = `(() => {
      document.querySelector('#menu-button').click()
      return document.activeElement.textContent
    })()`
    expect(await ann.page.evaluate(opened)).toContain('New board')
  })

  stageTest(
    '[B72] [B78] Tab reaches everything, in sight, and is caught nowhere',
    async (stage) => {
      const ann = await Artist.arrive(stage, stage.entity())
      await ann.is('Live')
      // Something to select, so that every bar is there.
      await ann.press('R', 'Enter', 'Enter', 'Shift+ArrowRight', 'Shift+ArrowDown', 'Enter')
      await ann.page.getByRole('toolbar', { name: 'Selection' }).waitFor()
      const stops: string[] = []
      for (let n = 0; n < 30; n += 1) {
        await ann.press('Tab')
        const stop = await focused(ann)
        // After the last one it is the browser's turn, then the first.
        if (stop === '') continue
        if (stops.includes(stop)) break
        stops.push(stop)
        expect(await inSight(ann), stop).toBe(true)
      }
      const wanted = ['Menu', 'You are', 'Share', 'Board', 'Select', 'Undo', 'Ink', 'front', 'Zoom']
      for (const each of wanted) {
        expect(
          stops.some((stop) => stop.includes(each)),
          `${each} in ${stops.join(' | ')}`,
        ).toBe(true)
      }

      await ann.page.locator('#board').focus()
      let presses = 0
      for (; !(await focused(ann)).startsWith('Share') && presses < 30; presses += 1) {
        await ann.press('Tab')
      }
      expect(await focused(ann)).toContain('Share')
      await ann.press('Enter')
      const share = ann.page.getByRole('dialog', { name: 'Draw together' })
      await share.waitFor()
      expect(await focused(ann)).toContain('Copy link')
      expect(await inSight(ann)).toBe(true)
      // Within the dialog and the browser's own bars, never behind.
      for (let n = 0; n < 6; n += 1) {
        await ann.press('Tab')
        expect(await ann.page.evaluate(IS_BEHIND)).toBe(false)
      }
      await ann.press('Escape')
      await share.waitFor({ state: 'hidden' })
      expect(await focused(ann)).toContain('Share')
    },
  )
})

const same = ({ at }: Shape, [x, y]: readonly [number, number]) => at[0] === x && at[1] === y

const announces = (artist: Artist, words: string) =>
  artist.until(
    `it is announced: ${words}`,
    async () => (await artist.words('#announcer')) === words,
  )

/** The tool in the hand. */
const pressed = async ({ page }: Artist): Promise<string | null> =>
  page.locator('#tools [aria-pressed=true]').getAttribute('aria-label')

/** What the thing that has the focus is called; empty for the page itself. */
const focused = (artist: Artist): Promise<string> =>
  artist.page.evaluate(`(() => {
    const { activeElement } = document
    if (activeElement === document.body) return ''
    return activeElement.ariaLabel ?? activeElement.textContent.trim()
  })()`)

/** Whether what has the focus shows it, and lies in the window and under nothing else. */
const inSight = (artist: Artist): Promise<boolean> =>
  artist.page.evaluate(`(() => {
    const { activeElement } = document
    const { outlineStyle, outlineWidth } = getComputedStyle(activeElement)
    const { left, top, width, height } = activeElement.getBoundingClientRect()
    const there = document.elementFromPoint(left + width / 2, top + height / 2)
    return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1 && activeElement.contains(there)
  })()`)

const IS_BEHIND = `document.activeElement !== document.body &&
  document.activeElement.closest('dialog[open]') === null`
