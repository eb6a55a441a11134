import { LINE_HEIGHT } from '../scene/sizes.ts'
import { FONT } from '../scene/theme.ts'

const known = new Map<number, number>()

/**
 * How far below the top of a line of text the browser puts its baseline, for letters of this size.
 * Each browser rounds on its own, so it is asked: words jump by a pixel otherwise when they pass
 * from the canvas to a field.
 */
export function baselineOf(size: number): number {
  const before = known.get(size)
  if (before !== undefined) return before
  const line = document.createElement('div')
  const mark = document.createElement('span')
  Object.assign(line.style, {
    position: 'absolute',
    visibility: 'hidden',
    font: `${size}px/${LINE_HEIGHT} ${FONT}`,
  })
  mark.style.display = 'inline-block'
  line.append('x', mark)
  document.body.append(line)
  const baseline = mark.getBoundingClientRect().bottom - line.getBoundingClientRect().top
  line.remove()
  known.set(size, baseline)
  return baseline
}
