import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Point } from '../../../client/whiteboard/geometry/point.ts'
import { Seeded, seedOfRun } from '../../support/seeded.ts'
import { box, Drawer, line } from './drawer.ts'

let ada: Drawer
beforeEach(() => {
  ada = new Drawer()
})
afterEach(() => ada.close())

describe('the eraser', () => {
  test('[B40] hits every thin line that a single fast move crosses', () => {
    const lines = Array.from({ length: 40 }, (_, place) =>
      line([place * 20 + 7, -100], [place * 20 + 7, 100]),
    )
    ada.add(...lines)
    const gesture = ada.down('eraser', [-50, 0])
    gesture.move([ada.press([900, 3])])
    expect(ada.editor.erasing.value.size).toBe(40)
    expect(ada.board.count).toBe(40)
    gesture.up(ada.press([900, 3]))
    expect(ada.board.count).toBe(0)
    expect(ada.editor.erasing.value.size).toBe(0)
    expect(ada.steps).toBe(2)
  })

  test('[B40] whatever the zoom and the angle, what it crosses is gone and what is far is not', () => {
    const random = new Seeded(seedOfRun())
    const message = `SEED=${random.seed}`
    for (let round = 0; round < 60; round += 1) {
      const zoom = 10 ** (random.next() * 2.4 - 1)
      ada.editor.camera.value = { x: 0, y: 0, zoom }
      const away = () => (random.next() - 0.5) * (800 / zoom)
      const [from, to]: Point[] = [
        [away(), away()],
        [away(), away()],
      ]
      const share = random.next()
      const middle: Point = [
        from![0] + (to![0] - from![0]) * share,
        from![1] + (to![1] - from![1]) * share,
      ]
      const turn = random.next() * Math.PI
      const half: Point = [(Math.cos(turn) * 50) / zoom, (Math.sin(turn) * 50) / zoom]
      const [crossed, far] = ada.add(
        line(
          [middle[0] - half[0], middle[1] - half[1]],
          [middle[0] + half[0], middle[1] + half[1]],
        ),
        line([3_000 / zoom, 0], [3_100 / zoom, 0]),
      )
      ada.drag('eraser', [from!, to!])
      expect(ada.board.get(crossed!), message).toBeNull()
      expect(ada.board.get(far!), message).not.toBeNull()
    }
  })

  test('[B40] a click takes the topmost, a drag all that lies there', () => {
    const [bottom, middle, top] = ada.add(box(0, 0), box(0, 0), box(0, 0))
    ada.click('eraser', [50, 50])
    expect(ada.shapes.map(({ id }) => id)).toEqual([bottom, middle])
    expect(ada.board.get(top!)).toBeNull()
    ada.drag('eraser', [
      [50, 50],
      [60, 50],
    ])
    expect(ada.board.count).toBe(0)
    expect(ada.steps).toBe(3)
  })

  test('[B40] on nothing it does nothing, not even a step', () => {
    ada.add(box(500, 500))
    ada.drag('eraser', [
      [0, 0],
      [100, 0],
    ])
    expect(ada.board.count).toBe(1)
    expect(ada.steps).toBe(1)
  })

  test('[B45] what another removes meanwhile is not erased twice', () => {
    const bob = new Drawer()
    ada.meet(bob)
    const [first, second] = ada.add(box(0, 0), box(200, 0))
    const gesture = ada.down('eraser', [50, 50])
    gesture.move([ada.press([250, 50])])
    bob.board.remove([first!])
    expect([...ada.editor.erasing.value]).toEqual([second])
    gesture.up(ada.press([250, 50]))
    expect(ada.board.count).toBe(0)
    ada.board.history.undo()
    expect(ada.shapes.map(({ id }) => id)).toEqual([second])
    bob.close()
  })
})
