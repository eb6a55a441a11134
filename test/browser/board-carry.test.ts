import { describe, expect } from 'vitest'
import { stageTest } from '../support/stage.ts'
import { Artist, company } from './artist.ts'
import { BoardReader } from './board-reader.ts'
import { withoutChromium } from './chromium.ts'
import { sees } from './peep.ts'
import { savedFrom } from './saved-file.ts'

describe.skipIf(withoutChromium)('what is carried off a board', () => {
  stageTest('[B55] copies go to another board, and come from other programs', async (stage) => {
    const [here, there] = [stage.entity(), stage.entity()]
    const ann = await Artist.arrive(stage, here)
    const tab = await Artist.arrive(stage, there, { beside: ann })
    await ann.context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const [from, to] = [await BoardReader.open(stage, here), await BoardReader.open(stage, there)]
    await ann.page.bringToFront()
    await ann.is('Live')
    await ann.draw([
      [300, 200],
      [360, 260],
      [420, 200],
    ])
    await ann.press('R')
    await ann.draw([
      [450, 180],
      [550, 280],
    ])
    await ann.press('N')
    await ann.click([700, 300])
    await ann.page.keyboard.type('carry me')
    await ann.press('Escape', 'Control+A', 'Control+C')
    const originals = await from.until('all three', ([, , note]) => {
      return note !== undefined && 'text' in note && note.text === 'carry me'
    })

    await tab.page.bringToFront()
    await tab.is('Live')
    await tab.point([640, 360])
    await tab.press('Control+V')
    const copies = await to.until('the copies', () => to.kinds() === 'pen,rectangle,note')
    const [by] = copies.map(({ at }, n) => [
      at[0] - originals[n]!.at[0],
      at[1] - originals[n]!.at[1],
    ])
    for (const [n, copy] of copies.entries()) {
      const { id, order, at, ...rest } = originals[n]!
      expect(copy).toMatchObject(rest)
      expect(copy.id).not.toBe(id)
      expect(copy.at[0]).toBeCloseTo(at[0] + by![0]!, 1)
      expect(copy.at[1]).toBeCloseTo(at[1] + by![1]!, 1)
    }
    await tab.press('Control+X')
    await to.until('cut', (shapes) => shapes.length === 0)
    await tab.press('Control+V')
    await to.until('again', () => to.kinds() === 'pen,rectangle,note')
    await tab.page.evaluate(`navigator.clipboard.writeText('From elsewhere.')`)
    await tab.press('Control+V')
    await to.until('the words', (shapes) => {
      const last = shapes.at(-1)
      return last !== undefined && 'text' in last && last.text === 'From elsewhere.'
    })
    expect(from.kinds()).toBe('pen,rectangle,note')
  })

  stageTest('[B57] [B58] pictures show all of it, and stand by themselves', async (stage) => {
    const id = stage.entity()
    const [ann] = (await company(stage, id, 'Ann')) as [Artist]
    const words = `<b>"Tom" & 'Ann'</b>`
    await ann.press('R')
    await ann.draw([
      [300, 200],
      [400, 280],
    ])
    await ann.press('N')
    await ann.click([700, 300])
    await ann.page.keyboard.type(words)
    await ann.press('Escape', 'Escape', 'P')
    await ann.draw([
      [300, 400],
      [420, 440],
    ])
    await sees(ann, 'scene', [360, 420])

    const svg = await savedFrom(ann, 'SVG')
    expect(svg.name).toBe(`board-${id}.svg`)
    const read = (await ann.page.evaluate(`(() => {
      const parsed = new DOMParser().parseFromString(${JSON.stringify(svg.bytes.toString())}, 'image/svg+xml')
      return {
        errors: parsed.querySelectorAll('parsererror').length,
        shapes: parsed.querySelectorAll('g').length,
        words: [...parsed.querySelectorAll('tspan')].map((line) => line.textContent).join(' '),
        size: ['width', 'height'].map((name) => Number(parsed.documentElement.getAttribute(name))),
        others: parsed.querySelectorAll('script, image, use, style, b').length,
      }
    })()`)) as Record<string, unknown> & { size: [number, number] }
    expect(read).toMatchObject({ errors: 0, shapes: 3, words, others: 0 })

    const png = await savedFrom(ann, 'PNG')
    expect(png.name).toBe(`board-${id}.png`)
    expect(png.bytes.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a')
    const [width, height] = [png.bytes.readUInt32BE(16), png.bytes.readUInt32BE(20)]
    for (const [n, side] of [width, height].entries()) {
      expect(Math.abs(side - 2 * read.size[n]!)).toBeLessThanOrEqual(1)
    }
    // The corner is paper, the left edge of the rectangle is not: 24 units of paper lie before it.
    const [corner, edge] = (await ann.page.evaluate(`(async () => {
      const bytes = Uint8Array.from(atob('${png.bytes.toString('base64')}'), (c) => c.charCodeAt(0))
      const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
      const g = new OffscreenCanvas(image.width, image.height).getContext('2d')
      g.drawImage(image, 0, 0)
      return [[4, 4], [24 * 2 + 4, 24 * 2 + 60]].map(([x, y]) => [...g.getImageData(x, y, 1, 1).data])
    })()`)) as number[][]
    expect(corner).toEqual([0xfb, 0xfb, 0xf9, 255])
    expect(edge![0]).toBeLessThan(100)

    // Of what is selected alone.
    await ann.press('V')
    await ann.click([300, 220])
    const one = await savedFrom(ann, 'SVG')
    expect(one.bytes.toString().match(/<g /g)).toHaveLength(1)
  })
})
