import { describe, expect, test } from 'vitest'
import { Neighbours } from '../../src/bus/neighbours.ts'

describe('[N6] who is there', () => {
  test('is gone when it was silent in nine looks, and said to be so once', () => {
    const others = new Neighbours()
    expect(others.heard('a')).toBe(true)
    expect(others.heard('a')).toBe(false)
    others.heard('b')
    for (let look = 0; look < 8; look++) {
      expect(others.look()).toEqual([])
      others.heard('b')
    }
    expect(others.look()).toEqual(['a'])
    expect(others.look()).toEqual([])
    expect([...others.names]).toEqual(['b'])
    expect(others.heard('a')).toBe(true)
  })

  test('has as long as at first when nobody could be heard', () => {
    const others = new Neighbours()
    others.heard('a')
    for (let look = 0; look < 8; look++) others.look()
    others.pardon()
    for (let look = 0; look < 8; look++) expect(others.look()).toEqual([])
    expect(others.look()).toEqual(['a'])
  })

  test('that says good-bye is not said to be gone again', () => {
    const others = new Neighbours()
    others.heard('a')
    expect(others.forget('a')).toBe(true)
    expect(others.forget('a')).toBe(false)
    for (let look = 0; look < 20; look++) expect(others.look()).toEqual([])
  })
})
