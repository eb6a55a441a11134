import { describe, expect, test } from 'vitest'
import type { Epoch, Position } from '../../src/core/position.ts'
import { Trail } from '../../src/core/trail.ts'
import { Seeded } from '../support/seeded.ts'

const random = new Seeded(7)
const checkOf = () => Buffer.from(random.bytes(8)).toString('hex')
const at = (offset: number, epoch: Epoch = '0.abc'): Position => ({
  epoch,
  offset,
  check: checkOf(),
})

describe('a trail', () => {
  test('goes through the places noted last, and through no others', () => {
    const trail = new Trail(8)
    expect(trail.goesThrough(at(1))).toBe(false)
    const places = Array.from({ length: 30 }, (_, n) => at(n + 1))
    for (const [n, place] of places.entries()) {
      trail.note(place)
      const known = places.map((one) => trail.goesThrough(one))
      expect(known).toEqual(places.map((_, i) => i <= n && i > n - 8))
    }
  })

  test('knows a place by its whole check, and by its epoch', () => {
    const trail = new Trail(4)
    const place = at(2 ** 40)
    trail.note(place)
    for (let digit = 0; digit < 16; digit++) {
      const other = place.check[digit] === '0' ? '1' : '0'
      const check = place.check.slice(0, digit) + other + place.check.slice(digit + 1)
      expect(trail.goesThrough({ ...place, check }), check).toBe(false)
    }
    expect(trail.goesThrough({ ...place, epoch: '0.abd' })).toBe(false)
    expect(trail.goesThrough({ ...place })).toBe(true)
  })

  test('of another epoch begins anew', () => {
    const trail = new Trail(4)
    const [one, other] = [at(1), at(2, '1.xyz')]
    trail.note(one)
    trail.note(other)
    expect([one, other].map((place) => trail.goesThrough(place))).toEqual([false, true])
  })
})
