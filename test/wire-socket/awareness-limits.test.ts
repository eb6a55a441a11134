import { describe, expect } from 'vitest'
import { until } from '../support/deadline.ts'
import { awareness, query, step1 } from '../support/frames.ts'
import { stageTest } from '../support/stage.ts'

describe('awareness', () => {
  const SESSION = 4711

  stageTest(
    '[A11] a state too large, too deep or not JSON is dropped, those beside it are not',
    async (stage) => {
      const id = stage.entity()
      const witness = await stage.stock('3.1.0', id).synced()
      const raw = await stage.raw(id)
      raw.send(step1())
      raw.send(awareness({ client: SESSION, clock: 1, state: { n: 0 } }))
      await raw.next('step2')
      const states = () => witness.awareness.getStates()
      await until('the first', stage.deadline, () => states().has(SESSION))
      const bad = [
        { client: SESSION, clock: 2, state: { n: 'x'.repeat(2_000) } },
        { client: SESSION, clock: 2, json: '['.repeat(65) + ']'.repeat(65) },
        { client: SESSION, clock: 2, json: '['.repeat(5_000) + ']'.repeat(5_000) },
        { client: SESSION, clock: 2, json: '{"n":' },
        { client: SESSION, clock: 2, json: 'undefined' },
        { client: SESSION, clock: 2, json: '' },
      ]
      for (const entry of bad) {
        raw.send(awareness(entry, { client: 4712, clock: 1, state: { beside: true } }))
      }
      raw.send(awareness({ client: SESSION, clock: 3, state: { n: 1 } }))
      await until('the last', stage.deadline, () => states().get(SESSION)?.n === 1)
      await until('the one beside', stage.deadline, () => states().get(4712)?.beside === true)
      expect(raw.isClosed).toBe(false)
      expect(witness.sockets).toHaveLength(1)
    },
    { flags: ['--limit-awareness-bytes', '1KB'] },
  )

  stageTest('[A11] a flood of nulls for ids nobody has leaves nothing behind', async (stage) => {
    const id = stage.entity()
    const witness = await stage.stock('3.1.0', id).synced()
    const raw = await stage.raw(id)
    await raw.join()
    for (let n = 0; n < 20; n++) {
      const nulls = Array.from({ length: 1_000 }, (_, client) => ({
        client: n * 1_000 + client + 10,
        clock: 2 ** 31,
        state: null,
      }))
      raw.send(awareness(...nulls))
    }
    await raw.settled()
    const fresh = await stage.raw(id)
    await fresh.join()
    fresh.send(query())
    await fresh.settled()
    const entries = fresh.received.flatMap((m) => (m.is === 'awareness' ? m.entries : []))
    expect(entries.filter((entry) => entry.client !== witness.doc.clientID)).toEqual([])
    expect(witness.awareness.getStates().size).toBe(1)
  })

  stageTest('[A11] a huge clock for somebody else does not freeze his presence', async (stage) => {
    const id = stage.entity()
    const victim = await stage.stock('3.1.0', id).synced()
    const witness = await stage.stock('2.1.0', id).synced()
    victim.awareness.setLocalState({ n: 1 })
    const { clientID } = victim.doc
    const state = () => witness.awareness.getStates().get(clientID)
    await until('the victim', stage.deadline, () => state()?.n === 1)
    const raw = await stage.raw(id)
    await raw.join()
    raw.send(awareness({ client: clientID, clock: 2 ** 40, state: { n: 'frozen' } }))
    raw.send(awareness({ client: clientID, clock: Number.MAX_SAFE_INTEGER, state: null }))
    await raw.settled()
    victim.awareness.setLocalState({ n: 2 })
    await until('the victim goes on', stage.deadline, () => state()?.n === 2)
    expect(victim.awareness.getLocalState()).toEqual({ n: 2 })
  })

  stageTest(
    '[A11] a session speaks for so many ids and no more',
    async (stage) => {
      const id = stage.entity()
      const witness = await stage.stock('3.1.0', id).synced()
      const raw = await stage.raw(id)
      raw.send(step1())
      raw.send(awareness({ client: 1_000, clock: 1, state: {} }))
      await raw.next('step2')
      for (let n = 1; n < 30; n++) raw.send(awareness({ client: 1_000 + n, clock: 1, state: {} }))
      await raw.settled()
      raw.send(awareness({ client: 1_000, clock: 2, state: { last: true } }))
      await until('the last', stage.deadline, () =>
        Boolean(witness.awareness.getStates().get(1_000)?.last),
      )
      const spoken = [...witness.awareness.getStates().keys()].filter(
        (client) => client >= 1_000 && client < 1_030,
      )
      expect(spoken.length).toBeLessThanOrEqual(5)
      expect(spoken).toContain(1_000)
      raw.terminate()
      await until('all of them are gone', stage.deadline, () =>
        spoken.every((client) => !witness.awareness.getStates().has(client)),
      )
    },
    { flags: ['--limit-session-clients', '5'] },
  )
})
