import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { CLIENT_RANKS, RANKS, WHITEBOARD_RANKS } from './rules.ts'

const ROOT = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8')

/** `[H4]` in a text, without its brackets. */
const quoted = (text: string): string[] =>
  [...text.matchAll(/\[([A-Z]\d+)\]/g)].map(([, id]) => id ?? '')

describe('SPEC.md and the tests', () => {
  const rules = [...read('src/SPEC.md').matchAll(/^- \*\*\[([A-Z]\d+)\]\*\* /gm)].map(
    ([, id]) => id ?? '',
  )
  const tests = readdirSync(new URL('test', ROOT), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => [path, quoted(read(`test/${path}`))] as const)

  test('no rule has the number of another', () => {
    expect(rules.filter((id, at) => rules.indexOf(id) !== at)).toEqual([])
  })

  test('every rule is quoted by a test', () => {
    const known = new Set(tests.flatMap(([, ids]) => ids))
    expect(rules.filter((id) => !known.has(id))).toEqual([])
  })

  test('every rule that is quoted is there', () => {
    const lacking = [...tests, ['SPEC.md', quoted(read('src/SPEC.md'))] as const].flatMap(
      ([path, ids]) => ids.filter((id) => !rules.includes(id)).map((id) => `${path}: [${id}]`),
    )
    expect([...new Set(lacking)]).toEqual([])
  })
})

test.each([
  ['src/', RANKS],
  ['client/', CLIENT_RANKS],
  ['client/whiteboard/', WHITEBOARD_RANKS],
])('[H1] CONTRIBUTING shows %s as it is', (root, ranks) => {
  const rows = read('CONTRIBUTING.md').matchAll(/^\| (`[^|]+) \| (\d) \|/gm)
  const shown = [...rows].flatMap(([, names, rank]) =>
    [...(names ?? '').matchAll(/`([\w.-]+\/(?:[\w-]+\/)?)([\w.-]+)`/g)]
      .filter(([, place]) => place === root)
      .map(([, , name]) => [name, Number(rank)]),
  )
  expect(Object.fromEntries(shown)).toEqual(ranks)
})
