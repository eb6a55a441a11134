import { beforeEach, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import type { EntityKey } from '../../../src/core/ids.ts'
import { type Had, Losses } from '../../../src/entity/healing/losses.ts'
import { loadEntity } from '../../../src/entity/load-entity.ts'
import { author } from '../../support/author.ts'
import { REF, submit } from '../../support/entity-stage.ts'
import { HealStage } from '../../support/heal-stage.ts'
import { Hub } from '../../support/hub-bus.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { settle } from '../../support/sim-clock.ts'

describe('who has what the store does not know', () => {
  let hub: Hub
  let clock: ManualClock
  let age: number
  let looked: string[]
  let steadySince: number | null
  const asking = new Map<string, Losses>()
  beforeEach(() => {
    hub = new Hub()
    clock = new ManualClock()
    age = 1_000
    looked = []
    steadySince = null
    asking.clear()
  })
  const node = (name: string, has: readonly EntityKey[] = [], had: Had = 'healing'): Losses => {
    const losses = new Losses({
      bus: hub.join(name),
      clock,
      markAge: async () => age,
      steadySince: () => steadySince,
      has: (entity, looksEmpty) => {
        looked.push(looksEmpty ? name : `${name}, some`)
        return has.includes(entity) ? had : 'nothing'
      },
    })
    asking.set(name, losses)
    return losses
  }

  test('[L85] one that has it says so, and the question is over', async () => {
    const a = node('a')
    node('b')
    node('c', [REF.key])
    expect(await a.isElsewhere(REF.key, true)).toBe(true)
    expect([looked.sort(), clock.pending]).toEqual([['b', 'c'], 0])
  })

  test('[L85] when all have answered that they do not, nobody waits any longer', async () => {
    const a = node('a')
    node('b')
    node('c')
    expect(await a.isElsewhere(REF.key, true)).toBe(false)
    expect(clock.pending).toBe(0)
  })

  const afterASecond = async (losses: Losses, looksEmpty: boolean) => {
    const answer = losses.isElsewhere(REF.key, looksEmpty)
    await settle()
    expect(clock.pending).toBe(1)
    clock.advance(1_000)
    return answer
  }

  test('[L85] one that does not answer is waited for for a second', async () => {
    const a = node('a')
    hub.join('mute')
    steadySince = clock.monotonic() - 15_000
    expect(await afterASecond(a, true)).toBe(false)
    expect(clock.pending).toBe(0)
  })

  test('[L85] one that does not answer may have it, as long as the store is doubtful and it is there', async () => {
    const a = node('a')
    node('b')
    hub.join('mute')
    expect(await afterASecond(a, true)).toBe(true)
    expect(await afterASecond(a, false)).toBe(false)
    const answer = a.isElsewhere(REF.key, true)
    await settle()
    hub.leave('mute')
    clock.advance(1_000)
    expect(await answer).toBe(false)
  })

  test('[L85] one that comes back to an emptied Redis after another is asked, too', async () => {
    const a = node('a')
    hub.join('late')
    expect(await afterASecond(a, true)).toBe(true)
    node('late', [REF.key])
    expect(await a.isElsewhere(REF.key, true)).toBe(true)
    expect(looked).toEqual(['late'])
  })

  test('[L85] one that has just come is not alone before others could greet it', async () => {
    const a = node('a')
    expect(await a.isElsewhere(REF.key, true)).toBe(true)
    node('b', [REF.key])
    expect(await a.isElsewhere(REF.key, true)).toBe(true)
    expect(looked).toEqual(['b'])
  })

  test('[L85] one that has it whole, as the store has, is not waited for', async () => {
    const a = node('a')
    node('b', [REF.key], 'whole')
    age = 600_000
    expect(await a.isElsewhere(REF.key, false)).toBe(false)
    expect(looked).toEqual(['b, some'])
  })

  test('[L85] a store is doubtful for 15 s after it was found to be another one', () => {
    const a = node('a')
    expect(a.isDoubtful).toBe(true)
    steadySince = clock.monotonic()
    clock.advance(14_999)
    expect(a.isDoubtful).toBe(true)
    clock.advance(1)
    expect(a.isDoubtful).toBe(false)
  })

  test('[L85] nobody is asked by a node that is alone, or under a mark of 10 minutes', async () => {
    const a = node('a')
    expect(await a.isElsewhere(REF.key, false)).toBe(false)
    expect(await a.isElsewhere(REF.key, true)).toBe(true)
    clock.advance(250)
    expect(await a.isElsewhere(REF.key, true)).toBe(false)
    node('b', [REF.key])
    age = 600_000
    expect(await a.isElsewhere(REF.key, true)).toBe(false)
    expect([hub.published, looked]).toEqual([[], []])
  })
})

test('[L85] a load of what was lost waits until the node that has it has brought back all of it', async () => {
  const stage = await HealStage.of(1, { holds: true })
  const { entity, context } = stage.nodes[0] as HealStage['nodes'][number]
  const ann = author(1)
  for (const letter of 'all of it') {
    submit(entity, ann.write(letter))
    await stage.advance(50)
  }
  await stage.store.loseAll()
  // Entry by entry, and slowly.
  stage.store.delay = 200
  const hub = new Hub()
  const parts = { clock: stage.clock, markAge: async () => 0, steadySince: () => 0 }
  const has = (_: EntityKey, looksEmpty: boolean): Had => {
    if (looksEmpty) entity.heal()
    return entity.healing ? 'healing' : 'whole'
  }
  const [asker] = [
    new Losses({ ...parts, bus: hub.join('new'), has: () => 'nothing' }),
    new Losses({ ...parts, bus: hub.join('old'), has }),
  ]
  await stage.advance(20_000)
  const view = stage.store.view()
  const loading = loadEntity({ ...context, log: view, losses: asker }, REF).then((loaded) => {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, loaded.tail())
    loaded.close()
    return doc.getText('t').toString()
  })
  await stage.advance(9_000)
  expect(await loading).toBe(ann.doc.getText('t').toString())
  stage.close()
})
