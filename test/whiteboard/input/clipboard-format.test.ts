import { describe, expect, test } from 'vitest'
import {
  cleanWords,
  fromClipboard,
  MOST_SHAPES,
  toClipboard,
} from '../../../client/whiteboard/input/clipboard-format.ts'
import { packInk } from '../../../client/whiteboard/model/ink.ts'
import { MOST_TEXT } from '../../../client/whiteboard/model/limits.ts'
import type { NewShape } from '../../../client/whiteboard/model/shape.ts'
import { Seeded, seedOfRun } from '../../support/seeded.ts'
import { Drawer } from '../tools/drawer.ts'

const look = { colour: 3, size: 2, fill: 1 }
const ink = packInk(
  [
    [0, 0, 0.5],
    [10, 20, 0.7],
    [15, 5, 1],
  ],
  0.5,
)
const shapes: NewShape[] = [
  { kind: 'pen', at: [-5.5, 7], size: [15, 20], look, ink },
  { kind: 'highlighter', at: [1e6, 0], size: [15, 20], look, ink },
  { kind: 'rectangle', at: [0, 0], size: [100, 50], look },
  { kind: 'ellipse', at: [0, 0], size: [100, 50], look },
  { kind: 'line', at: [0, 0], size: [-100, 50], look },
  { kind: 'arrow', at: [0, 0], size: [100, -50], look },
  { kind: 'text', at: [0, 0], size: [0, 30], look, text: 'one\ntwo "<b>&amp;" 😀' },
  { kind: 'note', at: [0, 0], size: [200, 200], look, text: '' },
]

/** What somebody else could put on the clipboard. */
const forged = (json: unknown) => {
  const packed = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json))
  return `<div data-tributary-shapes="${packed.toString('base64')}"></div>`
}
const plain = { kind: 'rectangle', at: [1, 2], size: [3, 4], look: [0, 1, 2] }

describe('[B55] the clipboard', () => {
  test('gives back every kind of shape as it was', () => {
    expect(fromClipboard(toClipboard(shapes).html)).toEqual(shapes)
  })

  test('gives back what a browser has wrapped around it', () => {
    const { html } = toClipboard(shapes)
    const wrapped = `<html>\r\n<body><!--StartFragment--><meta charset='utf-8'>${html}<!--EndFragment--></body></html>`
    expect(fromClipboard(wrapped)).toEqual(shapes)
  })

  test('has the words for other programs, as text and as HTML that cannot break out', () => {
    const { text, html } = toClipboard(shapes)
    expect(text).toBe('one\ntwo "<b>&amp;" 😀')
    expect(html).toMatch(
      /^<div data-tributary-shapes="[\w+/=]+">one<br>two "&lt;b&gt;&amp;amp;" 😀<\/div>$/,
    )
  })

  test('what a board wrote another board takes', () => {
    const [ada, bob] = [new Drawer(), new Drawer()]
    ada.add(...shapes)
    const ids = bob.board.add(fromClipboard(toClipboard(ada.shapes).html) ?? [])
    expect(ids).toHaveLength(shapes.length)
    expect(new Set([...ids, ...ada.shapes.map(({ id }) => id)]).size).toBe(2 * shapes.length)
    const bare = (drawer: Drawer) => drawer.shapes.map(({ id: _, order: __, ...shape }) => shape)
    expect(bare(bob)).toEqual(bare(ada))
    ada.close()
    bob.close()
  })
})

describe('[B56] what is pasted is not trusted', () => {
  test.each([
    ['nothing', ''],
    ['words', '<p>Hello</p>'],
    ['no base64', '<div data-tributary-shapes="€"></div>'],
    ['base64 of the wrong length', '<div data-tributary-shapes="abcde"></div>'],
    ['no JSON', forged('{')],
    ['no object', forged('null')],
    ['another version', forged({ v: 2, shapes: [plain] })],
    ['no list', forged({ v: 1, shapes: { length: 3 } })],
    ['no shapes', forged({ v: 1, shapes: [] })],
    ['inherited fields', forged('{"__proto__":{"v":1,"shapes":[]}}')],
  ])('%s is no shape', (_, html) => {
    expect(fromClipboard(html)).toBeNull()
  })

  test.each([
    ['a kind', { ...plain, kind: 'image' }],
    ['a place', { ...plain, at: ['1', 2] }],
    ['numbers', { ...plain, size: [1, null] }],
    ['an inherited kind', { ...plain, kind: 'constructor' }],
    ['ink', { ...plain, kind: 'pen' }],
    ['ink in base64', { ...plain, kind: 'pen', ink: '!' }],
    ['sound ink', { ...plain, kind: 'pen', ink: 'AAAA' }],
    ['words', { ...plain, kind: 'text', text: 5 }],
    ['anything', null],
  ])('one without %s is left out', (_, shape) => {
    expect(fromClipboard(forged({ v: 1, shapes: [shape, plain] }))).toEqual([
      { kind: 'rectangle', at: [1, 2], size: [3, 4], look: { colour: 0, size: 1, fill: 2 } },
    ])
  })

  test('an id or a place in the pile that comes along is not taken', () => {
    const [shape] =
      fromClipboard(forged({ v: 1, shapes: [{ ...plain, id: 'x', order: 'z' }] })) ?? []
    expect(Object.keys(shape ?? {}).sort()).toEqual(['at', 'kind', 'look', 'size'])
  })

  test('it is bounded: shapes, words, and all of it', () => {
    const many = Array.from({ length: MOST_SHAPES + 10 }, () => plain)
    expect(fromClipboard(forged({ v: 1, shapes: many }))).toHaveLength(MOST_SHAPES)
    const text = 'x'.repeat(MOST_TEXT + 10)
    const [shape] =
      fromClipboard(forged({ v: 1, shapes: [{ ...plain, kind: 'text', text }] })) ?? []
    expect(shape).toMatchObject({ text: 'x'.repeat(MOST_TEXT) })
    expect(fromClipboard(forged({ v: 1, shapes: [plain], more: ' '.repeat(13e6) }))).toBeNull()
  })

  test('words come with whole characters and plain line ends', () => {
    expect(cleanWords('a\r\nb\rc\0\ud83d')).toBe('a\nb\nc\ufffd')
  })

  test('whatever it is, it is read without an error, and what is read a board takes', () => {
    const random = new Seeded(seedOfRun())
    const odd = [null, -1, 0, 1e308, '', 'x', [], {}, [1], [NaN], true, '__proto__', [[1, 2], 3]]
    const ada = new Drawer()
    const { html } = toClipboard(shapes)
    for (let round = 0; round < 500; round += 1) {
      const context = `seed ${random.seed}, round ${round}`
      const list = Array.from({ length: random.int(0, 5) }, () => {
        const shape: Record<string, unknown> = {
          ...random.pick(shapes),
          ink: 'AQI=',
          look: [0, 1, 2],
        }
        for (const name of Object.keys(shape))
          if (random.chance(0.2)) shape[name] = random.pick(odd)
        return random.chance(0.9) ? shape : random.pick(odd)
      })
      const read = fromClipboard(forged({ v: 1, shapes: list })) ?? []
      expect(ada.board.add(read), context).toHaveLength(read.length)
      // Bytes turned over in what we wrote ourselves.
      const at = random.int(30, html.length - 40)
      const broken = html.slice(0, at) + random.pick(['A', 'z', '/', '']) + html.slice(at + 1)
      const taken = fromClipboard(broken) ?? []
      expect(ada.board.add(taken), context).toHaveLength(taken.length)
    }
    ada.close()
  })
})
