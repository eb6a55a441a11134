import { expect, test } from 'vitest'
import { WrittenEntities } from '../../../src/log/redis/written.ts'
import { Names } from '../../../src/redis/names.ts'
import { key } from '../../contract/store.ts'

const names = new Names('tributary:', 0)

test('[L50] an entry that was sent is known again, of the same entity, until the entity is removed', () => {
  const all = new WrittenEntities(names)
  const ids = Array.from({ length: 64 }, (_, n) => `node-${n.toString(36)}`)
  const a = all.of(key('a'))
  expect(ids.map((id) => a.sends(id))).toEqual(ids.map(() => false))
  expect(all.of(key('b')).sends('node-0')).toBe(false)
  expect(ids.map((id) => all.of(key('a')).sends(id))).toEqual(ids.map(() => true))
  a.forget()
  expect(a.sends('node-0')).toBe(false)
})

test('of an entity that is written to for ever it remembers the last 64', () => {
  const written = new WrittenEntities(names).of(key('a'))
  for (let n = 0; n < 1_000; n++) written.sends(`node-${n.toString(36)}`)
  const isKnown = (n: number) => written.sends(`node-${n.toString(36)}`)
  for (let n = 936; n < 1_000; n++) expect(isKnown(n), `entry ${n}`).toBe(true)
  expect(isKnown(0)).toBe(false)
})
