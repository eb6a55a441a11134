import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const ROOT = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8')
/** Those of `test/cluster` that make the faults of a row; the others show what nodes do in peace. */
const OF_FAULTS = new Set(
  ['drain', 'compose', 'later-version', 'without-redis'].map((it) => `test/cluster/${it}.test.ts`),
)
const rows = read('docs/faults.md')
  .split('\n')
  .filter((line) => /^\| \d+ · /.test(line))
  .map((line) => {
    const [fault = '', , tests = '', defects = ''] = line.split(' | ')
    const quoted = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '')
    return { fault, tests: quoted(tests), defects: quoted(defects) }
  })

test('docs/faults.md names tests and defects that are there', () => {
  expect(rows.length).toBeGreaterThan(10)
  const missing = rows.flatMap(({ tests, defects }) => [
    ...tests.filter((path) => !existsSync(new URL(path, ROOT))),
    ...defects.filter((name) => !existsSync(new URL(`test/defects/${name}.patch`, ROOT))),
  ])
  expect(missing).toEqual([])
})

test('docs/faults.md has every defect of a fault test, in a row of that test', () => {
  const names = readdirSync(new URL('test/defects', ROOT)).map((file) => file.replace('.patch', ''))
  const lacking = names.filter((name) => {
    const path = /^Test: (.+)$/m.exec(read(`test/defects/${name}.patch`))?.[1] ?? ''
    if (!path.startsWith('test/faults/') && !OF_FAULTS.has(path)) return false
    return !rows.some(({ tests, defects }) => tests.includes(path) && defects.includes(name))
  })
  expect(lacking).toEqual([])
})
