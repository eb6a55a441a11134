import { beforeEach, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import type { EntityKey } from '../../src/core/ids.ts'
import { loadEntity } from '../../src/entity/load-entity.ts'
import { Losses } from '../../src/entity/losses.ts'
import { REF, submit } from '../support/entity-stage.ts'
import { author, HealStage } from '../support/heal-stage.ts'
import { Hub } from '../support/hub-bus.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { settle } from '../support/sim-clock.ts'

describe('who has what the store does not know', () => {
  let hub: Hub
  let clock: ManualClock
  let age: number
  let looked: string[]
  const asking = new Map<string, Losses>()
  beforeEach(() => {
    hub = new Hub()
    clock = new ManualClock()
    age = 1_000
    looked = []
    asking.clear()
  })
  const node = (name: string, has: readonly EntityKey[] = []): Losses => {
    const losses = new Losses({
      bus: hub.join(name),
      clock,
      markAge: async () => age,
      has: (entity) => {
        looked.push(name)
        return has.includes(entity)
      },
    })
    asking.set(name, losses)
    return losses
  }

  test('[L85] one that has it says so, and the question is over', async () => {
    const a = node('a')
    node('b')
    node('c', [REF.key])
    expect(await a.isElsewhere(REF.key)).toBe(true)
    expect([looked.sort(), clock.pending]).toEqual([['b', 'c'], 0])
  })

  test('[L85] when all have answered that they do not, nobody waits any longer', async () => {
    const a = node('a')
    node('b')
    node('c')
    expect(await a.isElsewhere(REF.key)).toBe(false)
    expect(clock.pending).toBe(0)
  })

  test('[L85] one that does not answer is waited for for a second', async () => {
    const a = node('a')
    hub.join('mute')
    const answer = a.isElsewhere(REF.key)
    await settle()
    expect(clock.pending).toBe(1)
    clock.advance(1_000)
    expect(await answer).toBe(false)
  })

  test('[L85] nobody is asked by a node that is alone, or under a mark of 10 minutes', async () => {
    const a = node('a')
    expect(await a.isElsewhere(REF.key)).toBe(false)
    node('b', [REF.key])
    age = 600_000
    expect(await a.isElsewhere(REF.key)).toBe(false)
    expect([hub.published, looked]).toEqual([[], []])
  })
})

test('[L85] a load of what was lost waits until the node that has it has brought it back', async () => {
  const stage = await HealStage.of(1)
  const { entity, context } = stage.nodes[0] as HealStage['nodes'][number]
  const ann = author(1)
  submit(entity, ann.write('here'))
  await stage.advance(30)
  await stage.store.loseAll()
  const hub = new Hub()
  const parts = { clock: stage.clock, markAge: async () => 0 }
  const has = () => {
    entity.heal()
    return true
  }
  const [asker] = [
    new Losses({ ...parts, bus: hub.join('new'), has: () => false }),
    new Losses({ ...parts, bus: hub.join('old'), has }),
  ]
  const view = stage.store.view()
  const loading = loadEntity({ ...context, log: view, losses: asker }, REF)
  await stage.advance(600)
  const loaded = await loading
  const doc = new Y.Doc()
  Y.applyUpdate(doc, loaded.tail())
  expect(doc.getText('t').toString()).toBe('here')
  loaded.close()
  stage.close()
})
