import { describe, expect, test } from 'vitest'
import { FIRST_CHECK, ORIGIN } from '../../src/core/position.ts'
import { nextCheck, type Row, walk } from '../../src/log/chain.ts'
import { entry, names } from '../contract/store.ts'

describe('[L13] walking the rows of a log', () => {
  const content = (id: string): Row['content'] => entry(id)
  /** Rows a1…an with their checks. */
  function chained(count: number): Row[] {
    let check = FIRST_CHECK
    return names('a', 1, count).map((id, i) => {
      check = nextCheck(check, id)
      return { offset: i + 1, check, content: content(id) }
    })
  }
  const walked = (rows: readonly Row[]) => {
    const { entries, skipped } = walk('0.abc', ORIGIN, rows)
    return [entries.map(({ id }) => id), skipped.map(({ offset, why }) => `${offset} ${why}`)]
  }

  test('a row that is missing is named', () => {
    const rows = chained(6)
    expect(walked(rows.filter(({ offset }) => offset !== 1 && offset !== 4))).toEqual([
      ['a2', 'a3', 'a5', 'a6'],
      ['1 damaged', '4 damaged'],
    ])
  })

  test('a row of another history is named and not served, also with a sound record', () => {
    const rows = chained(5)
    rows[2] = { ...(rows[2] as Row), content: content('b3') }
    expect(walked(rows)).toEqual([['a1', 'a2', 'a4', 'a5'], ['3 damaged']])
  })

  test('behind what cannot be read the chain begins anew', () => {
    const rows = chained(5)
    rows[1] = { offset: 2, check: 'f'.repeat(16), content: 'not-understood' }
    expect(walked(rows)).toEqual([['a1', 'a3', 'a4', 'a5'], ['2 not-understood']])
  })
})
