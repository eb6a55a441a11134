import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pictureSize } from '../../../client/whiteboard/files/picture-size.ts'
import { pictured, svgOf } from '../../../client/whiteboard/files/svg.ts'
import { packInk } from '../../../client/whiteboard/model/ink.ts'
import { KINDS, type NewShape } from '../../../client/whiteboard/model/shape.ts'
import { THEMES } from '../../../client/whiteboard/scene/theme.ts'
import { Seeded, seedOfRun } from '../../support/seeded.ts'
import { Drawer, words } from '../tools/drawer.ts'
import { parseXml } from './strict-xml.ts'

const measure = (text: string, size: number) => text.length * size * 0.5
const look = { colour: 2, size: 1, fill: 2 }
const ink = packInk(
  [
    [0, 0, 0.5],
    [40, 20, 0.7],
    [80, 5, 1],
  ],
  0.5,
)

function one(kind: (typeof KINDS)[number]): NewShape {
  switch (kind) {
    case 'pen':
    case 'highlighter':
      return { kind, at: [10, 20], size: [80, 20], look, ink }
    case 'text':
    case 'note':
      return words(kind, 10, 20, 'Hello')
    default:
      return { kind, at: [10, 20], size: [100, 50], look }
  }
}

const UNWRITABLE = '\0\u0007\ufffe\uffff'

let ada: Drawer
beforeEach(() => {
  ada = new Drawer()
})
afterEach(() => ada.close())

const svg = (theme: 'light' | 'dark' = 'light') => svgOf(ada.shapes, THEMES[theme], measure)

describe('[B57] the SVG', () => {
  test.each(KINDS)('shows a %s, whole and in its place', (kind) => {
    ada.add(one(kind))
    const root = parseXml(svg())
    const [x, y, width, height] = root.attributes.viewBox!.split(' ').map(Number)
    const box = pictured(ada.shapes, measure)!
    expect(x).toBeCloseTo(box.x, 1)
    expect(y).toBeCloseTo(box.y, 1)
    expect(x! + width!).toBeGreaterThan(10 + ada.shapes[0]!.size[0])
    expect(y! + height!).toBeGreaterThan(20 + ada.shapes[0]!.size[1])
    const [paper, group] = root.children
    expect(paper).toMatchObject({ name: 'rect', attributes: { fill: THEMES.light.paper } })
    expect(group).toMatchObject({ name: 'g', attributes: { transform: 'translate(10 20)' } })
    expect(group!.children.length).toBeGreaterThan(0)
    for (const { name, attributes } of group!.children) {
      if (name === 'path') expect(attributes.d).toMatch(/^[MLHVCSQTAZmlhvcsqtaz\d\s.,+-]+$/)
      const paints = [attributes.fill, attributes.stroke ?? 'none']
      for (const paint of paints) expect(paint).toMatch(/^(none|#[\da-f]{6})$/)
    }
  })

  test('stands by itself, from the bottom of the pile to its top, in the colours of the theme', () => {
    ada.add(...KINDS.map(one))
    const root = parseXml(svg('dark'))
    expect(root.attributes.xmlns).toBe('http://www.w3.org/2000/svg')
    expect(root.children[0]?.attributes.fill).toBe(THEMES.dark.paper)
    expect(root.children).toHaveLength(1 + KINDS.length)
    expect(root.children[2]?.attributes.opacity).toBeDefined()
    expect(svg('dark')).not.toMatch(/href|url\(|style|script/)
  })

  test.each([
    ['markup', '<script>alert(1)</script> & &amp; "\' ]]>'],
    ['what XML cannot write', 'a\0b\u0007c\ud83dd\ufffee\uffff'],
    ['characters of two units', '😀 𝄞'],
  ])('%s in a text stays a text', (_, text) => {
    ada.add({ kind: 'text', at: [0, 0], size: [0, 0], look, text })
    const root = parseXml(svg())
    const shown = root.children[1]?.children.flatMap(({ children }) => children.map((s) => s.text))
    const kept = [...text.toWellFormed()].map((sign) =>
      UNWRITABLE.includes(sign) ? '\ufffd' : sign,
    )
    expect(shown).toEqual([kept.join('')])
  })

  test('whatever is written, it is well-formed', () => {
    const random = new Seeded(seedOfRun())
    for (let round = 0; round < 200; round += 1) {
      const text = String.fromCharCode(
        ...Array.from({ length: 40 }, () =>
          random.chance(0.5) ? random.int(0, 0x7f) : random.int(0, 0xffff),
        ),
      )
      ada.add(words(random.pick(['text', 'note']), random.int(-500, 500), 0, text))
    }
    expect(() => parseXml(svg()), `seed ${random.seed}`).not.toThrow()
  })

  test('of nothing is no picture', () => {
    expect(pictured([], measure)).toBeNull()
    expect(() => parseXml(svg())).not.toThrow()
  })
})

describe('[B58] the PNG', () => {
  const sized = (width: number, height: number) => pictureSize({ x: 0, y: 0, width, height })

  test('has two pixels per unit where there is room', () => {
    expect(sized(300, 200)).toEqual({ width: 600, height: 400, scale: 2 })
  })

  test('is never larger than a browser can make it, nor nothing at all', () => {
    const random = new Seeded(seedOfRun())
    for (let round = 0; round < 1_000; round += 1) {
      const [w, h] = [10 ** (random.next() * 9 - 1), 10 ** (random.next() * 9 - 1)]
      const { width, height, scale } = sized(w, h)
      const context = `seed ${random.seed}: ${w} × ${h}`
      expect(width, context).toBeLessThanOrEqual(8_192)
      expect(height, context).toBeLessThanOrEqual(8_192)
      expect(width * height, context).toBeLessThanOrEqual(16_777_216)
      expect(Math.min(width, height), context).toBeGreaterThanOrEqual(1)
      expect(scale, context).toBeLessThanOrEqual(2)
    }
    expect(sized(20_000, 100)).toMatchObject({ width: 8_192, height: 40 })
  })
})
