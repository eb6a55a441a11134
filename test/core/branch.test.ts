import { describe, expect, test } from 'vitest'
import { type Branch, goesThrough, NO_BRANCH } from '../../src/core/branch.ts'
import { ORIGIN, type Position } from '../../src/core/position.ts'

describe('[L7] a log goes through a position', () => {
  const branch: Branch = {
    epoch: '1.abc',
    base: { offset: 10, check: 'a'.repeat(16) },
    head: { offset: 20, check: 'b'.repeat(16) },
  }
  const checkAt = (offset: number) => (offset === 20 ? 'b'.repeat(16) : 'c'.repeat(16))
  const position = (more: Partial<Position>): Position => ({
    epoch: '1.abc',
    offset: 15,
    check: 'c'.repeat(16),
    ...more,
  })

  test('from its trim to its end, by epoch and check', () => {
    for (const [more, goes] of [
      [{}, true],
      [{ offset: 20, check: 'b'.repeat(16) }, true],
      [{ offset: 10, check: 'a'.repeat(16) }, true],
      [{ offset: 10 }, false],
      [{ offset: 9 }, false],
      [{ offset: 21 }, false],
      [{ epoch: '0.abc' }, false],
      [{ epoch: '1.abd' }, false],
      [{ check: 'd'.repeat(16) }, false],
    ] as const) {
      expect(goesThrough(branch, position(more), checkAt), JSON.stringify(more)).toBe(goes)
    }
  })

  test('from its start as long as nothing is trimmed', () => {
    expect(goesThrough(branch, ORIGIN, checkAt)).toBe(false)
    expect(goesThrough({ ...branch, base: ORIGIN }, ORIGIN, checkAt)).toBe(true)
    expect(goesThrough(NO_BRANCH, ORIGIN, checkAt)).toBe(true)
    expect(goesThrough(NO_BRANCH, position({}), checkAt)).toBe(false)
  })
})
