import { batch } from '@preact/signals-core'
import type { Editor } from '../editor/editor.ts'
import { nameOfAll } from '../editor/name-of.ts'
import { boxBetween } from '../geometry/box.ts'
import type { ShapeId } from '../model/shape.ts'
import type { Gesture, Press } from './tool.ts'

/** Pulls a frame open; what lies wholly in it is selected, besides what `kept` has. */
export function pullMarquee(editor: Editor, first: Press, kept: ReadonlySet<ShapeId>): Gesture {
  const { selection, marquee, index, board } = editor

  return {
    move(presses) {
      const last = presses.at(-1)
      if (last === undefined) return
      const box = boxBetween(first.at, last.at)
      const found = new Set([...kept].filter((id) => board.get(id) !== null))
      for (const { id } of index.within(box)) found.add(id)
      batch(() => {
        marquee.value = box
        // The same set again: nothing to draw, nothing to tell the others.
        if (!same(found, selection.value)) selection.value = found
      })
    },
    up(press) {
      this.move([press])
      marquee.value = null
      const shapes = editor.selected.value
      editor.announcement.value =
        shapes.length === 0 ? 'Nothing selected' : `${nameOfAll(shapes)} selected`
    },
    cancel() {
      marquee.value = null
    },
  }
}

function same(a: ReadonlySet<ShapeId>, b: ReadonlySet<ShapeId>): boolean {
  if (a.size !== b.size) return false
  for (const id of a) if (!b.has(id)) return false
  return true
}
