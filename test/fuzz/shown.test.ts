import { expect, test } from 'vitest'
import { minus } from './long/shown.ts'

const runs = (...all: readonly (readonly [number, number])[]) =>
  all.map(([clock, len]) => ({ clock, len }))

test('what is compared of deletes is the same however they are cut, and however long', () => {
  expect(minus(runs([0, 2], [2, 3], [7, 1]), [])).toEqual([
    [0, 5],
    [7, 8],
  ])
  expect(minus(runs([0, 10]), runs([2, 2], [4, 1], [9, 5]))).toEqual([
    [0, 2],
    [5, 9],
  ])
  expect(minus(runs([3, 2]), runs([0, 9]))).toEqual([])
  expect(minus(runs([1, 2 ** 31]), runs([5, 1]))).toEqual([
    [1, 5],
    [6, 1 + 2 ** 31],
  ])
})
