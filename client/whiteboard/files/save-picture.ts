import type { Editor } from '../editor/editor.ts'
import { nameOfAll } from '../editor/name-of.ts'
import type { Theme } from '../scene/theme.ts'
import { download } from './download.ts'
import { pngOf } from './png.ts'
import { svgOf } from './svg.ts'

/**
 * Saves a picture of what is selected; of everything, if nothing is.
 *
 * @param id Of the board, for the name of the file.
 * @example await savePicture('png', editor, THEMES.light, 'b4k2') // board-b4k2.png
 */
export async function savePicture(
  type: 'png' | 'svg',
  editor: Editor,
  theme: Theme,
  id: string,
): Promise<void> {
  const { announcement, index, measure, selection } = editor
  const all = index.pile()
  const chosen = all.filter((shape) => selection.peek().has(shape.id))
  const shapes = chosen.length > 0 ? chosen : all
  if (shapes.length === 0) {
    announcement.value = 'There is nothing on the board to save'
    return
  }
  const file =
    type === 'svg'
      ? new Blob([svgOf(shapes, theme, measure)], { type: 'image/svg+xml' })
      : await pngOf(shapes, theme, measure)
  if (file === null) return
  download(file, `board-${id}.${type}`)
  announcement.value = `${nameOfAll(shapes)} saved as ${type.toUpperCase()}`
}
