import { describe, expect } from 'vitest'
import type { NewShape } from '../../client/whiteboard/model/shape.ts'
import { strokeOf } from '../../client/whiteboard/model/stroke-of.ts'
import { Artist, company } from '../browser/artist.ts'
import { BoardReader } from '../browser/board-reader.ts'
import { withoutChromium } from '../browser/chromium.ts'
import { labelsOf, seesCursor } from '../browser/labels.ts'
import { compareScenes, marks, sees } from '../browser/peep.ts'
import { savedFrom } from '../browser/saved-file.ts'
import { stageTest, stockTest } from '../support/stage.ts'

describe.skipIf(withoutChromium)('two people on one board', () => {
  stockTest('[B95] see each other’s cursors, strokes that grow, and then shapes', async (stage) => {
    const id = stage.entity()
    const [ann, bob] = (await company(stage, id, 'Ann', 'Bob')) as [Artist, Artist]
    await ann.point([300, 200])
    await seesCursor(bob, 'Ann', [300, 200])
    await bob.point([700, 500])
    await seesCursor(ann, 'Bob', [700, 500])
    expect((await labelsOf(ann)).map(({ text }) => text)).toEqual(['Bob'])

    const reader = await BoardReader.open(stage, id)
    for (const [one, other, name] of [
      [ann, bob, 'Ann'],
      [bob, ann, 'Bob'],
    ] as const) {
      const before = reader.board.count
      const y = name === 'Ann' ? 240 : 420
      await one.hold([
        [300, y],
        [420, y + 30],
      ])
      await sees(other, 'live', [360, y + 15])
      await seesCursor(other, name, [420, y + 30])
      await one.moveTo([560, y + 60])
      await sees(other, 'live', [500, y + 47])
      await seesCursor(other, name, [560, y + 60])
      // All of that before the pen is lifted: there is no shape yet.
      expect(await marks(other, 'scene', [360, y + 15])).toBe(0)
      expect(reader.board.count).toBe(before)
      expect([...reader.board.live.strokes()]).toHaveLength(1)
      await one.lift()
      for (const page of [other, one]) {
        await sees(page, 'scene', [360, y + 15])
        await sees(page, 'scene', [500, y + 47])
        await sees(page, 'live', [360, y + 15], { no: true })
      }
    }
    await reader.until('both strokes', () => reader.kinds() === 'pen,pen')
    expect([...reader.board.live.strokes()]).toEqual([])
    const { differ, marked } = await compareScenes(ann, bob)
    expect(marked).toBeGreaterThan(1_000)
    expect(differ).toBe(0)
  })

  stockTest('[B8] [B36] undo takes back one’s own, by keys and by buttons', async (stage) => {
    const id = stage.entity()
    const [ann, bob] = (await company(stage, id, 'Ann', 'Bob')) as [Artist, Artist]
    const reader = await BoardReader.open(stage, id)
    const shows = (kinds: string) => reader.until(kinds, () => reader.kinds() === kinds)
    const undo = ann.page.getByRole('button', { name: 'Undo' })
    const redo = ann.page.getByRole('button', { name: 'Redo' })
    expect(await undo.getAttribute('aria-disabled')).toBe('true')

    await ann.press('R')
    await ann.draw([
      [200, 150],
      [300, 220],
    ])
    await sees(bob, 'scene', [200, 180])
    await bob.press('O')
    await bob.draw([
      [500, 150],
      [600, 220],
    ])
    await ann.press('P')
    await ann.draw([
      [200, 400],
      [320, 400],
    ])
    await shows('rectangle,ellipse,pen')

    await bob.press('Control+Z')
    await shows('rectangle,pen')
    await sees(ann, 'scene', [500, 185], { no: true })
    await bob.press('Control+Z', 'Control+Z')
    await undo.click()
    await shows('rectangle')
    await sees(bob, 'scene', [260, 400], { no: true })
    await ann.press('Control+Z')
    await shows('')
    expect(await undo.getAttribute('aria-disabled')).toBe('true')

    await redo.click()
    await shows('rectangle')
    await ann.press('Control+Shift+Z')
    await shows('rectangle,pen')
    expect(await redo.getAttribute('aria-disabled')).toBe('true')
    await bob.press('Control+Y')
    await shows('rectangle,ellipse,pen')
    await sees(ann, 'scene', [500, 185])
    await sees(bob, 'scene', [260, 400])
  })

  stockTest('[B95] who comes later has everything', async (stage) => {
    const id = stage.entity()
    const [ann] = (await company(stage, id, 'Ann')) as [Artist]
    await ann.draw([
      [300, 200],
      [420, 260],
      [500, 180],
    ])
    await ann.press('R')
    await ann.draw([
      [250, 300],
      [400, 380],
    ])
    const reader = await BoardReader.open(stage, id)
    await reader.until('what Ann drew', () => reader.kinds() === 'pen,rectangle')
    reader.board.add(oneOfEach)
    const late = await Artist.arrive(stage, id, { name: 'Late' })
    await late.is('Live')
    await ann.press('Escape', 'Shift+1')
    await late.press('Shift+1')
    for (const page of [ann, late]) {
      await page.until('all of it is painted', async () => {
        const { differ, marked } = await compareScenes(ann, page === ann ? late : ann)
        return differ === 0 && marked > 5_000
      })
    }
    const [anns, lates] = [await savedFrom(ann, 'SVG'), await savedFrom(late, 'SVG')]
    expect(lates.bytes.toString()).toBe(anns.bytes.toString())
    expect(lates.bytes.toString().match(/<g /g)).toHaveLength(reader.board.count)
    expect(reader.board.count).toBe(2 + oneOfEach.length)
  })

  stockTest(
    '[B42] [B61] [B95] a drag is seen before the drop, which is one step',
    async (stage) => {
      const id = stage.entity()
      const [ann, bob] = (await company(stage, id, 'Ann', 'Bob')) as [Artist, Artist]
      const reader = await BoardReader.open(stage, id)
      await ann.press('R')
      await ann.draw([
        [300, 200],
        [400, 280],
      ])
      await sees(bob, 'scene', [300, 240])
      const [before] = await reader.until('the rectangle', ([shape]) => shape !== undefined)

      // By its edge, since it is hollow, and beside the handle.
      await ann.hold([
        [300, 222],
        [450, 300],
        [700, 422],
      ])
      await sees(bob, 'live', [700, 440])
      await sees(bob, 'scene', [300, 240], { no: true })
      expect(await marks(bob, 'scene', [700, 440])).toBe(0)
      expect(reader.shapes()).toEqual([before])
      await ann.lift()
      await reader.until('the drop', ([shape]) => shape?.at[0] === before!.at[0] + 400)
      for (const page of [ann, bob]) {
        await sees(page, 'scene', [700, 440])
        await sees(page, 'live', [700, 440], { no: true })
      }
      await ann.press('Control+Z')
      await reader.until('back again', ([shape]) => shape?.at[0] === before!.at[0])
      await sees(bob, 'scene', [300, 240])
      await ann.press('Control+Z')
      await reader.until('one step each', (shapes) => shapes.length === 0)
    },
  )

  stageTest('[B44] two people write on one note at once', async (stage) => {
    const id = stage.entity()
    const [ann, bob] = (await company(stage, id, 'Ann', 'Bob')) as [Artist, Artist]
    const reader = await BoardReader.open(stage, id)
    await ann.press('N')
    await ann.click([400, 300])
    await ann.page.keyboard.type('milk')
    await ann.press('Escape')
    await reader.until('the note', ([shape]) => shape !== undefined && textOf(shape) === 'milk')
    await sees(bob, 'scene', [400, 230], { size: 40 })
    for (const page of [ann, bob]) {
      await page.press('V')
      await page.doubleClick([400, 300])
      await page.page.getByLabel('Text of the note').waitFor()
    }
    await ann.press('Home')
    await bob.press('End')
    await Promise.all([ann.page.keyboard.type('buy some '), bob.page.keyboard.type(' and bread')])
    const whole = 'buy some milk and bread'
    await reader.until(whole, ([shape]) => shape !== undefined && textOf(shape) === whole)
    for (const page of [ann, bob]) {
      await page.until(whole, async () => {
        return (await page.page.getByLabel('Text of the note').inputValue()) === whole
      })
    }
    // Each takes back what is their own.
    await ann.press('Escape', 'Control+Z')
    await reader.until('without Ann’s', ([shape]) => {
      return shape !== undefined && textOf(shape) === 'milk and bread'
    })
    await bob.press('Escape')
  })
})

const textOf = (shape: object): string => ('text' in shape ? String(shape.text) : '')

const look = { colour: 2, size: 1, fill: 1 } as const
const oneOfEach: readonly NewShape[] = [
  { kind: 'rectangle', at: [-600, 200], size: [120, 80], look },
  { kind: 'ellipse', at: [-440, 200], size: [120, 80], look: { ...look, colour: 3, fill: 2 } },
  { kind: 'line', at: [-280, 200], size: [120, 80], look: { ...look, colour: 4 } },
  { kind: 'arrow', at: [-120, 280], size: [120, -80], look: { ...look, colour: 5, size: 2 } },
  { kind: 'text', at: [40, 200], size: [0, 0], look, text: 'Hello & good\nday' },
  { kind: 'note', at: [260, 150], size: [200, 200], look: { ...look, colour: 6 }, text: 'A note' },
  {
    kind: 'highlighter',
    look: { ...look, colour: 7 },
    ...strokeOf(
      Array.from({ length: 60 }, (_, n) => [-300 + n * 8, 40 + 20 * Math.sin(n / 5), 0.5] as const),
      1 / 8,
    )!,
  },
]
