import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { withTables } from '../../src/ops/readme-tables.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const README = read('README.md')

describe('[H22] the README', () => {
  test('holds the tables of the source: else run `npm run docs`', () => {
    expect(withTables(README)).toBe(README)
  })

  test('an old table is replaced, and nothing else', () => {
    const old = README.replace('| 8787 |', '| 8888 |')
    expect(old).not.toBe(README)
    expect(withTables(old)).toBe(README)
  })

  test('a table without a place and a place without a table are errors', () => {
    expect(() => withTables('')).toThrow('no markers for options')
    expect(() => withTables(`${README}\n<!-- other -->\n<!-- /other -->`)).toThrow('"other"')
  })

  test('and CONTRIBUTING name only commands that exist', () => {
    const { scripts } = JSON.parse(read('package.json'))
    for (const text of [README, read('CONTRIBUTING.md')]) {
      const named = text.matchAll(/npm (?:run ([\w:]+)|(start|test)\b)/g)
      for (const [, run, short] of named) expect(scripts).toHaveProperty([run ?? short ?? ''])
    }
  })
})
