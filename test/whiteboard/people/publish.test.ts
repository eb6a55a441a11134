import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { encodeAwarenessUpdate } from 'y-protocols/awareness'
import type { ShapeId } from '../../../client/whiteboard/model/shape.ts'
import { type Page, Pages } from './page.ts'

let pages: Pages
let page: Page
beforeEach(() => {
  pages = new Pages()
  page = pages.open(1, 'Quiet Heron')
  pages.clock.advance(100)
  page.out.length = 0
})
afterEach(() => pages.close())

const move = (by: number) => ({ x: 100 + by, y: 100, width: 200, height: 100 })
const FROM = move(0)

describe('what the others are told', () => {
  test('[B59] at most one update in 33 ms, and the last word always', () => {
    for (let ms = 0; ms < 1_000; ms += 1) {
      page.editor.pointer.value = [ms, 0]
      pages.clock.advance(1)
    }
    expect(page.out.length).toBeGreaterThan(28)
    expect(page.out.length).toBeLessThanOrEqual(31)
    pages.clock.advance(33)
    expect(page.told.at).toEqual([999, 0])
  })

  test('[B59] the first word after a pause goes out at once', () => {
    page.editor.pointer.value = [5, 6]
    expect(page.told.at).toEqual([5, 6])
  })

  test('[B59] nothing while nothing changed, or by less than a tenth', () => {
    page.editor.pointer.value = [5, 6]
    pages.clock.advance(100)
    page.out.length = 0
    page.editor.pointer.value = [5.04, 5.96]
    page.editor.marquee.value = { x: 0, y: 0, width: 10, height: 10 }
    page.editor.selection.value = new Set()
    pages.clock.advance(1_000)
    expect(page.out).toEqual([])
    expect(pages.clock.pending).toBe(1) // Fading of others is looked at, nothing else.
  })

  test('[B59] numbers are as fine as the zoom asks for', () => {
    page.editor.pointer.value = [1.23456, -1.23456]
    expect(page.told.at).toEqual([1.2, -1.2])
    page.editor.camera.value = { x: 0, y: 0, zoom: 4 }
    pages.clock.advance(100)
    expect(page.told.at).toEqual([1.23, -1.23])
    page.editor.camera.value = { x: 0, y: 0, zoom: 0.1 }
    pages.clock.advance(100)
    expect(page.told).toMatchObject({ at: [1.2, -1.2], view: [6_400, 3_600, 12_800, 7_200] })
  })

  test('[B59] a frame while dragging is small, and one with everything selected is bounded', () => {
    page.addBox()
    page.editor.pointer.value = [1_234.56, 987.65]
    page.editor.camera.value = { x: 812.3, y: 401.7, zoom: 1 }
    page.editor.stretch.value = {
      from: { x: 1_100.5, y: 900.2, width: 240.7, height: 180.3 },
      to: { x: 1_151.4, y: 933.9, width: 240.7, height: 180.3 },
    }
    pages.clock.advance(100)
    const bytes = encodeAwarenessUpdate(page.awareness, [page.client]).length
    expect(page.told.st).toHaveLength(8)
    expect(bytes).toBeLessThanOrEqual(250)

    const many = Array.from({ length: 5_000 }, (_, n) => String(n).padStart(32, '0') as ShapeId)
    page.editor.selection.value = new Set(many)
    page.people.rename('👩‍👩‍👧‍👦'.repeat(40))
    pages.clock.advance(100)
    expect(page.told.sel).toHaveLength(64)
    expect(encodeAwarenessUpdate(page.awareness, [page.client]).length).toBeLessThan(4_096)
  })

  test('[B60] no place of the pointer while a pen is down, and the newest when it lifts', () => {
    page.editor.pointer.value = [1, 1]
    pages.clock.advance(100)
    const pen = page.board.live.begin('pen', { colour: 0, size: 1, fill: 0 }, 1)
    page.out.length = 0
    for (let n = 0; n < 60; n += 1) {
      pen.add([[n, n, 0.5]])
      page.editor.pointer.value = [n, n]
      pages.clock.advance(16)
    }
    expect(page.out).toEqual([])
    pen.end()
    pages.clock.advance(33)
    expect(page.told.at).toEqual([59, 59])
  })

  test("[B60] somebody else's pen does not silence this one's pointer", () => {
    const other = pages.open(2)
    other.board.live.begin('pen', { colour: 0, size: 1, fill: 0 }, 1).add([[1, 1, 0.5]])
    page.hear(other)
    page.editor.pointer.value = [7, 7]
    pages.clock.advance(33)
    expect(page.told.at).toEqual([7, 7])
  })

  test('[B64] no place once the pointer has left, and none while nobody looks at the page', () => {
    page.editor.pointer.value = [1, 1]
    pages.clock.advance(33)
    page.editor.pointer.value = null
    pages.clock.advance(33)
    expect(page.told).not.toHaveProperty('at')
    page.editor.pointer.value = [2, 2]
    pages.clock.advance(33)
    page.isHidden.value = true
    pages.clock.advance(33)
    expect(page.told).not.toHaveProperty('at')
    page.isHidden.value = false
    pages.clock.advance(33)
    expect(page.told.at).toEqual([2, 2])
  })

  test('[B61] a dropped stretch is told for 150 ms more, with what it was about', () => {
    const id = page.addBox()
    page.editor.stretch.value = { from: FROM, to: move(50) }
    pages.clock.advance(40)
    page.board.stretch([id], { from: FROM, to: move(50) })
    page.editor.stretch.value = null
    page.editor.selection.value = new Set()
    for (let ms = 0; ms < 149; ms += 1) {
      page.editor.pointer.value = [ms, ms]
      pages.clock.advance(1)
    }
    expect(page.told).toMatchObject({ sel: [id], st: [100, 100, 200, 100, 150, 100, 200, 100] })
    pages.clock.advance(40)
    expect(page.told).not.toHaveProperty('st')
    expect(page.told).not.toHaveProperty('sel')
  })

  test('[B61] a stretch that was over before it could be told is never told', () => {
    const id = page.addBox()
    pages.clock.advance(100)
    page.editor.pointer.value = [1, 1]
    page.editor.stretch.value = { from: FROM, to: move(50) }
    pages.clock.advance(10)
    page.board.stretch([id], { from: FROM, to: move(50) })
    page.editor.stretch.value = null
    page.out.length = 0
    pages.clock.advance(1_000)
    expect(page.told).not.toHaveProperty('st')
    expect(page.out).toEqual([])
  })

  test('[B61] the next drag does not wait for the last one to be forgotten', () => {
    page.addBox()
    page.editor.stretch.value = { from: FROM, to: move(50) }
    pages.clock.advance(40)
    page.editor.stretch.value = null
    pages.clock.advance(40)
    page.editor.stretch.value = { from: move(50), to: move(60) }
    pages.clock.advance(33)
    expect(page.told.st).toEqual([150, 100, 200, 100, 160, 100, 200, 100])
    pages.clock.advance(500)
    expect(page.told.st).toEqual([150, 100, 200, 100, 160, 100, 200, 100])
  })
})
