import type { Measure } from '../scene/measure.ts'
import { FONT } from '../scene/theme.ts'

/** Letters are measured at this size and the width scaled: one entry serves all sizes. */
const AT = 100
/** Words in the cache. Wrapping asks for each line as it grows, so it fills quickly. */
const MOST = 5000
/** Longer lines are measured each time: they would fill the cache with megabytes. */
const LONGEST = 200

/** A measure of text by the browser's own font. */
export function createMeasure(): Measure {
  const g = new OffscreenCanvas(1, 1).getContext('2d')
  if (g === null) throw new Error('this browser has no canvas')
  g.font = `${AT}px ${FONT}`
  // Widths that do not depend on the size: without hinting, as the layers paint them.
  g.textRendering = 'geometricPrecision'
  const widths = new Map<string, number>()

  return (text, size) => {
    let width = widths.get(text)
    if (width === undefined) {
      width = g.measureText(text).width
      if (widths.size >= MOST) widths.clear()
      if (text.length <= LONGEST) widths.set(text, width)
    }
    return (width * size) / AT
  }
}
