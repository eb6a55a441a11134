import { describe, expect, test } from 'vitest'
import { entityId } from '../../src/core/ids.ts'
import { entityIdFromPath } from '../../src/wire/entity-path.ts'

describe('entityIdFromPath', () => {
  test.each([
    'notes',
    'a/b',
    'a:b',
    'with space',
    '100%',
    '%41',
    'a%2Fb',
    'a"b<c>`d{e}^f',
    'café',
    '🪣/日本',
    '%zz',
  ])('[W6] %s comes through a URL parser as it is', (id) => {
    const { pathname } = new URL(`ws://host/sync/${id}`)
    expect(entityIdFromPath(pathname.slice('/sync/'.length))).toBe(id)
  })

  test('[W6] ids that look alike stay apart', () => {
    const ids = ['A', '%41', 'a/b', 'a%2Fb', '%2541', 'é', 'e\u0301']
    const paths = ids.map((id) => new URL(`ws://host/sync/${id}`).pathname.slice(6))
    expect(new Set(paths.map(entityIdFromPath)).size).toBe(ids.length)
  })

  test('[W6] escapes that are no UTF-8 are the id’s own', () => {
    expect(entityIdFromPath('%FF%FE')).toBe('%FF%FE')
    expect(entityIdFromPath('%c3%a9')).toBe('%c3%a9')
  })

  test.each([
    ['', 'is empty'],
    ['a'.repeat(257), '257 bytes'],
    ['é'.repeat(129), '258 bytes'],
    ['a\u0007', 'control'],
    ['a\u0085', 'control'],
    ['a\ud800', 'Unicode'],
  ])('[W7] %j is refused', (id, why) => {
    expect(() => entityId(id)).toThrow(why)
  })

  test('[W7] 256 bytes are not too many', () => {
    expect(entityId('é'.repeat(128))).toHaveLength(128)
    expect(() => entityIdFromPath('%C2%80')).toThrow('control')
  })
})
