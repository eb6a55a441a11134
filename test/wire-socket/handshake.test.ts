import { describe, expect } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { canonical } from '../support/checker.ts'
import { until } from '../support/deadline.ts'
import { step1, step2, update } from '../support/frames.ts'
import { hex } from '../support/hex.ts'
import type { RawClient } from '../support/raw-client.ts'
import { type Stage, stageTest } from '../support/stage.ts'

/** An entity with content of two authors and deletes, durable; `doc` is what it holds. */
async function filled(stage: Stage): Promise<{ id: string; doc: Y.Doc }> {
  const id = stage.entity()
  const raw = await stage.raw(id)
  await raw.join()
  const doc = new Y.Doc()
  for (const clientID of [11, 22]) {
    const author = new Y.Doc()
    author.clientID = clientID
    Y.applyUpdate(author, Y.encodeStateAsUpdate(doc))
    author.getText().insert(0, `written by ${clientID} `)
    author.getText().delete(2, 3)
    const bytes = Y.encodeStateAsUpdate(author, Y.encodeStateVector(doc))
    Y.applyUpdate(doc, bytes)
    raw.send(update(bytes))
  }
  await raw.settled()
  await raw.close()
  return { id, doc }
}

const vectorOf = (bytes: Uint8Array): readonly (readonly [number, number])[] =>
  [...Y.decodeStateVector(bytes)].sort(([a], [b]) => a - b)

const updatesOf = (raw: RawClient, from = 0): readonly Uint8Array[] =>
  raw.received
    .slice(from)
    .flatMap((message) =>
      message.is === 'update' || message.is === 'step2' ? [message.bytes] : [],
    )

describe('the handshake', () => {
  stageTest(
    '[S1] the server asks with its true state vector',
    async (stage) => {
      const { id, doc } = await filled(stage)
      for (const when of ['while it is open', 'after a restart']) {
        if (when === 'after a restart') await stage.restart('kill')
        const raw = await stage.raw(id)
        raw.send(step1())
        const asked = await raw.next('step1')
        expect(vectorOf(asked.bytes), when).toEqual(vectorOf(Y.encodeStateVector(doc)))
        await raw.close()
      }
    },
    { flags: [] },
  )

  stageTest('[S1] an entity that nobody ever wrote has an empty state vector', async (stage) => {
    const raw = await stage.raw(stage.entity())
    raw.send(step1())
    expect(vectorOf((await raw.next('step1')).bytes)).toEqual([])
    expect(Y.decodeUpdate((await raw.next('step2')).bytes).structs).toEqual([])
  })

  stageTest('[S2] exactly one step2 answers each step1, and it comes last', async (stage) => {
    const { id, doc } = await filled(stage)
    const raw = await stage.raw(id)
    raw.send(step1())
    await raw.next('step2')
    await raw.settled()
    expect(raw.count('step2')).toBe(1)
    expect(raw.count('step1')).toBe(1)
    expect(canonical(raw.doc()).equals(canonical(doc))).toBe(true)
    const before = raw.received.length
    raw.send(step1())
    await raw.settled()
    expect(raw.count('step2')).toBe(2)
    const again = new Y.Doc()
    for (const bytes of updatesOf(raw, before)) Y.applyUpdate(again, bytes)
    expect(canonical(again).equals(canonical(doc))).toBe(true)
  })

  stageTest(
    '[S2] who has everything gets nothing of the snapshot again, only its deletes',
    async (stage) => {
      const { id, doc } = await filled(stage)
      // How much of it is snapshot and how much tail is the server's affair, and changes with time.
      const structsSent = async (): Promise<number> => {
        const raw = await stage.raw(id)
        raw.send(step1(Y.encodeStateVector(doc)))
        await raw.next('step2')
        await raw.close()
        return updatesOf(raw).flatMap((bytes) => Y.decodeUpdate(bytes).structs).length
      }
      await until('none', stage.deadline, async () => (await structsSent()) === 0, 50)
      const compacted = await stage.metrics()
      expect(compacted.sum('compactions_total', { result: 'committed' })).toBeGreaterThan(0)
    },
    { flags: ['--pace-compact-entries', '1'] },
  )

  stageTest('[S2] who lacks a part gets that part and every delete', async (stage) => {
    const { id, doc } = await filled(stage)
    const stale = new Y.Doc()
    const first = new Y.Doc()
    first.clientID = 11
    first.getText().insert(0, 'written by 11 ')
    Y.applyUpdate(stale, Y.encodeStateAsUpdate(first))
    const raw = await stage.raw(id)
    raw.send(step1(Y.encodeStateVector(stale)))
    await raw.next('step2')
    for (const bytes of updatesOf(raw)) Y.applyUpdate(stale, bytes)
    expect(stale.getText().toString()).toBe(doc.getText().toString())
    expect(stale.store.pendingStructs).toBeNull()
  })

  stageTest('[S2] a state vector ahead of the server harms nobody', async (stage) => {
    const { id } = await filled(stage)
    const raw = await stage.raw(id)
    raw.send(
      step1(
        Y.encodeStateVector(
          new Map([
            [11, 2 ** 30],
            [999, 5],
          ]),
        ),
      ),
    )
    await raw.next('step2')
    const other = await stage.raw(id)
    await other.join()
    expect(other.doc().getText().length).toBeGreaterThan(10)
  })

  stageTest('[Y2] updates before the step2 of their author count', async (stage) => {
    const id = stage.entity()
    const doc = new Y.Doc()
    doc.getText().insert(0, 'early')
    const raw = await stage.raw(id)
    raw.send(update(Y.encodeStateAsUpdate(doc)))
    raw.send(step1())
    await raw.next('step2')
    raw.send(step2())
    await raw.settled()
    const other = await stage.raw(id)
    await other.join()
    expect(other.doc().getText().toString()).toBe('early')
  })

  stageTest(
    '[E4] a step2 that brings nothing is neither stored nor passed on',
    async (stage) => {
      const { id, doc } = await filled(stage)
      const reader = await stage.raw(id)
      await reader.join()
      const heard = reader.received.length
      const before = await stage.metrics()
      const raw = await stage.raw(id)
      raw.send(step1(Y.encodeStateVector(doc)))
      await raw.next('step1')
      raw.send(step2())
      raw.send(step2(Y.encodeStateAsUpdate(doc, Y.encodeStateVector(doc))))
      raw.send(step2(Y.encodeStateAsUpdate(doc)))
      raw.send(update(Y.encodeStateAsUpdate(doc)))
      await raw.settled()
      const after = await stage.metrics()
      const name = 'append_seconds_count'
      expect(after.sum(name) - before.sum(name)).toBe(0)
      await reader.settled()
      expect(updatesOf(reader, heard)).toEqual([])
    },
    { flags: [] },
  )

  stageTest('[W3] several messages in one frame are all read', async (stage) => {
    const id = stage.entity()
    const raw = await stage.raw(id)
    const doc = new Y.Doc()
    doc.getText().insert(0, 'second message')
    raw.send(Buffer.concat([step1(), update(Y.encodeStateAsUpdate(doc))]))
    await raw.next('step2')
    await raw.settled()
    const other = await stage.raw(id)
    await other.join()
    expect(other.doc().getText().toString()).toBe('second message')
  })

  stageTest('[W3] a message in several fragments is one message', async (stage) => {
    const id = stage.entity()
    const raw = await stage.raw(id)
    const doc = new Y.Doc()
    doc.getText().insert(0, 'in pieces')
    const message = update(Y.encodeStateAsUpdate(doc))
    for (const [n, byte] of message.entries()) {
      raw.socket.send(Uint8Array.of(byte), { fin: n === message.length - 1 })
    }
    await raw.settled()
    const other = await stage.raw(id)
    await other.join()
    expect(other.doc().getText().toString()).toBe('in pieces')
  })

  stageTest('[Y8] of the offered subprotocols one is echoed, never the token', async (stage) => {
    const id = stage.entity()
    const plain = await stage.raw(id, { protocols: ['app.v2', 'app.v1'] })
    expect(plain.socket.protocol).toBe('app.v2')
    const token = await stage.raw(id, { protocols: ['tributary.token.secret', 'app.v1'] })
    expect(token.socket.protocol).toBe('app.v1')
    await token.join()
  })
})

describe('what builds on something unknown', () => {
  /** Three updates of one author, each built on the one before. */
  function chain(): { doc: Y.Doc; updates: readonly Uint8Array[] } {
    const doc = new Y.Doc()
    const updates: Uint8Array[] = []
    doc.on('update', (bytes: Uint8Array) => updates.push(bytes))
    for (const text of ['one ', 'two ', 'three']) doc.getText().insert(doc.getText().length, text)
    return { doc, updates }
  }

  stageTest('[E3] is asked for, once, and nobody sees it before', async (stage) => {
    const id = stage.entity()
    const { doc, updates } = chain()
    const raw = await stage.raw(id)
    await raw.join()
    const reader = await stage.raw(id)
    await reader.join()
    const asked = raw.count('step1')
    raw.send(update(updates[1] as Uint8Array))
    raw.send(update(updates[2] as Uint8Array))
    await until('a question', stage.deadline, () => raw.count('step1') === asked + 1)
    expect(reader.doc().store.pendingStructs).toBeNull()
    const question = raw.received.filter((message) => message.is === 'step1').at(-1)
    raw.send(
      step2(Y.encodeStateAsUpdate(doc, question?.is === 'step1' ? question.bytes : undefined)),
    )
    await raw.settled()
    expect(raw.count('step1')).toBe(asked + 1)
    await until('the text', stage.deadline, () => reader.doc().getText().length > 0)
    expect(reader.doc().getText().toString()).toBe('one two three')
    expect(reader.doc().store.pendingStructs).toBeNull()
  })

  stageTest(
    '[S7] who does not answer is asked once more, then sent away to come back',
    async (stage) => {
      const { updates } = chain()
      const raw = await stage.raw(stage.entity())
      await raw.join()
      const asked = raw.count('step1')
      raw.send(update(updates[2] as Uint8Array))
      expect((await raw.closed).code).toBe(1013)
      expect(raw.count('step1')).toBe(asked + 2)
    },
    { flags: ['--pace-ask', '300ms'] },
  )
})

describe('[C26] the provider of Hocuspocus', () => {
  stageTest('is told at /sync and below it that it is not understood', async (stage) => {
    for (const url of [stage.door, `${stage.door}/${stage.entity()}`]) {
      const socket = new WebSocket(url)
      stage.atEnd(() => socket.terminate())
      const said: string[] = []
      socket.on('message', (data: Buffer) => said.push(data.toString('latin1')))
      socket.on('open', () => socket.send(hex('05 6e6f746573 02 00 00 05 342e372e30')))
      const denied = String.fromCharCode(5, ...Buffer.from('notes'), 2, 1)
      const told = () => said.some((one) => one.startsWith(denied) && one.includes('connect()'))
      await until('it is told', stage.deadline, told)
    }
    const line = 'a client speaks the protocol of Hocuspocus'
    const lines = () => stage.server.output.filter((one) => one.includes(line)).length
    await until('the operator too, once', stage.deadline, () => lines() === 1)
  })
})
