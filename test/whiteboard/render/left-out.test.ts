import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { Editor } from '../../../client/whiteboard/editor/editor.ts'
import type { ShapeChange } from '../../../client/whiteboard/model/board.ts'
import { openBoard } from '../../../client/whiteboard/model/open-board.ts'
import type { NewShape, ShapeId } from '../../../client/whiteboard/model/shape.ts'
import type { Peer } from '../../../client/whiteboard/people/peer.ts'
import { Carried } from '../../../client/whiteboard/render/carried.ts'
import { liftedBy } from '../../../client/whiteboard/render/lifted.ts'
import { boundsOf } from '../../../client/whiteboard/scene/bounds.ts'
import { createIndex } from '../../../client/whiteboard/scene/create-index.ts'
import { measure } from '../scene/drawn.ts'

const note = (x: number): NewShape => ({
  kind: 'note',
  at: [x, 0],
  size: [100, 100],
  look: { colour: 0, size: 1, fill: 0 },
  text: 'x',
})
const box = (x: number) => ({ x, y: 0, width: 100, height: 100 })
const stretch = { from: box(0), to: box(50) }

function stage(count: number) {
  const board = openBoard(new Y.Doc())
  const editor = new Editor({
    board,
    live: board.live,
    index: createIndex(board, measure),
    measure,
  })
  const changes: ShapeChange[] = []
  board.observe((some) => changes.push(...some))
  const ids = board.add(Array.from({ length: count }, (_, at) => note(at * 200)))
  const carried = new Carried()
  return {
    board,
    editor,
    ids,
    carried,
    news: () => changes.splice(0),
    letGo: (...pending: ReturnType<typeof box>[]) =>
      carried.letGo(pending, (shape) => boundsOf(shape, measure)),
    carries: () => [...carried.shapes].map(({ id }) => id),
  }
}

const peer = (selection: ShapeId[], moves: boolean): Peer => ({
  client: 7,
  name: 'Ada',
  colour: 1,
  cursor: null,
  selection: new Set(selection),
  stretch: moves ? { from: box(0), to: box(-9) } : null,
  view: null,
  changedAt: 0,
})

describe('[B34] what is left out of the scene', () => {
  test('is what somebody moves, erases or writes, and nothing that only is selected', () => {
    const { editor, ids } = stage(5)
    const [a, b, c, d] = ids as [ShapeId, ShapeId, ShapeId, ShapeId]
    editor.selection.value = new Set([a])
    expect(liftedBy(editor, [peer([b], false)])).toEqual(new Map())

    editor.stretch.value = stretch
    editor.erasing.value = new Set([c])
    editor.editing.value = d
    const lifted = liftedBy(editor, [peer([b], true)])
    expect([...lifted.keys()].sort()).toEqual([a, b, c, d].sort())
    expect(lifted.get(a)?.stretch).toBe(stretch)
    expect(lifted.get(b)?.stretch?.to.x).toBe(-9)
    expect(lifted.get(c)?.opacity).toBeLessThan(0.5)
    expect(lifted.get(d)).toEqual({ stretch: null, opacity: 1, wordless: true })
  })

  test('follows this person where two hold the same shape', () => {
    const { editor, ids } = stage(1)
    editor.selection.value = new Set(ids)
    editor.stretch.value = stretch
    expect(liftedBy(editor, [peer(ids, true)]).get(ids[0]!)?.stretch).toBe(stretch)
  })
})

describe('[B30] what has come or has come down', () => {
  test('is carried until the scene shows it at its place', () => {
    const s = stage(2)
    s.carried.take(s.news())
    s.letGo(box(0), box(900))
    expect(s.carries()).toEqual([s.ids[0]])
    s.letGo(box(150), box(900))
    expect(s.carries()).toEqual([])
  })

  test('is carried as it is now, and no longer than it is there', () => {
    const s = stage(2)
    s.carried.take(s.news())
    s.board.stretch([s.ids[0]!], stretch)
    s.board.remove([s.ids[1]!])
    s.carried.take(s.news())
    expect([...s.carried.shapes]).toEqual([s.board.get(s.ids[0]!)])
  })

  test('is not carried when it is too much to paint in every frame', () => {
    const s = stage(500)
    s.carried.take(s.news())
    s.carried.putDown([...s.board.shapes()])
    expect(s.carries()).toEqual([])
    for (const id of s.ids) {
      s.board.stretch([id], stretch)
      s.carried.take(s.news())
    }
    expect(s.carries()).toEqual(s.ids.slice(-64))
  })
})
