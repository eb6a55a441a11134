import { beforeEach, describe, expect, test } from 'vitest'
import type { Member } from '../../../src/entity/member.ts'
import { Presence } from '../../../src/entity/presence/presence.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { entry, Reader, told } from '../../support/presence-reader.ts'

const BOUNDS = { sessionClients: 4, awarenessBytes: 16_384, awarenessDepth: 64 }

let clock: ManualClock
let readers: Set<Member>
let presence: Presence

const join = (): Reader => {
  const reader = new Reader()
  readers.add(reader)
  return reader
}
const part = (reader: Reader) => {
  readers.delete(reader)
  presence.leave(reader)
}

beforeEach(() => {
  clock = new ManualClock()
  readers = new Set()
  presence = new Presence(clock, BOUNDS, readers)
})

describe('ownership', () => {
  test('[A1] [A4] [A8] a claim is passed on, one above its clock', () => {
    const [ann, bob] = [join(), join()]
    expect(presence.claim(ann, entry(1, 5, '"ann"'))).toBe(true)
    clock.advance(16)
    expect(bob.heard).toEqual([['1:6="ann"']])
    // At a clock that is not its own it would overwrite what Ann says next.
    expect(ann.heard).toEqual([[]])
  })

  test('[A2] nobody else is heard about an id with an owner, not even with a higher clock', () => {
    const [ann, bob] = [join(), join()]
    presence.claim(ann, entry(1, 5, '"ann"'))
    clock.advance(16)
    expect(presence.hear(bob, entry(1, 5, null))).toBe(false)
    expect(presence.hear(bob, entry(1, 6, null))).toBe(false)
    expect(presence.hear(bob, entry(1, 2 ** 30, '"frozen"'))).toBe(false)
    clock.advance(100)
    expect(bob.heard).toHaveLength(1)
  })

  test('[A3] the owner counts at a higher clock, or at an equal one with null', () => {
    const ann = join()
    presence.claim(ann, entry(1, 5, '"a"'))
    expect(presence.hear(ann, entry(1, 5, '"again"'))).toBe(false)
    expect(presence.hear(ann, entry(1, 4, null))).toBe(false)
    expect(presence.hear(ann, entry(1, 6, '"b"'))).toBe(true)
    expect(presence.hear(ann, entry(1, 6, null))).toBe(true)
    expect(presence.hear(ann, entry(1, 7, null))).toBe(false)
  })

  test('[A3] [A8] a reconnect with an older clock is heard, above the last clock, and not echoed to it', () => {
    const [old, bob] = [join(), join()]
    presence.claim(old, entry(1, 50, '"a"'))
    clock.advance(16)
    const fresh = join()
    presence.claim(fresh, entry(1, 3, '"b"'))
    clock.advance(16)
    expect(bob.heard.at(-1)).toEqual(['1:52="b"'])
    expect(fresh.heard.at(-1)).toEqual([])
    // Another's news beside its own: it gets that one alone.
    const carl = join()
    presence.hear(fresh, entry(1, 4, '"c"'))
    presence.claim(carl, entry(9, 1, '"carl"'))
    clock.advance(16)
    expect(fresh.heard.at(-1)).toEqual(['9:2="carl"'])
    expect(bob.heard.at(-1)).toEqual(['1:53="c"', '9:2="carl"'])
  })

  test('[A4] a claim that repeats the known state is no news', () => {
    const [old, bob] = [join(), join()]
    presence.claim(old, entry(1, 5, '"a"'))
    clock.advance(16)
    const fresh = join()
    expect(presence.claim(fresh, entry(1, 5, '"a"'))).toBe(true)
    part(old)
    clock.advance(1_000)
    expect(bob.heard).toEqual([['1:6="a"']])
    expect(presence.hear(fresh, entry(1, 6, '"b"'))).toBe(true)
  })

  test('[A5] an id without owner is taken from whoever is newer, and its speaker may take it back', () => {
    const [ann, bob] = [join(), join()]
    expect(presence.hear(ann, entry(1, 1, null))).toBe(false)
    expect(presence.hear(ann, entry(1, 1, '"late"'))).toBe(true)
    expect(presence.hear(bob, entry(1, 1, '"echo"'))).toBe(false)
    expect(presence.hear(bob, entry(1, 2, null))).toBe(false)
    expect(presence.hear(ann, entry(1, 1, null))).toBe(true)
    clock.advance(16)
    expect(bob.heard).toEqual([['1:2=null']])
  })

  test('[A5] a claim displaces whoever spoke before', () => {
    const [ann, bob] = [join(), join()]
    presence.hear(bob, entry(1, 9, '"forged"'))
    presence.claim(ann, entry(1, 2, '"ann"'))
    clock.advance(16)
    expect(ann.heard.at(-1)).toEqual([])
    expect(bob.heard.at(-1)).toEqual(['1:10="ann"'])
    part(bob)
    clock.advance(100)
    expect(ann.heard).toHaveLength(1)
  })
})

describe('raised clocks', () => {
  test('[A12] a raised clock that comes back from its owner is not raised again', () => {
    const [old, bob] = [join(), join()]
    presence.claim(old, entry(1, 4, '"x"'))
    clock.advance(16)
    part(old)
    const fresh = join()
    presence.claim(fresh, entry(1, 4, '"x"'))
    clock.advance(16)
    expect(bob.heard.at(-1)).toEqual(['1:7="x"'])
    // A sibling tab told the owner what the server had passed on, and the owner says so.
    presence.hear(fresh, entry(1, 7, '"x"'))
    presence.hear(fresh, entry(1, 8, '"x"'))
    clock.advance(100)
    expect(bob.heard).toHaveLength(3)
    presence.hear(fresh, entry(1, 9, '"y"'))
    clock.advance(100)
    expect(bob.heard.at(-1)).toEqual(['1:9="y"'])
  })

  test('[A12] a renewal is passed on, also when its clock is behind', () => {
    const [old, bob] = [join(), join()]
    presence.claim(old, entry(1, 40, '"x"'))
    const fresh = join()
    presence.claim(fresh, entry(1, 3, '"y"'))
    clock.advance(15_000)
    expect(presence.hear(fresh, entry(1, 4, '"y"'))).toBe(true)
    clock.advance(16)
    expect(bob.heard.at(-1)).toEqual(['1:43="y"'])
  })

  test('[A13] who claims at a clock that is behind is told so, with null; others are not', () => {
    const [old, bob] = [join(), join()]
    presence.claim(old, entry(1, 4, '"x"'))
    part(old)
    const fresh = join()
    presence.claim(fresh, entry(1, 4, '"x"'))
    presence.hear(bob, entry(2, 1, '"bob"'))
    clock.advance(16)
    expect(told(presence.aligning(fresh) as Uint8Array)).toEqual(['1:10007=null'])
    expect(presence.aligning(bob)).toBeNull()
    // It keeps its state, goes above, and says so; from then on its clock is everyone's.
    presence.hear(fresh, entry(1, 10_008, '"x"'))
    expect(presence.aligning(fresh)).toBeNull()
    presence.hear(fresh, entry(1, 10_009, '"y"'))
    clock.advance(16)
    expect(bob.heard.at(-1)).toEqual(['1:10009="y"'])
    expect(fresh.heard.at(-1)).toEqual(['1:10009="y"'])
  })
})

describe('departure', () => {
  test('[A6] null at the next clock goes out at once', () => {
    const [ann, bob] = [join(), join()]
    presence.claim(ann, entry(1, 5, '"ann"'))
    clock.advance(16)
    part(ann)
    expect(bob.heard.at(-1)).toEqual(['1:7=null'])
  })

  test('[A6] not while another session owns the id', () => {
    const [old, fresh, bob] = [join(), join(), join()]
    presence.claim(old, entry(1, 5, '"a"'))
    presence.claim(fresh, entry(1, 5, '"a"'))
    clock.advance(16)
    part(old)
    clock.advance(1_000)
    expect(bob.heard).toEqual([['1:6="a"']])
    part(fresh)
    expect(bob.heard.at(-1)).toEqual(['1:7=null'])
  })

  test('[A14] nobody is told of sessions that a stopping node sends away', () => {
    const [ann, bob] = [join(), join()]
    presence.claim(ann, entry(1, 5, '"ann"'))
    clock.advance(16)
    readers.delete(ann)
    presence.leave(ann, false)
    clock.advance(1_000)
    expect(bob.heard).toHaveLength(1)
  })

  test('[A10] a late echo of the departed is no news for ten minutes', () => {
    const [ann, bob] = [join(), join()]
    presence.claim(ann, entry(1, 5, '"ann"'))
    clock.advance(16)
    part(ann)
    clock.advance(590_000)
    expect(presence.hear(bob, entry(1, 5, '"ann"'))).toBe(false)
    clock.advance(20_000)
    presence.claim(bob, entry(2, 1, '"bob"'))
    clock.advance(16)
    expect(presence.size).toBe(1)
  })

  test('[A10] of at most 10,000 ids', () => {
    const wide = new Presence(clock, { ...BOUNDS, sessionClients: 20_000 }, readers)
    const ann = join()
    for (let id = 0; id < 12_000; id++) wide.hear(ann, entry(id, 1, '1'))
    wide.leave(ann)
    expect(wide.size).toBe(10_000)
    wide.close()
  })
})

describe('joining and bounds', () => {
  test('[A7] a joiner is told of the others, never of itself', () => {
    const [ann, bob] = [join(), join()]
    presence.claim(ann, entry(1, 5, '"ann"'))
    presence.claim(bob, entry(2, 1, '"bob"'))
    expect([...presence.greeting(bob)].map(told)).toEqual([['1:6="ann"']])
  })

  test('[A9] one frame per round, the newest state of each id, rarer with many readers', () => {
    const ann = join()
    for (let i = 0; i < 500; i++) join()
    presence.hear(ann, entry(1, 1, '1'))
    for (let i = 2; i <= 10; i++) presence.hear(ann, entry(1, i, String(i)))
    clock.advance(99)
    expect(ann.heard).toEqual([])
    clock.advance(2)
    expect(ann.heard).toEqual([['1:10=10']])
  })

  test('[A11] a session speaks for so many ids and no more', () => {
    const ann = join()
    for (let id = 1; id <= 4; id++) expect(presence.hear(ann, entry(id, 1, '1'))).toBe(true)
    expect(presence.hear(ann, entry(5, 1, '1'))).toBe(false)
    expect(presence.hear(ann, entry(4, 2, '2'))).toBe(true)
    expect(presence.claim(ann, entry(6, 1, '1'))).toBe(false)
  })

  test('[A9] closing leaves no timer', () => {
    presence.claim(join(), entry(1, 1, '1'))
    expect(clock.pending).toBe(1)
    presence.close()
    expect(clock.pending).toBe(0)
  })
})
