import { describe, expect, test } from 'vitest'
import type * as Y from 'yjs'
import {
  inPile,
  isOrder,
  newOrders,
  ordersBetween,
  type Piled,
} from '../../../client/whiteboard/model/order.ts'
import type { ShapeId } from '../../../client/whiteboard/model/shape.ts'
import { Seeded, seedOfRun } from '../../support/seeded.ts'
import { box, deliver, pair, Seat } from './stage.ts'

const piled = (...pile: [id: string, order: string][]): Piled[] =>
  pile.map(([id, order]) => ({ id: id as ShapeId, order }))

describe('[B4] keys of order', () => {
  test('are compared as plain text, and equal ones by id', () => {
    const pile = piled(['b', 'a1'], ['Z', 'a1'], ['a', 'a1'], ['x', 'Zz'], ['y', 'a0V'])
    expect(pile.sort(inPile).map(({ id }) => id)).toEqual(['x', 'y', 'Z', 'a', 'b'])
  })

  test('of two people at the same place differ', () => {
    const dice = new Seeded(1)
    const random = () => dice.next()
    const made = new Set<string>()
    for (let round = 0; round < 200; round += 1) {
      for (const key of ordersBetween('a1', 'a2', 1, random) ?? []) made.add(key)
    }
    expect(made.size).toBeGreaterThan(195)
  })

  test('lie between their neighbours, in order, and are short', () => {
    const seed = seedOfRun()
    const dice = new Seeded(seed)
    const random = () => dice.next()
    const keys: string[] = ordersBetween(null, null, 3, random) ?? []
    for (let round = 0; round < 500; round += 1) {
      const at = dice.int(0, keys.length)
      const made = ordersBetween(keys[at - 1] ?? null, keys[at] ?? null, dice.int(1, 4), random)
      if (made === null) continue
      keys.splice(at, 0, ...made)
    }
    expect(keys.length).toBeGreaterThan(500)
    for (const [at, key] of keys.entries()) {
      expect(isOrder(key) && key.length <= 24, `seed ${seed}: ${key}`).toBe(true)
      if (at > 0) expect(key > (keys[at - 1] ?? ''), `seed ${seed}`).toBe(true)
    }
  })

  test('of a pile that only grows on top stay at six signs or fewer', () => {
    const dice = new Seeded(2)
    let top: string | null = null
    for (let round = 0; round < 10_000; round += 1) {
      top = ordersBetween(top, null, 1, () => dice.next())?.[0] ?? null
    }
    expect(top?.length).toBeLessThanOrEqual(7)
  })

  test.each([
    ['', 'A', 'a', 'a0 ', 'a00', 'a0é', 'b0', 'zz', `a${'1'.repeat(128)}`, `A${'0'.repeat(26)}`],
  ])('that are none: %s', (...texts) => {
    for (const text of [...texts, 5, null, ['a0']]) expect(isOrder(text), String(text)).toBe(false)
  })
})

describe('[B4] between two equal neighbours', () => {
  const random = () => 0.5
  const pileAfter = (pile: readonly Piled[], orders: ReadonlyMap<ShapeId, string>) =>
    pile
      .map(({ id, order }) => ({ id, order: orders.get(id) ?? order }))
      .sort(inPile)
      .map(({ id }) => id)
      .join('')

  test('there is room: those of the run that are above get new keys, and nobody else', () => {
    const pile = piled(['a', 'a0'], ['b', 'a1'], ['n', ''], ['c', 'a1'], ['d', 'a1'], ['e', 'a2'])
    const orders = newOrders(pile, new Set(['n' as ShapeId]), random)
    expect([...orders.keys()].sort()).toEqual(['c', 'd', 'n'])
    expect(pileAfter(pile, orders)).toBe('abncde')
  })

  test('that are the topmost there is room too', () => {
    const pile = piled(['b', 'a1'], ['n', ''], ['m', ''], ['c', 'a1'])
    const orders = newOrders(pile, new Set(['n', 'm'] as ShapeId[]), random)
    expect(pileAfter(pile, orders)).toBe('bnmc')
  })

  test('or two that are almost equal, as many neighbours move as it takes', () => {
    const close = 'a1'.padEnd(100, '0')
    const pile = piled(
      ['a', 'a0'],
      ['b', `${close}1`],
      ['n', ''],
      ['c', `${close}2`],
      ['d', `${close}3`],
      ['e', 'a2'],
      ['f', 'a3'],
    )
    const orders = newOrders(pile, new Set(['n' as ShapeId]), random)
    expect(pileAfter(pile, orders)).toBe('abncdef')
    expect(orders.has('f' as ShapeId)).toBe(false)
    for (const key of orders.values()) expect(key.length).toBeLessThanOrEqual(24)
  })

  test('of the worst pile that somebody can make there is room everywhere', () => {
    const seed = seedOfRun()
    const dice = new Seeded(seed)
    const worst = ['a0', 'a0', `A${'0'.repeat(25)}1`, 'z'.repeat(27), `${'z'.repeat(127)}`, 'Zz']
    for (let round = 0; round < 300; round += 1) {
      const pile = Array.from({ length: dice.int(1, 12) }, (_, nth) => ({
        id: String.fromCharCode(97 + nth) as ShapeId,
        order: dice.chance(0.5) ? dice.pick(worst) : `a${dice.int(1, 9)}`,
      })).sort(inPile)
      const moved = new Set(pile.filter(() => dice.chance(0.3)).map(({ id }) => id))
      const stay = pile.filter(({ id }) => !moved.has(id))
      const goes = pile.filter(({ id }) => moved.has(id))
      const place = dice.int(0, stay.length)
      const wanted = [...stay.slice(0, place), ...goes, ...stay.slice(place)]
      const orders = newOrders(wanted, moved, () => dice.next())
      const what = `seed ${seed}, round ${round}`
      expect(pileAfter(wanted, orders), what).toBe(wanted.map(({ id }) => id).join(''))
      for (const key of orders.values()) expect(isOrder(key), `${what}: ${key}`).toBe(true)
    }
  })

  test('of a real board somebody can be put, by either of two people', () => {
    const [anna, ben] = pair()
    const ids = anna.board.add([box(0, 0), box(1, 1), box(2, 2), box(3, 3)])
    anna.doc.transact(() => {
      for (const id of ids) (anna.doc.getMap('shapes').get(id) as Y.Map<unknown>).set('order', 'a1')
    })
    deliver(anna, ben)
    const [lowest, second, third, top] = anna.pile()
    ben.board.reorder([lowest as ShapeId], 'forward')
    deliver(anna, ben)
    expect(anna.pile()).toEqual([second, lowest, third, top])
    const [copy] = anna.board.duplicate([second as ShapeId], [5, 5])
    expect(anna.pile()).toEqual([second, copy, lowest, third, top])
    expect(ben.board.add([box(9, 9)])).toEqual(ben.pile().slice(-1))
  })

  test('hundreds of times in the same place, keys stay short', () => {
    const seat = new Seat(1)
    seat.board.add([box(0, 0), box(1, 1), box(2, 2)])
    for (let round = 0; round < 300; round += 1) {
      const [low, middle, top] = seat.pile() as [ShapeId, ShapeId, ShapeId]
      seat.board.reorder([low], 'forward')
      expect(seat.pile()).toEqual([middle, low, top])
    }
    for (const { order } of seat.board.shapes()) expect(order.length).toBeLessThanOrEqual(24)
  })
})
