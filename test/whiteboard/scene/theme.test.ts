import { describe, expect, test } from 'vitest'
import { COLOURS as PEOPLE } from '../../../client/person/person.ts'
import { COLOURS } from '../../../client/whiteboard/model/shape.ts'
import { colourOf, THEMES } from '../../../client/whiteboard/scene/theme.ts'

/** Of WCAG 2: 1 for the same, 21 for black on white. */
function contrast(a: string, b: string): number {
  const light = [a, b].map(luminance).sort((one, other) => other - one)
  return ((light[0] ?? 0) + 0.05) / ((light[1] ?? 0) + 0.05)
}

function luminance(colour: string): number {
  expect(colour).toMatch(/^#[0-9a-f]{6}$/)
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

describe.each(Object.values(THEMES))('[B16] on the $name board', (theme) => {
  test.each(COLOURS.map((name, colour) => [name, { colour, size: 1, fill: 0 }] as const))(
    '%s can be read: lines on the paper, words on a note, and a note is seen',
    (_name, look) => {
      expect(contrast(colourOf(theme, 'line', look), theme.paper)).toBeGreaterThanOrEqual(3)
      const [note, words] = [colourOf(theme, 'note', look), colourOf(theme, 'onNote', look)]
      expect(contrast(words, note)).toBeGreaterThanOrEqual(4.5)
      expect(contrast(note, theme.paper)).toBeGreaterThan(1.15)
    },
  )

  test('each of the people has a colour of their own, and their name can be read on it', () => {
    expect(theme.people).toHaveLength(PEOPLE)
    expect(new Set(theme.people.map(({ colour }) => colour)).size).toBe(PEOPLE)
    for (const { colour, text } of theme.people) {
      expect(contrast(colour, text)).toBeGreaterThanOrEqual(4.5)
      expect(contrast(colour, theme.paper)).toBeGreaterThanOrEqual(3)
    }
  })

  test('the selection is seen, the grid hardly', () => {
    expect(contrast(theme.selection, theme.paper)).toBeGreaterThanOrEqual(3)
    expect(contrast(theme.grid, theme.paper)).toBeLessThan(1.6)
  })

  test('a colour that nobody knows is the ordinary one', () => {
    const look = { colour: 99, size: 1, fill: 0 }
    expect(colourOf(theme, 'line', look)).toBe(theme.colours[0]?.line)
  })
})
