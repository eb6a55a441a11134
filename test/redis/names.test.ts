import { describe, expect, test } from 'vitest'
import { entityId, entityRef, tenant } from '../../src/core/ids.ts'
import { Names, partitionOf } from '../../src/redis/names.ts'
import { key } from '../contract/store.ts'

const names = new Names('tributary:', 3)

/** The part of a key that Redis Cluster hashes, by its own rule. */
function hashTag(text: string): string {
  const open = text.indexOf('{')
  const end = text.indexOf('}', open + 1)
  return open < 0 || end <= open + 1 ? text : text.slice(open + 1, end)
}

const HOSTILE = [
  '}x',
  '{p1}',
  '}{',
  '{}',
  '}:m:default/a',
  'a}{1}b',
  '*',
  '[a]?',
  'ä🌊',
  'a b',
  '%7D',
]

describe('[L56] names in Redis', () => {
  test('have the hash tag of a partition, whatever the id holds', () => {
    for (const name of HOSTILE) {
      const entity = key(name)
      const all = [...Object.values(names.keys(entity)), names.pieces(entity, 'abc')]
      for (const one of [...all, names.channel(entity)]) {
        expect(hashTag(one)).toBe(String(partitionOf(entity)))
      }
      expect(new Set(all).size).toBe(all.length)
    }
    expect(hashTag(names.aside.stream)).toBe(hashTag(names.aside.sum))
    expect(hashTag(names.jobs.stream)).toBe(hashTag(names.jobs.waiting))
  })

  test('are of one entity only', () => {
    const entities = [
      ...HOSTILE.map(key),
      entityRef(tenant('a'), entityId('b/c')).key,
      entityRef(tenant('default'), entityId('a')).key,
      entityRef(tenant('default'), entityId('A')).key,
      entityRef(tenant('s'), entityId('default/a')).key,
      entityRef(tenant('default'), entityId('s:default/a')).key,
      // Composed and decomposed: two ids.
      key('\u00e9'),
      key('e\u0301'),
    ]
    const all = entities.flatMap((entity) => {
      const { dirty, ...own } = names.keys(entity)
      expect(dirty).toBe(names.dirty(partitionOf(entity)))
      return [...Object.values(own), names.channel(entity)]
    })
    for (const owner of ['a', 'default', 'nodes']) all.push(names.tenantChannel(tenant(owner)))
    all.push(names.nodesChannel, names.probeChannel('nodes'), names.probeChannel('default'))
    expect(new Set(all).size).toBe(all.length)
  })

  test('spread over 1,024 partitions', () => {
    const used = new Set(Array.from({ length: 20_000 }, (_, i) => partitionOf(key(`e${i}`))))
    expect(used.size).toBe(1_024)
    expect(Math.max(...used)).toBe(1_023)
    // For ever: entities would be looked for elsewhere.
    expect(names.keys(key('notes/today')).meta).toBe('tributary:{486}:m:default/notes/today')
  })

  test('lead back from a key of snapshots to its entity, and from no other key', () => {
    for (const name of HOSTILE) {
      const entity = key(name)
      expect(names.entityOf(names.keys(entity).snapshots)).toBe(entity)
      expect(names.entityOf(names.keys(entity).meta)).toBeNull()
    }
    expect(names.entityOf('tributary:{5}:s:default/notes/today')).toBeNull()
    expect(names.entityOf('other:{486}:s:default/notes/today')).toBeNull()
  })

  test('of channels carry the number of the database, which Pub/Sub does not know', () => {
    expect(names.channel(key('a'))).not.toBe(new Names('tributary:', 4).channel(key('a')))
  })

  test('begin with a prefix without braces', () => {
    for (const prefix of ['{a}', 'a{', '}', 'a\n', '\ud800', 'x'.repeat(65)]) {
      expect(() => new Names(prefix, 0)).toThrow(expect.objectContaining({ code: 'bad-request' }))
    }
    expect(new Names('', 0).keys(key('a')).meta).toMatch(/^\{\d+\}:m:default\/a$/)
  })
})
