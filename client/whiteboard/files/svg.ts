import { type Box, boxAround, grown } from '../geometry/box.ts'
import type { Point } from '../geometry/point.ts'
import type { Look, Shape } from '../model/shape.ts'
import { boundsOf } from '../scene/bounds.ts'
import type { Measure } from '../scene/measure.ts'
import { paintingOf } from '../scene/paint.ts'
import type { Part, Words } from '../scene/painting.ts'
import { colourOf, FONT, type Theme } from '../scene/theme.ts'

/** Paper around the shapes, in units of the board. */
const MARGIN = 24

/** What a picture of the shapes shows, paper included; `null` without shapes. */
export function pictured(shapes: readonly Shape[], measure: Measure): Box | null {
  const box = boxAround(shapes.map((shape) => boundsOf(shape, measure)))
  return box && grown(box, MARGIN)
}

/**
 * A picture of the shapes as an SVG file that stands by itself. The first shape lies at the bottom.
 *
 * @example svgOf(index.pile(), THEMES.light, measure) // '<svg xmlns="http://www.w3.org/2000/svg" …'
 */
export function svgOf(shapes: readonly Shape[], theme: Theme, measure: Measure): string {
  const { x, y, width, height } = pictured(shapes, measure) ?? { x: 0, y: 0, width: 1, height: 1 }
  const view = [x, y, width, height].map(short).join(' ')
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${view}"` +
      ` width="${short(width)}" height="${short(height)}">`,
    `<rect x="${short(x)}" y="${short(y)}" width="100%" height="100%" fill="${quoted(theme.paper)}"/>`,
    ...shapes.map((shape) => groupOf(shape, theme, measure)),
    '</svg>\n',
  ].join('\n')
}

function groupOf(shape: Shape, theme: Theme, measure: Measure): string {
  const { parts, words, opacity } = paintingOf(shape, measure)
  const { look } = shape
  const faint = opacity < 1 ? ` opacity="${short(opacity)}"` : ''
  const content = [
    ...parts.map((part) => pathOf(part, look, theme)),
    ...(words === null ? [] : textOf(words, look, theme)),
  ].join('')
  return `<g transform="translate(${pair(shape.at)})"${faint}>${content}</g>`
}

function pathOf({ d, fill, stroke }: Part, look: Look, theme: Theme): string {
  const inside = fill === null ? 'none' : quoted(colourOf(theme, fill, look))
  const line =
    stroke === null
      ? ''
      : ` stroke="${quoted(colourOf(theme, stroke.paint, look))}" stroke-width="${short(stroke.width)}"` +
        ' stroke-linecap="round" stroke-linejoin="round"'
  return `<path d="${quoted(d)}" fill="${inside}"${line}/>`
}

function textOf({ lines, size, paint }: Words, look: Look, theme: Theme): string[] {
  const visible = lines.filter(({ text }) => text.trim() !== '')
  if (visible.length === 0) return []
  const spans = visible.map(
    ({ text, x, y }) => `<tspan x="${short(x)}" y="${short(y)}">${quoted(text)}</tspan>`,
  )
  // Spaces count here, so nothing but the lines themselves may stand inside.
  return [
    `<text xml:space="preserve" font-family="${quoted(FONT)}" font-size="${short(size)}"` +
      ` fill="${quoted(colourOf(theme, paint, look))}">${spans.join('')}</text>`,
  ]
}

const pair = ([x, y]: Point) => `${short(x)} ${short(y)}`

/** A hundredth of a unit is finer than any screen at 100 %, and half as long as what a sum leaves. */
const short = (value: number) => String(Math.round(value * 100) / 100)

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
// XML knows no way to write these, not even escaped: a file with one of them does not open.
const UNWRITABLE = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu

/** As text and as the value of an attribute. */
const quoted = (text: string) =>
  text
    .toWellFormed()
    .replace(UNWRITABLE, '\ufffd')
    .replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign)
