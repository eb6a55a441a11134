import { effect, type ReadonlySignal, untracked } from '@preact/signals-core'
import type { Awareness } from 'y-protocols/awareness'
import type { Cancel } from '../../../src/core/clock.ts'
import type { Person } from '../../person/person.ts'
import { seen } from '../editor/camera.ts'
import type { Editor } from '../editor/editor.ts'
import { centreOf } from '../geometry/box.ts'
import type { Point } from '../geometry/point.ts'
import type { Stretch } from '../geometry/stretch.ts'
import type { ShapeId } from '../model/shape.ts'
import type { Pace } from './pace.ts'
import type { PeerView } from './peer.ts'
import { MOST_SELECTED, writePresence } from './presence.ts'

/** Between two updates, in ms: 30 a second is all that a smoothed cursor needs. */
const PACE_MS = 33
/** How long a dropped stretch is still told, in ms: what it was committed as is there before that. */
const HOLD_MS = 150

export interface PublishParts {
  readonly awareness: Awareness
  readonly editor: Editor
  readonly me: ReadonlySignal<Person>
  readonly follows: ReadonlySignal<number | null>
  /** Whether nobody looks at this page. */
  readonly isHidden: ReadonlySignal<boolean>
  readonly pace: Pace
}

/**
 * Tells the others what this person does: at most once in 33 ms, the last word always, and nothing
 * when nothing changed.
 *
 * While a pen is down the pointer is not told: the tip of the growing stroke says it already. And
 * what was told last about a stretch is told a little longer than it lasts: without that the shapes
 * would jump back to where they came from until the drop itself arrives. A stretch that was over
 * before it was ever told is not told at all, since the drop may overtake it.
 *
 * @returns The way out. The awareness keeps what was told last.
 */
export function publish(parts: PublishParts): () => void {
  const { awareness, editor, me, follows, isHidden, pace } = parts
  const own = awareness.clientID
  const ownStrokes = new Set<ShapeId>()
  let cursor: Point | null = null
  let told = ''
  let toldAt = Number.NEGATIVE_INFINITY
  let toldDrag: { selection: readonly ShapeId[]; stretch: Stretch } | null = null
  let isHeld = false
  let waiting: Cancel | null = null
  let holding: Cancel | null = null

  const tell = () => {
    waiting = null
    toldAt = pace.monotonic()
    if (ownStrokes.size === 0) cursor = editor.crosshair.peek() ?? editor.pointer.peek()
    const stretch = editor.stretch.peek()
    const now =
      isHeld && toldDrag !== null
        ? toldDrag
        : { selection: firstOf(editor.selection.peek()), stretch }
    const presence = writePresence({
      ...now,
      person: me.peek(),
      cursor: isHidden.peek() ? null : cursor,
      view: viewOf(editor),
      follows: follows.peek(),
      zoom: editor.camera.peek().zoom,
    })
    if (now.stretch !== null) toldDrag = { selection: now.selection, stretch: now.stretch }
    const json = JSON.stringify(presence)
    if (json === told) return
    told = json
    awareness.setLocalState(presence)
  }
  const poke = () => {
    if (waiting !== null) return
    const left = toldAt + PACE_MS - pace.monotonic()
    if (left > 0) waiting = pace.after(left, tell)
    else tell()
  }
  const hold = () => {
    isHeld = true
    holding = pace.after(HOLD_MS, () => {
      letGo()
      poke()
    })
  }
  const letGo = () => {
    holding?.()
    holding = null
    isHeld = false
    toldDrag = null
  }

  const stopStrokes = editor.live.observe((changes) => {
    for (const { id, before, after } of changes) {
      if ((after ?? before)?.by !== own) continue
      if (after === null) ownStrokes.delete(id)
      else ownStrokes.add(id)
    }
    if (ownStrokes.size === 0) poke()
  })
  const stopChanges = effect(() => {
    const isStretching = editor.stretch.value !== null
    for (const signal of [editor.pointer, editor.crosshair, editor.selection]) signal.value
    for (const signal of [editor.camera, editor.view, me, follows, isHidden]) signal.value
    untracked(() => {
      if (isStretching && isHeld) letGo()
      if (!isStretching && !isHeld && toldDrag !== null) hold()
      poke()
    })
  })
  return () => {
    stopStrokes()
    stopChanges()
    waiting?.()
    holding?.()
  }
}

function firstOf(selection: ReadonlySet<ShapeId>): ShapeId[] {
  const first: ShapeId[] = []
  for (const id of selection) {
    if (first.length === MOST_SELECTED) break
    first.push(id)
  }
  return first
}

function viewOf(editor: Editor): PeerView | null {
  const view = editor.view.peek()
  if (view.width <= 0 || view.height <= 0) return null
  const box = seen(editor.camera.peek(), view)
  return { centre: centreOf(box), width: box.width, height: box.height }
}
