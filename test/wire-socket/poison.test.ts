import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { canonical } from '../support/checker.ts'
import { until } from '../support/deadline.ts'
import { marker, step1, step2, update } from '../support/frames.ts'
import { Refused } from '../support/raw-client.ts'
import { type Stage, stageTest } from '../support/stage.ts'
import type { StockClient } from '../support/stock-clients.ts'
import { malformedUpdates, prematureUpdates } from './poison.ts'

/** A client with something to lose, whose Yjs client id is the one that the poison speaks of. */
async function victimIn(stage: Stage, id: string): Promise<StockClient> {
  const doc = new Y.Doc()
  doc.clientID = 4
  const victim = await stage.stock('3.1.0', id, { doc }).synced()
  doc.getText('t').insert(0, 'precious')
  return victim
}

/** The victim still works, and a newcomer gets just what the victim has. */
async function expectUnharmed(stage: Stage, id: string, victim: StockClient): Promise<void> {
  victim.doc.getText('t').insert(0, 'still ')
  const fresh = await stage.stock('2.1.0', id).synced()
  await until('the edit after the poison', stage.deadline, () =>
    fresh.doc.getText('t').toString().startsWith('still '),
  )
  expect(canonical(fresh.doc).equals(canonical(victim.doc))).toBe(true)
  expect(victim.doc.getText('t').toString()).toBe('still precious')
  expect(victim.sockets).toHaveLength(1)
}

describe('malformed updates', () => {
  for (const [name, bytes] of Object.entries(malformedUpdates)) {
    stageTest(
      `[S9] ${name}`,
      async (stage) => {
        const id = stage.entity()
        const victim = await victimIn(stage, id)
        const raw = await stage.raw(id)
        await raw.join()
        raw.send(update(bytes))
        const sentAt = performance.now()
        expect((await raw.next('denied')).reason).not.toBe('')

        // From here on nothing is read, however sound it is.
        const doc = new Y.Doc()
        doc.getText('t').insert(0, 'after the poison')
        raw.send(update(Y.encodeStateAsUpdate(doc)))
        raw.send(marker(1))
        await expectUnharmed(stage, id, victim)

        expect((await raw.closed).code).toBe(4422)
        expect(performance.now() - sentAt).toBeGreaterThan(1_900)
        expect(raw.count('marker')).toBe(0)
        expect(victim.doc.getText('t').toString()).toBe('still precious')
      },
      { concurrent: true },
    )
  }

  stageTest('[S9] in a step2 they are refused alike', async (stage) => {
    const id = stage.entity()
    const victim = await victimIn(stage, id)
    const raw = await stage.raw(id)
    raw.send(step1())
    raw.send(step2(malformedUpdates['a struct of length zero']))
    await raw.next('denied')
    await expectUnharmed(stage, id, victim)
    expect((await raw.closed).code).toBe(4422)
  })

  stageTest(
    '[S9] refusals are counted by code',
    async (stage) => {
      const before = await stage.metrics()
      const raw = await stage.raw(stage.entity())
      raw.send(update(malformedUpdates['trailing bytes'] as Uint8Array))
      await raw.next('denied')
      const after = await stage.metrics()
      const code = { code: 'malformed' }
      expect(after.sum('refusals_total', code) - before.sum('refusals_total', code)).toBe(1)
    },
    { flags: [] },
  )

  stageTest('[S9] stock 3.1 gives up, as it must, and its edits stay its own', async (stage) => {
    const id = stage.entity()
    const client = await stage.stock('3.1.0', id).synced()
    client.provider.ws?.send(update(malformedUpdates['trailing bytes'] as Uint8Array))
    await until('it is closed', stage.deadline, () => client.sockets[0]?.closedWith === 4422)
    expect(client.provider.shouldConnect).toBe(false)
    expect(client.sockets).toHaveLength(1)
  })
})

describe('coming back after a refusal', () => {
  const refusedOnce = async (stage: Stage, id: string, localAddress?: string) => {
    const raw = await stage.raw(id, { ws: localAddress === undefined ? {} : { localAddress } })
    raw.send(update(malformedUpdates['no bytes at all'] as Uint8Array))
    await raw.next('denied')
  }
  const statusOf = async (stage: Stage, id: string, localAddress?: string): Promise<number> => {
    const error: unknown = await stage
      .raw(id, { ws: localAddress === undefined ? {} : { localAddress } })
      .catch((reason: unknown) => reason)
    return error instanceof Refused ? error.status : 101
  }

  stageTest('[S9] after the second within a minute: 429, for that entity alone', async (stage) => {
    const id = stage.entity()
    await refusedOnce(stage, id)
    expect(await statusOf(stage, id)).toBe(101)
    await refusedOnce(stage, id)
    expect(await statusOf(stage, id)).toBe(429)
    expect(await statusOf(stage, stage.entity())).toBe(101)
  })

  stageTest('[S9] and for that address alone', async (stage) => {
    const id = stage.entity()
    await refusedOnce(stage, id, '127.0.0.7')
    await refusedOnce(stage, id, '127.0.0.7')
    expect(await statusOf(stage, id, '127.0.0.7')).toBe(429)
    expect(await statusOf(stage, id, '127.0.0.8')).toBe(101)
  })

  stageTest('[S9] stock 2.1, which always comes back, is stopped at the door', async (stage) => {
    const id = stage.entity()
    const client = await stage.stock('2.1.0', id).synced()
    client.onFrame = (direction, frame, socket) => {
      // Something in it is broken for good: it offers the same bytes on every connection.
      if (direction === 'in' && frame[0] === 0 && frame[1] === 1) {
        socket.send(update(malformedUpdates['no bytes at all'] as Uint8Array))
      }
    }
    client.drop()
    await until('some attempts', 20_000, () => client.sockets.length >= 5)
    const codes = client.sockets.map((socket) => socket.closedWith)
    expect(codes.filter((code) => code === 4422)).toHaveLength(2)
    const after = await stage.metrics()
    expect(after.sum('refusals_total', { code: 'refused-lately' })).toBeGreaterThan(0)
  })
})

describe('updates about what does not exist yet', () => {
  for (const [name, bytes] of Object.entries(prematureUpdates)) {
    stageTest(`[E3] ${name}: asked for, and dropped when it is not explained`, async (stage) => {
      const id = stage.entity()
      const doc = new Y.Doc()
      doc.clientID = 5
      const victim = stage.stock('3.1.0', id, { doc })
      await victim.synced()
      const raw = await stage.raw(id)
      await raw.join()
      const asked = raw.count('step1')
      raw.send(update(bytes))
      await until('a question', stage.deadline, () => raw.count('step1') > asked)
      raw.send(step2(bytes))
      // It has been read; that it is saved nobody is told.
      await raw.join()

      doc.getText('t').insert(0, 'precious, all of it')
      const fresh = await stage.stock('2.1.0', id).synced()
      await until('the edit', stage.deadline, () => fresh.doc.getText('t').length > 0)
      expect(fresh.doc.getText('t').toString()).toBe('precious, all of it')
      expect(fresh.doc.store.pendingDs).toBeNull()
      expect(fresh.doc.store.pendingStructs).toBeNull()
    })
  }

  stageTest('[S7] 1,500 of them cost one question and no more', async (stage) => {
    const id = stage.entity()
    const victim = await victimIn(stage, id)
    const raw = await stage.raw(id)
    await raw.join()
    const asked = raw.count('step1')
    for (let n = 1; n <= 1_500; n++) {
      const doc = new Y.Doc()
      doc.clientID = 1_000 + (n % 100)
      doc.getText('t').insert(0, 'ab')
      const half = Y.diffUpdate(
        Y.encodeStateAsUpdate(doc),
        Y.encodeStateVector(new Map([[doc.clientID, 1]])),
      )
      raw.send(update(half))
    }
    await until('a question', stage.deadline, () => raw.count('step1') > asked)
    await expectUnharmed(stage, id, victim)
    expect(raw.count('step1')).toBe(asked + 1)
  })
})

// The list itself: a line that Yjs takes without harm would prove nothing about the server.
test('[S9] [E3] what this page sends is poison: Yjs alone does not survive it', () => {
  /** What becomes of a victim's edit in a document that has taken the bytes, when somebody loads it. */
  const editAfter = (bytes: Uint8Array): string => {
    const victim = new Y.Doc()
    victim.clientID = 5
    victim.getText('t').insert(0, 'next edit')
    const doc = new Y.Doc()
    try {
      Y.applyUpdate(doc, bytes)
      Y.applyUpdate(doc, Y.encodeStateAsUpdate(victim))
      const loaded = new Y.Doc()
      Y.applyUpdate(loaded, Y.encodeStateAsUpdate(doc))
      return loaded.getText('t').toString()
    } catch {
      return 'it throws'
    }
  }
  expect(editAfter(new Uint8Array([0, 0]))).toBe('next edit')
  const survived = Object.entries({ ...malformedUpdates, ...prematureUpdates })
    .filter(([, bytes]) => editAfter(bytes) === 'next edit')
    .map(([name]) => name)
  // These do their harm elsewhere: in the victim's own copy, in what comes later, in depth or memory.
  expect(survived.sort()).toEqual([
    'a GC struct over clocks to come',
    'a skip over clocks to come',
    'a skip with flags',
    'a struct of length zero',
    'clocks at the end of the numbers',
    'format V2',
    'types nested 5,000 deep',
  ])
})
