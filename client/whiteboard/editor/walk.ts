import { overlap } from '../geometry/box.ts'
import type { ShapeId } from '../model/shape.ts'
import { frameOf } from '../scene/bounds.ts'
import { fitting, seen } from './camera.ts'
import type { Editor } from './editor.ts'
import { nameOf } from './name-of.ts'

/**
 * Selects one shape after the other by keyboard, in the order of the pile, what is in view first.
 *
 * The order is made when a walk begins and kept until something else is selected: selecting a shape
 * out of view moves the camera, and an order made anew from there would never reach the rest.
 */
export function createWalk(editor: Editor): (step: 1 | -1) => void {
  let way: readonly ShapeId[] = []
  let last: ReadonlySet<ShapeId> | null = null

  return (step) => {
    const { board, selection, index } = editor
    const at = way.findIndex((id) => selection.value.has(id))
    const goesOn = selection.value === last && at >= 0
    // Who stands in the way and was removed by somebody must not be stepped on.
    if (!goesOn) way = newWay(editor)
    const from = goesOn ? at : startOf(way, selection.value, step)
    const there = way.filter((id) => board.get(id) !== null)
    const next = nextThere(way, from, step, (id) => board.get(id) !== null)
    const shape = next === null ? null : board.get(next)
    if (shape === null) {
      editor.announcement.value = 'There is nothing on the board'
      return
    }
    editor.selection.value = last = new Set([shape.id])
    const place = there.indexOf(shape.id) + 1
    editor.announcement.value = `${nameOf(shape)}, ${place} of ${there.length}`
    const bounds = index.bounds(shape.id) ?? frameOf(shape, editor.measure)
    const { camera, view } = editor
    if (!overlap(seen(camera.value, view.value), bounds)) {
      camera.value = fitting(bounds, view.value, undefined, camera.value.zoom)
    }
  }
}

function newWay({ index, camera, view }: Editor): ShapeId[] {
  const inView = index.search(seen(camera.value, view.value)).map(({ id }) => id)
  const near = new Set(inView)
  return [...inView, ...index.pile().flatMap(({ id }) => (near.has(id) ? [] : [id]))]
}

/** One before the first step: where the selection is, else outside of the end one comes from. */
function startOf(way: readonly ShapeId[], selected: ReadonlySet<ShapeId>, step: 1 | -1): number {
  const at = selected.size === 1 ? way.findIndex((id) => selected.has(id)) : -1
  return at >= 0 ? at : step === 1 ? -1 : way.length
}

function nextThere(
  way: readonly ShapeId[],
  from: number,
  step: 1 | -1,
  isThere: (id: ShapeId) => boolean,
): ShapeId | null {
  const { length } = way
  for (let tries = 1; tries <= length; tries += 1) {
    const id = way[(from + step * tries + length * 2) % length]
    if (id !== undefined && isThere(id)) return id
  }
  return null
}
