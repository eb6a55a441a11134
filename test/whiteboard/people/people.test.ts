import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { removeAwarenessStates } from 'y-protocols/awareness'
import { stretched } from '../../../client/whiteboard/geometry/stretch.ts'
import type { ShapeId } from '../../../client/whiteboard/model/shape.ts'
import { type Page, Pages } from './page.ts'

let pages: Pages
let ann: Page
let ben: Page
beforeEach(() => {
  pages = new Pages()
  ann = pages.open(1, 'Ann')
  ben = pages.open(2, 'Ben')
  pages.clock.advance(100)
  ben.hear(ann)
  pages.clock.advance(20)
})
afterEach(() => pages.close())

const peerOf = (page: Page, client: number) => {
  const peer = page.people.peers.value.find((one) => one.client === client)
  if (peer === undefined) throw new Error(`nobody is ${client}`)
  return peer
}
const move = (by: number) => ({ x: 100 + by, y: 100, width: 200, height: 100 })
const FROM = move(0)

/** Where a page shows the left edge of a shape: where it is, under the stretch of who holds it. */
function shownAt(page: Page, id: ShapeId): number | undefined {
  const shape = page.board.get(id)
  if (shape === null) return undefined
  const peer = page.people.peers.value.find(({ selection }) => selection.has(id))
  return (peer?.stretch ? stretched(shape.at, peer.stretch) : shape.at)[0]
}

describe('who else is here', () => {
  test('[B63] others stand by name, then by client, and not oneself', () => {
    ben.hearSay(30, { user: { name: 'carl', colour: 1 } })
    ben.hearSay(20, { user: { name: 'Carl', colour: 1 } })
    ben.hearSay(10, { user: { name: 'carl', colour: 1 } })
    ben.hearSay(5, { user: { name: 'Zoe', colour: 1 } })
    pages.clock.advance(20)
    expect(ben.people.peers.value.map(({ name, client }) => [name, client])).toEqual([
      ['Ann', 1],
      ['carl', 10],
      ['carl', 30],
      ['Carl', 20],
      ['Zoe', 5],
    ])
    ben.hearSay(5, { user: { name: 'Aaron', colour: 1 } })
    ben.hearSay(10, null)
    pages.clock.advance(20)
    expect(ben.people.peers.value.map(({ client }) => client)).toEqual([5, 1, 30, 20])
  })

  test('[B63] a burst is one new list', () => {
    let lists = 0
    const stop = ben.people.peers.subscribe(() => {
      lists += 1
    })
    for (let n = 0; n < 100; n += 1) ben.hearSay(1, { at: [n, n] })
    expect(lists).toBe(1)
    pages.clock.advance(20)
    expect(lists).toBe(2)
    expect(peerOf(ben, 1).cursor).toEqual([99, 99])
    stop()
  })

  test('[B63] no more than 256 are shown, the others counted, and each leaves room for the next', () => {
    for (let client = 100; client < 400; client += 1) ben.hearSay(client, { user: { name: 'x' } })
    pages.clock.advance(20)
    expect(ben.people.peers.value).toHaveLength(256)
    expect(ben.people.unseen.value).toBe(45)
    for (let client = 100; client < 140; client += 1) ben.hearSay(client, null)
    pages.clock.advance(20)
    expect(ben.people.peers.value).toHaveLength(256)
    expect(ben.people.unseen.value).toBe(5)
    ben.hearSay(399, null)
    removeAwarenessStates(
      ben.awareness,
      [...ben.awareness.getStates().keys()].filter((c) => c !== 2),
      'x',
    )
    pages.clock.advance(20)
    expect(ben.people.peers.value).toEqual([])
    expect(ben.people.unseen.value).toBe(0)
  })

  test('[B62] whatever a client says or draws, the page goes on', () => {
    for (const state of [7, 'x', [], { at: 'x' }, { user: 0, sel: 1, st: [1], view: {} }])
      ben.hearSay(50, state)
    pages.clock.advance(20)
    expect(peerOf(ben, 50)).toMatchObject({ name: 'Somebody', cursor: null, stretch: null })
    expect(ben.people.statusOf(50)).toBe('here')
    ben.people.follow(50)
    ben.people.goTo(50)
    ben.people.goTo(12_345)
    expect(ben.people.cursorOf(50)).toBeNull()
  })

  test('[B59] another name is told; one with nothing to see of it changes nothing', () => {
    ben.people.rename('  Benjamin\n ')
    pages.clock.advance(40)
    ben.people.rename(' \u200b ')
    pages.clock.advance(40)
    expect(ben.told.user).toEqual({ name: 'Benjamin', colour: 2 })
  })
})

describe('where they are', () => {
  test('[B60] who draws is at the tip of the stroke, and stays there until they say where they are', () => {
    ann.editor.pointer.value = [0, 0]
    pages.clock.advance(40)
    const pen = ann.board.live.begin('pen', { colour: 0, size: 1, fill: 0 }, 1)
    for (let n = 1; n <= 10; n += 1) {
      pen.add([[10 * n, 5 * n, 0.5]])
      ann.editor.pointer.value = [10 * n, 5 * n]
      pages.clock.advance(20)
    }
    pages.clock.advance(100)
    ben.hear(ann)
    expect(ben.people.cursorOf(1)).toEqual([100, 50])
    expect(ben.people.statusOf(1)).toBe('drawing')
    const before = ben.people.moved.value
    pen.end()
    ben.hear(ann)
    expect(ben.people.cursorOf(1)).toEqual([100, 50])
    expect(ben.people.moved.value).not.toBe(before)
    ann.editor.pointer.value = [200, 60]
    pages.clock.advance(40)
    ben.hear(ann)
    expect(ben.people.cursorOf(1)).toEqual([200, 60])
  })

  test('[B60] a finger that has drawn and lifted is nowhere after half a second', () => {
    const pen = ann.board.live.begin('pen', { colour: 0, size: 1, fill: 0 }, 1)
    pen.add([[10, 10, 0.5]])
    ben.hear(ann)
    pen.end()
    ben.hear(ann)
    pages.clock.advance(499)
    expect(ben.people.cursorOf(1)).toEqual([10, 10])
    pages.clock.advance(1)
    expect(ben.people.cursorOf(1)).toBeNull()
  })

  test('[B65] who does nothing for 30 s fades until 60 s, and comes back with the first move', () => {
    ben.hearSay(1, { at: [1, 1] })
    expect(ben.people.presenceOf(1)).toBe(1)
    pages.clock.advance(30_000)
    expect(ben.people.presenceOf(1)).toBe(1)
    const before = ben.people.moved.value
    pages.clock.advance(15_000)
    expect(ben.people.presenceOf(1)).toBeCloseTo(0.625)
    expect(ben.people.statusOf(1)).toBe('idle')
    expect(ben.people.moved.value).toBeGreaterThan(before)
    // A renewal says that somebody is still there, not that they do anything.
    ben.hearSay(1, { at: [1, 1] })
    pages.clock.advance(60_000)
    expect(ben.people.presenceOf(1)).toBe(0.25)
    ben.hearSay(1, { at: [1, 2] })
    expect(ben.people.presenceOf(1)).toBe(1)
  })

  test('[B65] who draws does not fade, although the pointer is not told', () => {
    const pen = ann.board.live.begin('pen', { colour: 0, size: 1, fill: 0 }, 1)
    for (let second = 0; second < 45; second += 1) {
      pen.add([[second, 0, 0.5]])
      pages.clock.advance(1_000)
      ben.hear(ann)
    }
    expect(ben.people.presenceOf(1)).toBe(1)
  })
})

describe('what they move', () => {
  test.each(['awareness', 'document'] as const)(
    '[B61] from the first move to long after the drop nothing is shown moved twice: %s first',
    (first) => {
      const id = ann.addBox()
      pages.clock.advance(40)
      ben.hear(ann, first)
      const shown: (number | undefined)[] = []
      const watch = () => {
        ben.hear(ann, first)
        // What a frame would draw, right now and after the next list of peers.
        shown.push(shownAt(ben, id))
        pages.clock.advance(16)
        shown.push(shownAt(ben, id))
      }
      for (let by = 0; by <= 300; by += 10) {
        ann.editor.stretch.value = { from: FROM, to: move(by) }
        watch()
      }
      ann.board.stretch([id], { from: FROM, to: move(300) })
      ann.editor.stretch.value = null
      for (let n = 0; n < 30; n += 1) watch()
      const steps = shown.map((x, n) => (x ?? 0) - (shown[n - 1] ?? x ?? 0))
      expect(Math.min(...steps)).toBe(0)
      expect(Math.max(...shown.map((x) => x ?? 0))).toBe(400)
      expect(shown.at(-1)).toBe(400)
    },
  )

  test('[B61] the drop arrives late: the stretch is shown until then', () => {
    const id = ann.addBox()
    pages.clock.advance(40)
    ben.hear(ann)
    ann.editor.stretch.value = { from: FROM, to: move(50) }
    pages.clock.advance(40)
    ben.hear(ann)
    ann.editor.stretch.value = null
    pages.clock.advance(140)
    for (const frame of ann.out.splice(0)) expect(frame.length).toBeGreaterThan(0)
    expect(shownAt(ben, id)).toBe(150)
    ann.board.stretch([id], { from: FROM, to: move(50) })
    ben.hear(ann)
    expect(shownAt(ben, id)).toBe(150)
  })

  test('[B61] the next drag of the same shape is shown again', () => {
    const id = ann.addBox()
    const drag = (from: number, to: number) => {
      ann.editor.stretch.value = { from: move(from), to: move(to) }
      pages.clock.advance(40)
      ben.hear(ann)
      pages.clock.advance(20)
    }
    drag(0, 50)
    ann.board.stretch([id], { from: FROM, to: move(50) })
    ann.editor.stretch.value = null
    ben.hear(ann)
    drag(50, 70)
    expect(shownAt(ben, id)).toBe(170)
  })

  test("[B61] what changes colour meanwhile goes on being moved; what is somebody else's, too", () => {
    const id = ann.addBox()
    ann.editor.stretch.value = { from: FROM, to: move(50) }
    pages.clock.advance(40)
    ben.hear(ann)
    pages.clock.advance(20)
    const [other] = ben.board.add([
      { kind: 'ellipse', at: [0, 0], size: [9, 9], look: { colour: 1, size: 1, fill: 0 } },
    ])
    if (other === undefined) throw new Error('no ellipse')
    ben.board.change(new Map([[id, { look: { colour: 2, size: 1, fill: 0 } }]]))
    ben.board.change(new Map([[other, { at: [5, 5] }]]))
    expect(shownAt(ben, id)).toBe(150)
  })
})
