import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { seen } from '../../../client/whiteboard/editor/camera.ts'
import { centreOf } from '../../../client/whiteboard/geometry/box.ts'
import { type Page, Pages } from './page.ts'

let pages: Pages
let ann: Page
let ben: Page
beforeEach(() => {
  pages = new Pages()
  ann = pages.open(1, 'Ann')
  ben = pages.open(2, 'Ben')
  run(200)
})
afterEach(() => pages.close())

/** Lets time pass, with everything that is said arriving at once. */
function run(ms: number): void {
  for (let left = ms; left > 0; left -= 16) {
    const [toAnn, toBen] = [ben.out.splice(0), ann.out.splice(0)]
    ben.out.push(...toAnn)
    ann.hear(ben)
    ann.out.push(...toBen)
    ben.hear(ann)
    pages.clock.advance(16)
  }
}

const seenBy = ({ editor }: Page) => seen(editor.camera.value, editor.view.value)

describe('following', () => {
  test('[B66] shows all that the other one sees, around the same centre, and stays with it', () => {
    ben.editor.view.value = { width: 390, height: 844 }
    ann.editor.camera.value = { x: 5_000, y: -300, zoom: 2 }
    run(100)
    ben.people.follow(1)
    expect(ben.people.following.value).toBe(1)
    expect(ben.editor.announcement.value).toBe('Following Ann')
    run(1_000)
    const [theirs, ours] = [seenBy(ann), seenBy(ben)]
    expect(ours.width).toBeCloseTo(theirs.width, 0)
    expect(centreOf(ours)[0]).toBeCloseTo(centreOf(theirs)[0], 0)
    expect(centreOf(ours)[1]).toBeCloseTo(centreOf(theirs)[1], 0)

    ann.editor.camera.value = { x: -900, y: 100, zoom: 0.5 }
    run(1_000)
    expect(centreOf(seenBy(ben))[0]).toBeCloseTo(centreOf(seenBy(ann))[0], 0)
    expect(ben.people.following.value).toBe(1)
  })

  test('[B66] goes there smoothly, and then rests', () => {
    ann.editor.camera.value = { x: 1_000, y: 0, zoom: 1 }
    run(50)
    ben.people.follow(1)
    const way: number[] = []
    for (let n = 0; n < 13; n += 1) {
      way.push(ben.editor.camera.value.x)
      run(16)
    }
    expect(way.every((x, n) => n < 2 || x > (way[n - 1] ?? x))).toBe(true)
    expect(ben.editor.camera.value.x).toBeGreaterThan(900)
    run(1_000)
    expect(ben.editor.camera.value).toEqual({ x: 1_000, y: 0, zoom: 1 })
    const { pending } = pages.clock
    run(160)
    expect(pages.clock.pending).toBe(pending)
  })

  test('[B66] at once for those who want no motion', () => {
    ben.isStill.value = true
    ann.editor.camera.value = { x: 1_000, y: 0, zoom: 1 }
    run(50)
    ben.people.follow(1)
    expect(ben.editor.camera.value).toEqual({ x: 1_000, y: 0, zoom: 1 })
  })

  test('[B66] ends when the own hand moves the camera, also on the way, and does not move on', () => {
    ann.editor.camera.value = { x: 1_000, y: 0, zoom: 1 }
    run(50)
    ben.people.follow(1)
    run(64)
    const mine = { x: 7, y: 7, zoom: 1 }
    ben.editor.camera.value = mine
    expect(ben.people.following.value).toBeNull()
    ann.editor.camera.value = { x: 2_000, y: 0, zoom: 1 }
    run(500)
    expect(ben.editor.camera.value).toBe(mine)
  })

  test('[B66] ends when the other one leaves, and by itself', () => {
    ben.people.follow(1)
    ann.awareness.setLocalState(null)
    run(50)
    expect(ben.people.following.value).toBeNull()
    ben.people.follow(1)
    expect(ben.people.following.value).toBeNull()
  })

  test('[B66] the own window changes its size: what is followed still is in it', () => {
    ben.people.follow(1)
    run(1_000)
    ben.editor.view.value = { width: 640, height: 360 }
    run(1_000)
    expect(ben.people.following.value).toBe(1)
    expect(seenBy(ben).width).toBeCloseTo(seenBy(ann).width)
  })

  test('[B66] who is followed by somebody cannot follow them', () => {
    ann.editor.camera.value = { x: 500, y: 0, zoom: 1 }
    ben.people.follow(1)
    run(500)
    expect(ann.people.leaderOf(2)).toBe(1)
    ann.people.follow(2)
    expect(ann.people.following.value).toBeNull()
    expect(ann.editor.announcement.value).toBe('Ben follows you already')
    run(500)
    expect(ben.people.following.value).toBe(1)
  })

  test('[B66] two who follow each other at the same moment: the lower client leads, nobody drifts', () => {
    ann.editor.view.value = { width: 1_000, height: 400 }
    ben.editor.view.value = { width: 400, height: 1_000 }
    run(200)
    ann.people.follow(2)
    ben.people.follow(1)
    run(1_000)
    expect([ann.people.following.value, ben.people.following.value]).toEqual([null, 1])
    const still = [ann.editor.camera.value, ben.editor.camera.value]
    run(1_000)
    expect([ann.editor.camera.value, ben.editor.camera.value]).toEqual(still)
  })

  test('[B66] a circle that does not lead through here is no reason to hang', () => {
    ann.hearSay(7, { fol: 8, view: [0, 0, 10, 10] })
    ann.hearSay(8, { fol: 7 })
    ann.people.follow(7)
    expect(ann.people.following.value).toBe(7)
  })

  test('[B66] going to somebody shows them in the middle, once', () => {
    ben.editor.camera.value = { x: 0, y: 0, zoom: 2 }
    ann.editor.pointer.value = [3_000, 2_000]
    run(50)
    ben.people.goTo(1)
    run(1_000)
    expect(ben.editor.camera.value.zoom).toBe(2)
    expect(centreOf(seenBy(ben))).toEqual([3_000, 2_000])
    expect(ben.people.following.value).toBeNull()
  })

  test('[B66] the own hand also ends going to somebody', () => {
    ann.editor.pointer.value = [3_000, 2_000]
    run(50)
    ben.people.goTo(1)
    run(64)
    const mine = { x: 7, y: 7, zoom: 1 }
    ben.editor.camera.value = mine
    run(500)
    expect(ben.editor.camera.value).toBe(mine)
  })
})
