import type { Look, Shape } from '../model/shape.ts'
import type { Measure } from '../scene/measure.ts'
import { paintingOf } from '../scene/paint.ts'
import type { Painting } from '../scene/painting.ts'
import { colourOf, FONT, type Theme } from '../scene/theme.ts'
import { pictureSize } from './picture-size.ts'
import { pictured } from './svg.ts'

/**
 * A picture of the shapes as a PNG file; `null` without shapes. The first lies at the bottom.
 *
 * Painted on a canvas of its own rather than from the SVG: the page may load no image from anywhere
 * but the server, not even one that it made itself.
 */
export async function pngOf(
  shapes: readonly Shape[],
  theme: Theme,
  measure: Measure,
): Promise<Blob | null> {
  const box = pictured(shapes, measure)
  if (box === null) return null
  const { width, height, scale } = pictureSize(box)
  const canvas = Object.assign(document.createElement('canvas'), { width, height })
  const ctx = canvas.getContext('2d')
  if (ctx === null) throw new Error('this browser has no room for the picture')
  ctx.fillStyle = theme.paper
  ctx.fillRect(0, 0, width, height)
  ctx.lineCap = 'round'
  ctx.lineJoin = 'round'
  for (const shape of shapes) {
    const [x, y] = shape.at
    ctx.setTransform(scale, 0, 0, scale, (x - box.x) * scale, (y - box.y) * scale)
    paint(ctx, paintingOf(shape, measure), shape.look, theme)
  }
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'))
  if (blob === null) throw new Error('this browser has no room for the picture')
  return blob
}

function paint(
  ctx: CanvasRenderingContext2D,
  { parts, words, opacity }: Painting,
  look: Look,
  theme: Theme,
): void {
  ctx.globalAlpha = opacity
  for (const { d, fill, stroke } of parts) {
    const path = new Path2D(d)
    if (fill !== null) {
      ctx.fillStyle = colourOf(theme, fill, look)
      ctx.fill(path)
    }
    if (stroke !== null) {
      ctx.strokeStyle = colourOf(theme, stroke.paint, look)
      ctx.lineWidth = stroke.width
      ctx.stroke(path)
    }
  }
  if (words === null) return
  ctx.fillStyle = colourOf(theme, words.paint, look)
  ctx.font = `${words.size}px ${FONT}`
  ctx.textBaseline = 'alphabetic'
  for (const { text, x, y } of words.lines) ctx.fillText(text, x, y)
}
