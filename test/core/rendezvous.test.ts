import { expect, test } from 'vitest'
import { rankOf } from '../../src/core/rendezvous.ts'

const THINGS = Array.from({ length: 1_024 }, (_, i) => String(i))
const NODES = ['k3v9x0q2aaaa', 'k3v9x0q2aaab', 'zzz', 'a', 'node five']
const ownerOf = (thing: string, nodes: readonly string[]) =>
  nodes.filter((node) => rankOf(thing, node, nodes) === 0)

test('[J6] every thing is one node’s, whatever the order in which they are named', () => {
  for (const thing of THINGS) {
    const ranks = NODES.map((node) => rankOf(thing, node, NODES))
    expect([...ranks].sort()).toEqual([0, 1, 2, 3, 4])
    expect(ownerOf(thing, [...NODES].reverse())).toEqual(ownerOf(thing, NODES))
  }
  expect(rankOf('a', 'alone', ['alone'])).toBe(0)
})

test('[J6] each has its share, and what a node leaves behind is spread over the others', () => {
  const shares = (nodes: readonly string[]) =>
    nodes.map((node) => THINGS.filter((thing) => rankOf(thing, node, nodes) === 0).length)
  for (const share of shares(NODES)) expect(Math.abs(share - 1_024 / 5)).toBeLessThan(60)
  const left = NODES.slice(1)
  for (const share of shares(left)) expect(Math.abs(share - 1_024 / 4)).toBeLessThan(70)
  for (const thing of THINGS) {
    const [owner = ''] = ownerOf(thing, NODES)
    if (owner !== NODES[0]) expect(ownerOf(thing, left)).toEqual([owner])
  }
})

test('[L74] a node that goes changes no other two', () => {
  const ordered = (thing: string, nodes: readonly string[]) =>
    [...nodes].sort((a, b) => rankOf(thing, a, nodes) - rankOf(thing, b, nodes))
  const [gone, ...left] = NODES
  for (const thing of THINGS) {
    const stay = ordered(thing, NODES).filter((node) => node !== gone)
    expect(ordered(thing, left)).toEqual(stay)
  }
})
