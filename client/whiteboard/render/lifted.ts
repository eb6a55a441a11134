import type { Editor } from '../editor/editor.ts'
import type { Stretch } from '../geometry/stretch.ts'
import type { ShapeId } from '../model/shape.ts'
import type { Peer } from '../people/peer.ts'

/** How a shape shows that is not painted with the scene now. */
export interface Lifted {
  /** How it is being moved or resized. */
  readonly stretch: Stretch | null
  /** 0 to 1: what the eraser has passed over fades. */
  readonly opacity: number
  /** Its words are being edited: the field with them stands in their place. */
  readonly wordless: boolean
}

/** How much is left to see of what will be erased. */
const ERASED = 0.25

/**
 * The shapes that are left out of the scene, because they look different in every frame: what this
 * person moves, erases or writes, and what the others move. One's own doings win.
 */
export function liftedBy(editor: Editor, peers: readonly Peer[]): Map<ShapeId, Lifted> {
  const lifted = new Map<ShapeId, Lifted>()
  for (const { selection, stretch } of peers) {
    if (stretch === null) continue
    const moved = { stretch, opacity: 1, wordless: false }
    for (const id of selection) lifted.set(id, moved)
  }
  const stretch = editor.stretch.value
  if (stretch !== null) {
    const moved = { stretch, opacity: 1, wordless: false }
    for (const id of editor.selection.value) lifted.set(id, moved)
  }
  for (const id of editor.erasing.value) {
    lifted.set(id, { stretch: null, opacity: ERASED, wordless: false })
  }
  const editing = editor.editing.value
  if (editing !== null) lifted.set(editing, { stretch: null, opacity: 1, wordless: true })
  return lifted
}
