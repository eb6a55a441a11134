import { describe, expect, test } from 'vitest'
import type { ShapeId } from '../../../client/whiteboard/model/shape.ts'
import { box, deliver, note, PLAIN, pair, Seat } from './stage.ts'

/** Stands for the text binding: undo knows it by its class. */
class Typist {}

const addOne = (seat: Seat, shape = box(0, 0)): ShapeId => seat.board.add([shape])[0] as ShapeId

describe('[B8] undo', () => {
  test('takes back one command at a time, however soon they follow each other', () => {
    const seat = new Seat(1)
    const { board } = seat
    const id = addOne(seat)
    board.change(new Map([[id, { at: [1, 1] }]]))
    board.change(new Map([[id, { at: [2, 2], size: [7, 7] }]]))
    board.reorder([id], 'front')
    const [copy] = board.duplicate([id], [5, 5])
    board.remove([id, copy as ShapeId])
    const { history } = board
    expect(board.count).toBe(0)
    history.undo()
    expect(board.count).toBe(2)
    history.undo()
    expect(board.count).toBe(1)
    history.undo()
    expect(board.get(id)).toMatchObject({ at: [1, 1], size: [100, 50] })
    history.undo()
    expect(board.get(id)).toMatchObject({ at: [0, 0] })
    history.undo()
    expect(board.count).toBe(0)
    expect([history.canUndo, history.canRedo]).toEqual([false, true])
    while (history.canRedo) history.redo()
    expect(board.count).toBe(0)
    history.undo()
    expect(board.get(id)).toMatchObject({ at: [2, 2], size: [7, 7] })
  })

  test('takes back what this person did, and nothing that others did meanwhile', () => {
    const [anna, ben] = pair()
    const annas = addOne(anna)
    const bens = addOne(ben)
    deliver(anna, ben)
    anna.board.change(new Map([[annas, { at: [9, 9] }]]))
    ben.board.change(new Map([[annas, { look: { colour: 5, size: 1, fill: 0 } }]]))
    deliver(anna, ben)
    anna.board.history.undo()
    deliver(anna, ben)
    expect(ben.board.get(annas)).toMatchObject({ at: [0, 0], look: { colour: 5 } })
    anna.board.history.undo()
    anna.board.history.undo()
    deliver(anna, ben)
    expect(ben.board.get(annas)).toBeNull()
    expect(anna.board.get(bens)).not.toBeNull()
    ben.board.history.undo()
    ben.board.history.undo()
    deliver(anna, ben)
    expect(anna.board.count).toBe(0)
  })

  test('does not move back what somebody else has moved on since', () => {
    const [anna, ben] = pair()
    const id = addOne(anna)
    anna.board.change(new Map([[id, { at: [1, 1] }]]))
    deliver(anna, ben)
    ben.board.change(new Map([[id, { at: [50, 50] }]]))
    deliver(anna, ben)
    anna.board.history.undo()
    deliver(anna, ben)
    expect(anna.board.get(id)?.at).toEqual([50, 50])
    expect(ben.picture()).toEqual(anna.picture())
    // That step was used up. The next one is what came before it.
    anna.board.history.undo()
    expect(anna.board.get(id)).toBeNull()
  })

  test('of making a shape takes all of it, and redo brings back what others did to it', () => {
    const [anna, ben] = pair()
    const id = addOne(anna, note('mine'))
    deliver(anna, ben)
    ben.board.change(new Map([[id, { at: [50, 50] }]]))
    ben.board.text(id)?.insert(4, ' and yours')
    deliver(anna, ben)
    anna.board.history.undo()
    // Ben writes on, not knowing yet.
    ben.board.text(id)?.insert(0, 'late ')
    ben.board.change(new Map([[id, { size: [9, 9] }]]))
    deliver(anna, ben)
    expect([anna.board.count, ben.board.count]).toEqual([0, 0])
    anna.board.history.redo()
    deliver(anna, ben)
    expect(anna.board.get(id)).toMatchObject({ at: [50, 50], text: 'mine and yours' })
    expect(ben.picture()).toEqual(anna.picture())
    // What Ben does from here on is in the shape that is back.
    ben.board.text(id)?.insert(0, '! ')
    deliver(anna, ben)
    expect(anna.board.get(id)).toMatchObject({ text: '! mine and yours' })
  })

  test('of what two people removed needs both of them', () => {
    const [anna, ben] = pair()
    const id = addOne(anna)
    deliver(anna, ben)
    anna.board.remove([id])
    ben.board.remove([id])
    deliver(anna, ben)
    anna.board.history.undo()
    deliver(anna, ben)
    expect([anna.board.get(id), ben.board.get(id)]).toEqual([null, null])
    ben.board.history.undo()
    deliver(anna, ben)
    expect(anna.board.get(id)).not.toBeNull()
    expect(ben.picture()).toEqual(anna.picture())
  })

  test('has typing in it, apart from the command before, until the next cut', () => {
    const seat = new Seat(1, { alsoOwn: [Typist] })
    const { board, doc } = seat
    const id = addOne(seat, note(''))
    const type = (word: string) => doc.transact(() => board.text(id)?.insert(0, word), new Typist())
    type('b')
    type('a')
    board.history.cut()
    type('x')
    board.history.undo()
    expect(board.get(id)).toMatchObject({ text: 'ab' })
    board.history.undo()
    expect(board.get(id)).toMatchObject({ text: '' })
    board.history.undo()
    expect(board.get(id)).toBeNull()
    board.history.redo()
    type('y')
    board.change(new Map([[id, { at: [5, 5] }]]))
    board.history.undo()
    expect(board.get(id)).toMatchObject({ text: 'y', at: [0, 0] })
    // Nobody else's typing.
    doc.transact(() => addOne(seat, note('')), 'somebody')
    const { canUndo } = board.history
    doc.transact(() => board.text(id)?.insert(0, 'z'), 'somebody')
    expect(board.history.canUndo).toBe(canUndo)
  })

  test('is bounded: the oldest of more than 500 steps is forgotten', () => {
    const seat = new Seat(1)
    const id = addOne(seat)
    for (let x = 1; x <= 600; x += 1) seat.board.change(new Map([[id, { at: [x, 0] }]]))
    let steps = 0
    while (seat.board.history.canUndo) {
      seat.board.history.undo()
      steps += 1
    }
    expect(steps).toBe(500)
    expect(seat.board.get(id)?.at).toEqual([100, 0])
  })

  test('tells when it can do something, and when it no longer can', () => {
    const seat = new Seat(1)
    const { history } = seat.board
    const told: string[] = []
    const stop = history.observe(() => told.push(`${history.canUndo} ${history.canRedo}`))
    history.undo()
    addOne(seat)
    history.undo()
    expect(told.at(-1)).toBe('false true')
    addOne(seat)
    expect(told.at(-1)).toBe('true false')
    const before = told.length
    stop()
    history.undo()
    expect(told).toHaveLength(before)
  })

  test('of a look is one step for all of a selection', () => {
    const seat = new Seat(1)
    const ids = seat.board.add([box(0, 0), box(1, 1), box(2, 2)])
    const red = { look: { ...PLAIN, colour: 2 } }
    seat.board.change(new Map(ids.map((id) => [id, red])))
    seat.board.history.undo()
    for (const id of ids) expect(seat.board.get(id)?.look).toEqual(PLAIN)
  })
})
