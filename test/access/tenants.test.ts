import { describe, expect, test } from 'vitest'
import { entityId, entityRef, tenant } from '../../src/core/ids.ts'
import { entityIdFromPath } from '../../src/wire/entity-path.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'

const seed = seedOfRun()
const PIECES = [
  ':',
  '*',
  '?',
  '[',
  ']',
  '{',
  '}',
  '%',
  '/',
  '..',
  '.',
  '-',
  '_',
  'a',
  'B',
  '0',
  '\\',
  '%2F',
  '%00',
  'é',
  'e\u0301',
  'ﬁ',
  '😀',
  ' ',
]
const TENANTS = ['a', 'A', 'default', 'a.b', 'a..b', '..', '-', '_', 'a-b', 'x'.repeat(64)]

const idOf = (random: Seeded): string => {
  let id = ''
  do id += random.pick(PIECES)
  while (random.int(0, 9) > 0 && Buffer.byteLength(id) < 240)
  return id
}

describe('[G24] an entity of one tenant', () => {
  test(`has a key that no pair of another tenant has, whatever is in the ids (seed ${seed})`, () => {
    const random = new Seeded(seed)
    const keys = new Map<string, string>()
    for (let n = 0; n < 20_000; n++) {
      const [owner, id] = [random.pick(TENANTS), idOf(random)]
      const { key } = entityRef(tenant(owner), entityId(id))
      const pair = JSON.stringify([owner, id])
      expect(keys.get(key) ?? pair).toBe(pair)
      keys.set(key, pair)
      expect(key.startsWith(`${owner}/`)).toBe(true)
    }
  })

  test(`cannot be named from a path: what comes out of it is an id below the tenant (seed ${seed})`, () => {
    const random = new Seeded(seed)
    for (let n = 0; n < 20_000; n++) {
      let id: string
      try {
        id = entityIdFromPath(idOf(random))
      } catch {
        continue
      }
      const { key } = entityRef(tenant('mine'), entityId(id))
      expect(key).toBe(`mine/${id}`)
    }
  })

  test('is told apart from those that only look like it', () => {
    const [composed, decomposed] = ['\u00e9', 'e\u0301'].map((id) =>
      entityRef(tenant('a'), entityId(id)),
    )
    expect(composed?.key).not.toBe(decomposed?.key)
    const longest = 'x'.repeat(256)
    expect(entityRef(tenant('a'), entityId(longest)).key).toHaveLength(258)
    expect(() => entityId(`${longest}x`)).toThrow()
    for (const name of ['a/b', '', 'ä', 'a b', 'a\0', 'x'.repeat(65), 'a:b', 'a{b}', 'a*']) {
      expect(() => tenant(name), name).toThrow()
    }
  })
})
