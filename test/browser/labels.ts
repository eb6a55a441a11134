import type { BrowserContext } from 'playwright-core'
import type { Artist, Spot } from './artist.ts'

/** A name that stands on the overlay, and the spot of the view that it belongs to. */
export interface Label {
  readonly text: string
  /** The tip of the cursor, or the corner of the selection. */
  readonly at: Spot
}

/**
 * Has the pages of a context note down what they write on their overlay, from the last time it was
 * emptied on: words on a canvas are in no document.
 */
export async function rememberLabels(context: BrowserContext): Promise<void> {
  await context.addInitScript(`(() => {
    const { fillText, clearRect } = CanvasRenderingContext2D.prototype
    const isOverlay = ({ canvas }) => canvas.dataset?.layer === 'overlay'
    globalThis.labels = []
    CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
      if (isOverlay(this)) {
        const { a, e, f } = this.getTransform()
        labels.push({ text, at: [e / a, f / a] })
      }
      fillText.call(this, text, ...rest)
    }
    CanvasRenderingContext2D.prototype.clearRect = function (...area) {
      if (isOverlay(this)) labels = []
      clearRect.apply(this, area)
    }
  })()`)
}

/** Every name on the overlay of a page, as it is now. */
export function labelsOf(artist: Artist): Promise<Label[]> {
  return artist.page.evaluate('labels')
}

/** Waits until the cursor of `name` stands at a spot of the view of `artist`, to the pixel or two. */
export function seesCursor(artist: Artist, name: string, [x, y]: Spot): Promise<void> {
  return artist.until(`the cursor of ${name} is at ${x}, ${y}`, async () => {
    return (await labelsOf(artist)).some(
      ({ text, at }) => text === name && Math.abs(at[0] - x) <= 2 && Math.abs(at[1] - y) <= 2,
    )
  })
}
