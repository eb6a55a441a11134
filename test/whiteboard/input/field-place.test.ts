import { describe, expect, test } from 'vitest'
import { fieldPlace } from '../../../client/whiteboard/input/field-place.ts'
import type { ShapeId, Writing } from '../../../client/whiteboard/model/shape.ts'
import { layoutOf } from '../../../client/whiteboard/scene/words.ts'

const measure = (text: string, size: number) => text.length * size * 0.5
const look = { colour: 0, size: 1, fill: 0 }
const common = { id: 'x' as ShapeId, order: 'a0', at: [0, 0], look } as const
const text = (words: string, width = 0): Writing => ({
  ...common,
  kind: 'text',
  size: [width, 0],
  text: words,
})
const note = (words: string): Writing => ({
  ...common,
  kind: 'note',
  size: [200, 200],
  text: words,
})

describe('[B54] the field for words', () => {
  test('lies on the lines of a text and leaves room for the next letter', () => {
    const place = fieldPlace(text('one\ntwo'), measure)
    expect(place).toMatchObject({ x: 0, y: 0, size: 28, wraps: false })
    expect(place.height).toBeCloseTo(2 * 1.3 * 28)
    expect(place.width).toBeGreaterThan(measure('one', 28) + 28)
  })

  test('wraps where the text wraps', () => {
    const shape = text('one two three four', 100)
    expect(fieldPlace(shape, measure)).toMatchObject({ width: 101, wraps: true })
    expect(fieldPlace(shape, measure).height).toBeCloseTo(layoutOf(shape, measure).height)
  })

  test('lies in the middle of a note, with room for a first line', () => {
    for (const words of ['', 'one', 'one two three four five six seven eight nine ten']) {
      const { y, height, x, width, size } = fieldPlace(note(words), measure)
      expect(y + height / 2).toBeCloseTo(100)
      expect(x + width / 2).toBeCloseTo(100)
      expect(height).toBeGreaterThanOrEqual(1.3 * size - 1e-9)
      expect(height).toBeLessThanOrEqual(168)
    }
  })

  test('knows where the canvas puts the first line', () => {
    for (const shape of [
      text('one\ntwo'),
      note('one'),
      note('one two three four five six seven'),
    ]) {
      const { y, baseline } = fieldPlace(shape, measure)
      expect(y + baseline).toBeCloseTo(layoutOf(shape, measure).lines[0]!.y)
    }
    expect(fieldPlace(note(''), measure).baseline).toBeGreaterThan(0)
  })

  test('grows with lines that the browser breaks otherwise, on a note up to its edge', () => {
    expect(fieldPlace(text('one', 100), measure, 90).height).toBe(90)
    expect(fieldPlace(note('one'), measure, 90)).toMatchObject({ height: 90, y: 55 })
    expect(fieldPlace(note('one'), measure, 900)).toMatchObject({ height: 168, y: 16 })
  })
})
