import { describe, expect, test } from 'vitest'
import { matcherOf } from '../../src/access/pattern.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'

describe('[G6] a pattern', () => {
  test.each<[string, string[], string[]]>([
    ['notes/today', ['notes/today'], ['notes', 'notes/today/x', 'Notes/today', 'notes/today ']],
    ['notes/*', ['notes/today', 'notes/', 'notes/*'], ['notes', 'notes/a/b', 'notesx']],
    ['*', ['a', '*', '**'], ['a/b', '/', '/a']],
    ['**', ['a', 'a/b', '/', 'a//b'], []],
    ['notes/**', ['notes/a', 'notes/a/b', 'notes/'], ['notes', 'notesx/a']],
    ['*/b', ['a/b', '/b'], ['b', 'a/a/b', 'a/b/']],
    ['a*b*c', ['abc', 'aXbYc', 'abcbc', 'a*b*c'], ['ab', 'ac', 'aXbYcZ', 'a/b/c', 'acb']],
    ['aa*aa', ['aaaa', 'aaXaa'], ['aaa', 'aa']],
    ['*ab*', ['ab', 'aab', 'xabx'], ['ba', 'a']],
    ['*aab*', ['aaab', 'aabaab', 'aaaab'], ['aba']],
    // Only the last segment stands for more than one.
    ['a/**/b', ['a/x/b', 'a//b'], ['a/x/y/b', 'a/b']],
    ['a/x**', ['a/x', 'a/xy'], ['a/x/y', 'a/y']],
    // As they are: NFC is not NFD, a dot no wildcard, and no character means anything to a regex.
    ['caf\u00e9', ['caf\u00e9'], ['cafe\u0301', 'CAF\u00c9']],
    ['a.b[c](d)+?', ['a.b[c](d)+?'], ['aXb[c](d)+?']],
    ['../*', ['../x'], ['x', 'a/../x']],
    ['\u{1f600}*', ['\u{1f600}', '\u{1f600}x'], ['\u{1f601}']],
  ])('%s', (pattern, yes, no) => {
    const matches = matcherOf(pattern)
    expect(yes.filter((id) => !matches(id))).toEqual([])
    expect(no.filter(matches)).toEqual([])
  })

  test('says the same as one that tries everything', () => {
    const seed = seedOfRun()
    const random = new Seeded(seed)
    const text = (letters: string[], most: number): string =>
      Array.from({ length: random.int(0, most) }, () => random.pick(letters)).join('')
    let matched = 0
    for (let round = 0; round < 20_000; round++) {
      const pattern = text(['a', 'a', 'b', '*', '/'], 9) + random.pick(['', '/**', '**'])
      const id = text(['a', 'a', 'b', '*', '/'], 10)
      const expected = oracle(pattern, id)
      if (expected) matched++
      expect(matcherOf(pattern)(id), `SEED=${seed} ${pattern} on ${id}`).toBe(expected)
    }
    expect(matched).toBeGreaterThan(500)
  })

  test('takes linear time, for the worst there is too', () => {
    // Far longer than a token can have them, so that the square of the length is seconds.
    const half = 'a'.repeat(100_000)
    const id = `${half}${half}c`
    const began = performance.now()
    for (const pattern of [`*${half}b*`, `*b${half}*`, `*${'a*'.repeat(90_000)}b`, `*${half}b`]) {
      expect(matcherOf(pattern)(id)).toBe(false)
    }
    expect(matcherOf(`*${half}${half}*`)(id)).toBe(true)
    expect(performance.now() - began).toBeLessThan(1_000)
  })
})

/** By the words of the rule, one character at a time, trying every length of every run. */
function oracle(pattern: string, id: string): boolean {
  const rest = pattern === '**' ? '' : pattern.endsWith('/**') ? pattern.slice(0, -2) : null
  if (rest === null) return same(pattern, id)
  // Every way to cut the id before a segment.
  const cuts = [0, ...[...id].flatMap((char, at) => (char === '/' ? [at + 1] : []))]
  return cuts.some((cut) => same(rest, id.slice(0, cut)))
}

function same(pattern: string, id: string): boolean {
  if (pattern === '') return id === ''
  if (pattern[0] !== '*') return pattern[0] === id[0] && same(pattern.slice(1), id.slice(1))
  for (let taken = 0; taken <= id.length; taken++) {
    if (same(pattern.slice(1), id.slice(taken))) return true
    if (id[taken] === '/') return false
  }
  return false
}
