import { expect, test } from 'vitest'
import type { Member } from '../../src/entity/member.ts'
import { Members } from '../../src/entity/members.ts'
import { forSeeds } from '../support/sessions.ts'

test('[E1] members come and go as in a Set', () => {
  forSeeds(20, (random) => {
    const all = Array.from({ length: 4 }, (_, i) => ({ i }) as unknown as Member)
    const members = new Members()
    const expected = new Set<Member>()
    for (let step = 0; step < 60; step++) {
      const member = random.pick(all)
      if (random.next() < 0.5) {
        members.add(member)
        expected.add(member)
      } else expect(members.delete(member)).toBe(expected.delete(member))
      expect([...members]).toEqual([...expected])
      expect(members.size).toBe(expected.size)
      for (const one of all) expect(members.has(one)).toBe(expected.has(one))
    }
    members.clear()
    expect([members.size, [...members]]).toEqual([0, []])
  })
})

test('[E1] who leaves while all are told does not keep the others from it', () => {
  const all = Array.from({ length: 3 }, (_, i) => ({ i }) as unknown as Member)
  const members = new Members()
  for (const member of all) members.add(member)
  const told: Member[] = []
  for (const member of members) {
    members.delete(member)
    told.push(member)
  }
  expect(told).toEqual(all)
  expect(members.size).toBe(0)
})
