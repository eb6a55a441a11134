import { describe, expect, test } from 'vitest'
import { encodeAwareness } from '../../src/crdt/awareness.ts'
import { entityStage } from '../support/entity-stage.ts'
import { join, NOTHING } from '../support/session-stage.ts'

describe('presence', () => {
  const state = (client: number, clock: number) =>
    encodeAwareness([{ client, clock, state: new TextEncoder().encode(`"${client}"`) }])

  test('[A7] [A13] a joiner is told who is here after its claim, or 50 ms after its step1', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const ann = join(stage, entity)
    ann.session.sync(NOTHING)
    ann.session.awareness(state(1, 1))
    await stage.settle()
    const bob = join(stage, entity)
    bob.session.sync(NOTHING)
    expect(bob.outlet.kinds()).not.toContain('awareness')
    bob.session.awareness(state(2, 1))
    expect(bob.outlet.said.slice(-2)).toEqual([
      { is: 'awareness', entries: ['2:10002=null'] },
      { is: 'awareness', entries: ['1:2="1"'] },
    ])
    const silent = join(stage, entity)
    silent.session.sync(NOTHING)
    stage.clock.advance(49)
    expect(silent.outlet.kinds()).not.toContain('awareness')
    stage.clock.advance(1)
    expect(silent.outlet.said.at(-1)).toEqual({ is: 'awareness', entries: ['1:2="1"', '2:2="2"'] })
  })

  test('[A7] a claim that arrives later than that is still a claim', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const ann = join(stage, entity)
    ann.session.sync(NOTHING)
    await stage.settle(1_000)
    ann.session.awareness(state(1, 5))
    const bob = join(stage, entity)
    bob.session.awareness(state(1, 9))
    await stage.settle(60)
    // Nobody else is heard about an id that has an owner.
    expect([...entity.presence.greeting(bob.session)]).toHaveLength(1)
    expect(entity.presence.aligning(ann.session)).not.toBeNull()
  })

  test('[A1] only the frame directly after the first step1 is a claim', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const ann = join(stage, entity)
    ann.session.sync(NOTHING)
    ann.session.update(Uint8Array.of(0, 0), 'answer')
    ann.session.awareness(state(1, 5))
    const bob = join(stage, entity)
    bob.session.sync(NOTHING)
    bob.session.awareness(state(1, 2))
    // Bob's is the claim: Ann, who only spoke for the id, is not heard any more.
    ann.session.awareness(state(1, 9))
    await stage.settle(60)
    expect(ann.outlet.said.at(-1)).toEqual({ is: 'awareness', entries: ['1:5="1"'] })
  })

  test('[A9] who missed presence gets the newest of each when there is room', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const ann = join(stage, entity)
    const bob = join(stage, entity, { limits: { outboxSoftBytes: 10 } })
    for (const { session } of [ann, bob]) session.sync(NOTHING)
    stage.clock.advance(50)
    bob.outlet.unsent = 11
    for (let clock = 1; clock < 10; clock++) {
      ann.session.awareness(state(1, clock))
      await stage.settle()
    }
    expect(bob.outlet.kinds()).not.toContain('awareness')
    bob.outlet.unsent = 0
    bob.session.drained()
    expect(bob.outlet.said.at(-1)).toEqual({ is: 'awareness', entries: ['1:9="1"'] })
  })
})
