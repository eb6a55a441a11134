import { beforeEach, describe, expect, test } from 'vitest'
import { DEFAULT_TENANT, entityId, entityRef } from '../../../src/core/ids.ts'
import type { SoundUpdate } from '../../../src/crdt/scan.ts'
import { Hold } from '../../../src/entity/healing/hold.ts'
import type { NewEntry } from '../../../src/log/log.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const MB = 1024 * 1024
const keyOf = (id: string) => entityRef(DEFAULT_TENANT, entityId(id)).key
const [ONE, TWO] = [keyOf('one'), keyOf('two')]

const entry = (id: string, bytes = 10): NewEntry => ({
  id,
  authors: [{ actor: 'ann', session: 's1', clients: [7, 8] }],
  origin: 'session',
  time: 1_700_000_000_000,
  update: new Uint8Array(bytes).fill(id.length) as SoundUpdate,
})

describe('the hold', () => {
  let clock: ManualClock
  let steady: number | null
  let covered: Record<string, number>
  let hold: Hold
  beforeEach(() => {
    clock = new ManualClock()
    steady = clock.now
    covered = {}
    hold = new Hold({
      clock,
      limits: { heldBytes: 8 * MB },
      safeSince: () => steady,
      coveredTo: (key) => covered[key] ?? 0,
    })
  })
  const ids = (key = ONE) => [...hold.of(key)].map(({ id }) => id)

  test('[L80] gives back what was appended as it was, by entity and in order', () => {
    hold.keep(ONE, entry('a'), 1)
    hold.keep(TWO, entry('b', 3 * MB), 1)
    hold.keep(ONE, entry('c', 0), 2)
    expect([...hold.of(ONE)]).toEqual([entry('a'), entry('c', 0)])
    const [large] = hold.of(TWO)
    expect(Buffer.from(large?.update ?? []).equals(entry('b', 3 * MB).update)).toBe(true)
    expect([hold.has(ONE), hold.has(keyOf('three')), hold.entries]).toEqual([true, false, 3])
  })

  test('[L80] keeps it until the store has been steady for 60 s since', () => {
    hold.keep(ONE, entry('a'), 1)
    clock.advance(59_000)
    hold.keep(ONE, entry('b'), 2)
    expect(ids()).toEqual(['a', 'b'])
    clock.advance(2_000)
    expect(ids()).toEqual(['b'])
    clock.advance(60_000)
    expect(hold.has(ONE)).toBe(false)
    expect([hold.bytes, hold.entries, clock.pending]).toEqual([0, 0, 0])
  })

  test('[L80] an outage, or a store that is another one, begins the time anew', () => {
    hold.keep(ONE, entry('a'), 1)
    steady = null
    clock.advance(120_000)
    expect(ids()).toEqual(['a'])
    steady = clock.now
    clock.advance(59_000)
    expect(ids()).toEqual(['a'])
    clock.advance(2_000)
    expect(ids()).toEqual([])
  })

  test('[L81] when it is nearly full, what snapshots cover goes first, and the reach is shorter', () => {
    for (let i = 1; i <= 7; i++) {
      hold.keep(i % 2 === 0 ? TWO : ONE, entry(`e${i}`, MB - 1_000), i)
      clock.advance(100)
    }
    covered[ONE] = 5
    clock.advance(2_000)
    expect(hold.bytes).toBeLessThanOrEqual(6 * MB)
    expect(ids(TWO)).toEqual(['e2', 'e4', 'e6'])
    expect(ids(ONE).at(-1)).toBe('e7')
    expect(hold.reach).toBeLessThan(10_000)
    expect(hold.warnings).toHaveLength(1)
    clock.advance(10_000)
    expect(hold.warnings).toEqual([])
    expect(hold.full).toBe(false)
  })

  test('[L81] then what is older than 60 s, though the store has not been steady for so long', () => {
    steady = null
    for (let i = 1; i <= 5; i++) hold.keep(ONE, entry(`e${i}`, MB - 1_000), i)
    clock.advance(61_000)
    expect(hold.entries).toBe(5)
    for (let i = 6; i <= 8; i++) hold.keep(ONE, entry(`e${i}`, MB - 1_000), i)
    expect(hold.full).toBe(true)
    clock.advance(1_000)
    expect(ids()).toEqual(['e6', 'e7', 'e8'])
    expect(hold.full).toBe(false)
  })

  test('[L81] and if that is not enough it is full', () => {
    for (let i = 1; i <= 9; i++) hold.keep(ONE, entry(`e${i}`, MB - 1_000), i)
    clock.advance(5_000)
    expect([hold.full, hold.entries]).toEqual([true, 9])
    clock.advance(60_000)
    expect([hold.full, hold.entries]).toEqual([false, 0])
  })

  test('[L81] no snapshot of another history covers what was held before', () => {
    for (let i = 1; i <= 7; i++) hold.keep(ONE, entry(`e${i}`, MB - 1_000), i)
    hold.uncover(ONE)
    covered[ONE] = 100
    clock.advance(2_000)
    expect(hold.entries).toBe(7)
    expect(ids()).toEqual(['e1', 'e2', 'e3', 'e4', 'e5', 'e6', 'e7'])
  })

  test('[L93] what heals is held whole until half of it is full, then its entity is kept open by it', () => {
    const healed = (id: string) => ({ ...entry(id, MB - 1_000), origin: 'heal' as const })
    for (let i = 1; i <= 20; i++) hold.keep(ONE, healed(`h${i}`), i)
    expect(ids()).toEqual(['h1', 'h2', 'h3', 'h4'])
    hold.keep(TWO, healed('h'), 1)
    expect([hold.has(TWO), ids(TWO)]).toEqual([true, []])
    expect(hold.bytes).toBeLessThan(6 * MB)
    hold.keep(TWO, entry('a'), 2)
    clock.advance(50_000)
    expect([hold.has(TWO), ids(TWO)]).toEqual([true, ['a']])
    clock.advance(12_000)
    expect([hold.has(ONE), hold.has(TWO), hold.bytes]).toEqual([false, false, 0])
  })

  test('[L93] nothing comes behind an entry that is larger than a slab', () => {
    const healed = (id: string) => ({ ...entry(id, 2.5 * MB), origin: 'heal' as const })
    hold.keep(ONE, healed('a'), 1)
    hold.keep(TWO, healed('bb'), 1)
    expect([ids(ONE), ids(TWO), hold.has(TWO)]).toEqual([['a'], [], true])
    hold.uncover(TWO)
    const [large] = hold.of(ONE)
    expect(Buffer.from(large?.update ?? []).equals(healed('a').update)).toBe(true)
    clock.advance(62_000)
    expect([hold.entries, hold.bytes]).toEqual([0, 0])
  })

  test('[L83] closed it has forgotten everything, and says how much that was', () => {
    hold.keep(ONE, entry('a'), 1)
    expect(hold.close()).toEqual({ entries: 1, bytes: MB })
    hold.keep(ONE, entry('b'), 2)
    expect([hold.entries, hold.close().entries, clock.pending]).toEqual([0, 0, 0])
  })
})
