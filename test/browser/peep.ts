import type { Artist, Spot } from './artist.ts'

/** The layers of the board, from the bottom: what is on it, what is being drawn, what lies over it. */
export const LAYERS = { scene: 0, live: 1, overlay: 2 } as const

export type Pixel = readonly [red: number, green: number, blue: number, alpha: number]

/** The colour of one layer at a spot of the view, each channel 0 to 255. */
export function peep(artist: Artist, layer: keyof typeof LAYERS, [x, y]: Spot): Promise<Pixel> {
  return artist.page.evaluate(`(() => {
    const host = document.getElementById('board').getBoundingClientRect()
    const canvas = document.querySelectorAll('#board canvas')[${LAYERS[layer]}]
    const box = canvas.getBoundingClientRect()
    const column = Math.floor((host.left + ${x} - box.left) * (canvas.width / box.width))
    const row = Math.floor((host.top + ${y} - box.top) * (canvas.height / box.height))
    return [...canvas.getContext('2d').getImageData(column, row, 1, 1).data]
  })()`)
}

/**
 * How many pixels of a layer have something on them, in a square of `size` around a spot: what is
 * plainly another colour than most of that row, which is paper or nothing.
 */
export function marks(
  artist: Artist,
  layer: keyof typeof LAYERS,
  [x, y]: Spot,
  size = 8,
): Promise<number> {
  return artist.page.evaluate(`(() => {
    const host = document.getElementById('board').getBoundingClientRect()
    const canvas = document.querySelectorAll('#board canvas')[${LAYERS[layer]}]
    const box = canvas.getBoundingClientRect()
    const scale = canvas.width / box.width
    const left = (host.left + ${x} - ${size} / 2 - box.left) * scale
    const top = (host.top + ${y} - ${size} / 2 - box.top) * scale
    const side = Math.max(1, Math.round(${size} * scale))
    const pixels = (...area) => {
      const { data } = canvas.getContext('2d').getImageData(...area)
      return Array.from({ length: data.length / 4 }, (_, n) => data.slice(4 * n, 4 * n + 4))
    }
    const seen = new Map()
    for (const pixel of pixels(0, top, canvas.width, 1)) {
      const colour = pixel.join()
      seen.set(colour, (seen.get(colour) ?? 0) + 1)
    }
    const [[most]] = [...seen].sort(([, a], [, b]) => b - a)
    const ground = most.split(',')
    // The dots of the paper differ by less.
    const differs = (pixel) => pixel.some((value, n) => Math.abs(value - ground[n]) > 48)
    return pixels(left, top, side, side).filter(differs).length
  })()`)
}

/** Waits until something is to be seen of a layer around a spot; with `no`, until nothing is. */
export function sees(
  artist: Artist,
  layer: keyof typeof LAYERS,
  spot: Spot,
  { no = false, size = 8 } = {},
): Promise<void> {
  const what = `${no ? 'nothing' : 'something'} on the ${layer} layer at ${spot}`
  return artist.until(what, async () => (await marks(artist, layer, spot, size)) > 0 !== no)
}

/** How the scenes of two pages compare, both with the same camera and of the same size. */
export interface Comparison {
  /** Pixels that are plainly another colour. */
  readonly differ: number
  /** Pixels of the first that are plainly no paper. */
  readonly marked: number
}

/** Pixel by pixel, after both have painted all they have. */
export async function compareScenes(one: Artist, other: Artist): Promise<Comparison> {
  const picture = await one.page.evaluate(
    `document.querySelectorAll('#board canvas')[0].toDataURL()`,
  )
  return other.page.evaluate(`(async () => {
    const bytes = Uint8Array.from(atob(${JSON.stringify(picture)}.split(',')[1]), (c) => c.charCodeAt(0))
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
    const own = document.querySelectorAll('#board canvas')[0]
    const { width, height } = own
    if (image.width !== width || image.height !== height) throw new Error('of another size')
    const g = new OffscreenCanvas(width, height).getContext('2d')
    g.drawImage(image, 0, 0)
    const theirs = g.getImageData(0, 0, width, height).data
    const ours = own.getContext('2d').getImageData(0, 0, width, height).data
    const far = (n, colour) => [0, 1, 2].some((c) => Math.abs(theirs[n + c] - colour(n + c)) > 48)
    let differ = 0
    let marked = 0
    for (let n = 0; n < theirs.length; n += 4) {
      if (far(n, (at) => ours[at])) differ += 1
      if (far(n, (at) => theirs[at % 4])) marked += 1
    }
    return { differ, marked }
  })()`)
}
