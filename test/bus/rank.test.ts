import { expect, test } from 'vitest'
import { ranked, rankOf } from '../../src/bus/rank.ts'

const NODES = ['a', 'b', 'c', 'd']
const KEYS = Array.from({ length: 400 }, (_, i) => `tenant/entity ${i}`)

test('[L74] each node comes first for its share of the keys', () => {
  const firsts = NODES.map((node) => KEYS.filter((key) => ranked(key, NODES)[0] === node).length)
  expect(Math.min(...firsts)).toBeGreaterThan(60)
  expect(Math.max(...firsts)).toBeLessThan(140)
})

test('[L74] a node that goes changes no other two', () => {
  for (const key of KEYS) {
    const without = NODES.filter((node) => node !== 'b')
    expect(ranked(key, without)).toEqual(ranked(key, NODES).filter((node) => node !== 'b'))
  }
})

test('[L74] the order of the names does not count, and a stranger waits for nobody', () => {
  expect(ranked('key', [...NODES].reverse())).toEqual(ranked('key', NODES))
  expect(rankOf('stranger', 'key', NODES)).toBe(0)
})
