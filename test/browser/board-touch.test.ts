import { describe, expect } from 'vitest'
import { unpackInk } from '../../client/whiteboard/model/ink.ts'
import { stageTest } from '../support/stage.ts'
import { Artist } from './artist.ts'
import { BoardReader } from './board-reader.ts'
import { withoutChromium } from './chromium.ts'
import { Glass } from './fingers.ts'
import { marks, sees } from './peep.ts'

const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true } as const

describe.skipIf(withoutChromium)('fingers and a pen', () => {
  stageTest('[B49] one finger draws, two move the board and enlarge it', async (stage) => {
    const id = stage.entity()
    const ann = await Artist.arrive(stage, id, PHONE)
    const reader = await BoardReader.open(stage, id)
    await ann.is('Live')
    const glass = await Glass.of(ann)
    await glass.swipe([
      [100, 300],
      [140, 320],
      [200, 330],
      [260, 340],
    ])
    const [stroke] = await reader.until('the stroke', ([shape]) => shape?.kind === 'pen')
    expect(stroke!.size[0]).toBe(160)
    await sees(ann, 'scene', [200, 330])
    const zoom = () => ann.words('#zoom .percent')
    expect(await zoom()).toBe('100 %')

    // Apart, twice as far around the same middle; what the first finger began is called off.
    await glass.touch('touchStart', [150, 330])
    await glass.touch('touchStart', [150, 330], [250, 330])
    await glass.touch('touchMove', [125, 330], [275, 330])
    await glass.touch('touchMove', [100, 330], [300, 330])
    await ann.until('twice as large', async () => (await zoom()) === '200 %')
    await sees(ann, 'scene', [200, 330])
    // Both down: the board goes along.
    await glass.touch('touchMove', [100, 430], [300, 430])
    await sees(ann, 'scene', [200, 430])
    await sees(ann, 'scene', [200, 330], { no: true })
    await glass.touch('touchEnd')
    expect(await zoom()).toBe('200 %')
    expect(reader.kinds()).toBe('pen')
    await reader.until('nothing is being drawn', () => {
      return [...reader.board.live.strokes()].length === 0
    })

    // The tools are reached by a finger.
    await ann.page.getByRole('button', { name: 'Undo' }).tap()
    await reader.until('undone', (shapes) => shapes.length === 0)
  })

  stageTest(
    '[B49] a button that is tapped right behind a swift stroke is pressed',
    async (stage) => {
      const id = stage.entity()
      const ann = await Artist.arrive(stage, id, PHONE)
      const reader = await BoardReader.open(stage, id)
      await ann.is('Live')
      const glass = await Glass.of(ann)
      const undo = ann.page.getByRole('button', { name: 'Undo' })
      for (const far of [200, 300]) {
        await glass.swipe([
          [60, 300],
          [60 + far, 300 + far],
        ])
        await undo.tap()
        await ann.until('undone', async () => (await undo.getAttribute('aria-disabled')) === 'true')
      }
      expect(reader.kinds()).toBe('')
    },
  )

  stageTest(
    '[B18] [B49] a pen is felt, and from then on fingers only move the board',
    async (stage) => {
      const id = stage.entity()
      const ann = await Artist.arrive(stage, id, { hasTouch: true })
      const reader = await BoardReader.open(stage, id)
      await ann.is('Live')
      const glass = await Glass.of(ann)
      for (const [y, force] of [
        [200, 0.1],
        [300, 0.9],
      ] as const) {
        await glass.pen('mousePressed', force, [300, y])
        for (let x = 310; x <= 500; x += 10) await glass.pen('mouseMoved', force, [x, y])
        await glass.pen('mouseReleased', 0)
      }
      const shapes = await reader.until('two strokes', () => reader.kinds() === 'pen,pen')
      const pressures = shapes.map((shape) => {
        if (!('ink' in shape)) throw new TypeError('no stroke')
        return unpackInk(shape.ink).map(([, , pressure]) => pressure)
      })
      expect(Math.max(...pressures[0]!)).toBeLessThan(0.2)
      expect(Math.min(...pressures[1]!)).toBeGreaterThan(0.8)
      await sees(ann, 'scene', [400, 300])
      const [thin, thick] = [
        await marks(ann, 'scene', [400, 200], 20),
        await marks(ann, 'scene', [400, 300], 20),
      ]
      expect(thick).toBeGreaterThan(1.5 * thin)

      await glass.swipe([
        [400, 400],
        [420, 440],
        [440, 500],
      ])
      await sees(ann, 'scene', [440, 400])
      await sees(ann, 'scene', [350, 200], { no: true })
      expect(reader.kinds()).toBe('pen,pen')
    },
  )
})
