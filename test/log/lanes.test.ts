import { describe, expect, test } from 'vitest'
import type { EntityKey } from '../../src/core/ids.ts'
import { Lanes, type StoredLane } from '../../src/log/lanes.ts'
import { key } from '../contract/store.ts'

describe('the ends of logs', () => {
  /** Answers that nothing is there, and notes what it was asked. */
  function lanes(most: number) {
    const asked: (readonly string[])[] = []
    const store = {
      branches: async (keys: readonly string[]) => {
        asked.push(keys)
        return keys.map(() => null)
      },
    }
    return { asked, lanes: new Lanes(store, most) }
  }
  const use = async (ends: Lanes, ...keys: EntityKey[]) => {
    const found = await ends.find(keys)
    ends.keep(found)
    return found as Map<EntityKey, StoredLane>
  }
  const [a, b, c] = [key('a'), key('b'), key('c')]

  test('that are not known are asked for together, once', async () => {
    const { asked, lanes: ends } = lanes(10)
    const first = await use(ends, a, b, a)
    const second = await use(ends, b, c)
    expect(asked).toEqual([[a, b], [c]])
    expect(second.get(b)).toBe(first.get(b))
  })

  test('are forgotten beyond the bound, the longest unused first', async () => {
    const { asked, lanes: ends } = lanes(2)
    await use(ends, a, b)
    await use(ends, a)
    await use(ends, c)
    await use(ends, a, c)
    expect(asked).toEqual([[a, b], [c]])
    await use(ends, b)
    expect(asked.at(-1)).toEqual([b])
  })

  test('are asked again after a failure', async () => {
    const { asked, lanes: ends } = lanes(10)
    await use(ends, a, b)
    ends.forget([a])
    await use(ends, a, b)
    expect(asked).toEqual([[a, b], [a]])
  })
})
