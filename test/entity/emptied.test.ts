import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { checkUpdate } from '../../src/crdt/check.ts'
import type { StateVector } from '../../src/crdt/scan.ts'
import { Emptied, type Neutered } from '../../src/entity/emptied.ts'

/** The updates of somebody who types so many letters, one at a time. */
function letters(count: number, clientID = 1): Uint8Array[] {
  const doc = new Y.Doc()
  doc.clientID = clientID
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (let at = 0; at < count; at++) doc.getText('t').insert(at, 'a')
  return updates
}

function emptiedOf(updates: readonly Uint8Array[], why: Neutered = 'entity-full'): Emptied {
  const emptied = new Emptied()
  for (const update of updates) emptied.add(checkUpdate(update), why)
  return emptied
}

/** Of how many of them it knows that they were taken without their content. */
const remembered = (emptied: Emptied, of: readonly Uint8Array[], why: Neutered = 'entity-full') =>
  of.filter((update) => emptied.why(checkUpdate(update)) === why).length

function learned(bytes: Uint8Array | null, known: StateVector | null = null): Emptied {
  const emptied = new Emptied()
  emptied.learn(bytes as Uint8Array, known)
  return emptied
}

test('[V33] what follows on what was taken without its content is kept as one', () => {
  const updates = letters(2_500)
  expect(remembered(emptiedOf(updates), updates)).toBe(2_500)
})

describe('[V35] stretches', () => {
  const updates = letters(7_000)
  const refused = updates.filter((_, at) => at % 2 === 0)

  test('the newest 1,000 are remembered, and at most 2,000', () => {
    for (const count of [1_000, 1_001, 1_999, 2_000, 2_001, 3_500]) {
      const emptied = emptiedOf(refused.slice(0, count))
      const newest = refused.slice(Math.max(0, count - 1_000), count)
      expect(remembered(emptied, newest), `of ${count}`).toBe(newest.length)
      expect(remembered(emptied, refused)).toBeLessThanOrEqual(2_000)
      expect(
        remembered(
          emptied,
          updates.filter((_, at) => at % 2 === 1),
        ),
      ).toBe(0)
    }
  })

  test('the same of what was stored and learned again', () => {
    let emptied = new Emptied()
    for (const [at, update] of refused.entries()) {
      emptied.add(checkUpdate(update), 'entity-full')
      if (at % 300 !== 0) continue
      emptied = learned(emptied.encode())
      const newest = refused.slice(Math.max(0, at - 999), at + 1)
      expect(remembered(emptied, newest)).toBe(newest.length)
    }
    expect(remembered(emptied, refused)).toBeLessThanOrEqual(2_000)
    expect(emptied.encode()?.length).toBeLessThan(16_000)
  })

  test('each reason has its own', () => {
    const [large, full] = [letters(1, 2), refused.slice(0, 2_500)]
    const emptied = emptiedOf(large, 'update-too-large')
    for (const update of full) emptied.add(checkUpdate(update), 'entity-full')
    const again = learned(emptied.encode())
    expect(remembered(again, large, 'update-too-large')).toBe(1)
    expect(remembered(again, full.slice(-1_000))).toBe(1_000)
  })

  test('of one update with more than that it is enough to know some', () => {
    const many = Array.from({ length: 1_500 }, (_, at) => letters(1, at + 1)).flat()
    const whole = Y.mergeUpdates(many)
    const emptied = emptiedOf([whole])
    expect(remembered(emptied, [whole])).toBe(1)
    expect(remembered(emptied, many)).toBe(1_000)
  })
})

describe('[V34] what is stored', () => {
  test('is these bytes, for keeps', () => {
    const emptied = emptiedOf(letters(3, 7), 'update-too-large')
    emptied.add(checkUpdate(letters(1, 300)[0] as Uint8Array), 'entity-full')
    expect(Buffer.from(emptied.encode() as Uint8Array).toString('hex')).toBe(
      '00' + '05' + '0107010003' + '01' + '06' + '01ac02010001',
    )
    expect(new Emptied().encode()).toBeNull()
  })

  test('with an entry is what is in it', () => {
    const [ann, bob] = [letters(10, 1), letters(10, 2)]
    const emptied = emptiedOf([...ann.slice(3, 6), ...bob.slice(8)])
    const within = (update: Uint8Array) => emptied.within(checkUpdate(update))
    const said = learned(within(Y.mergeUpdates([...ann.slice(4), ...bob.slice(0, 9)])))
    expect(ann.map((one) => remembered(said, [one])).join('')).toBe('0000110000')
    expect(bob.map((one) => remembered(said, [one])).join('')).toBe('0000000010')
    expect(within(Y.mergeUpdates(ann.slice(6)))).toBeNull()
  })

  test('is believed as far as it is known', () => {
    const [ann, bob] = [letters(10, 1), letters(10, 2)]
    const bytes = emptiedOf([...ann, ...bob]).encode()
    const emptied = learned(bytes, new Map([[1, 4]]))
    expect([remembered(emptied, ann), remembered(emptied, bob)]).toEqual([4, 0])
    const other = new Emptied()
    other.learnAll(learned(bytes), new Map([[2, 7]]))
    expect([remembered(other, ann), remembered(other, bob)]).toEqual([0, 7])
  })

  test('may name a reason that is not known, or be no such bytes', () => {
    const [one] = letters(1, 7) as [Uint8Array]
    const bytes = [0x63, 2, 1, 1, 0, 5, 1, 7, 1, 0, 3]
    expect(learned(Uint8Array.from(bytes)).why(checkUpdate(one))).toBe('update-too-large')
    for (let size = 0; size < bytes.length; size++) {
      expect(learned(Uint8Array.from(bytes.slice(0, size))).why(checkUpdate(one))).toBeNull()
    }
  })
})
