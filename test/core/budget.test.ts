import { expect, test } from 'vitest'
import { Budget } from '../../src/core/budget.ts'

test('a budget can be forgotten when it is full again and was not used for a while', () => {
  const budget = new Budget(10, 20, 0)
  expect(budget.isUnused(0, 2_000), 'it may be used at once').toBe(false)
  expect(budget.isUnused(2_000, 2_000)).toBe(true)
  budget.spend(5, 2_000)
  expect(budget.isUnused(3_999, 2_000), 'full, and used 2 s ago').toBe(false)
  expect(budget.isUnused(4_000, 2_000)).toBe(true)
  expect(budget.spend(70, 4_000)).toBe(5_000)
  expect(budget.isUnused(10_999, 2_000), 'not full').toBe(false)
  expect(budget.isUnused(11_000, 2_000)).toBe(true)
})
