import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { until } from '../support/deadline.ts'
import { awareness, awarenessBody, marker, step1, step2, update } from '../support/frames.ts'
import { RawClient } from '../support/raw-client.ts'
import { residentOf } from '../support/resident.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'
import { type Stage, stageTest } from '../support/stage.ts'

function document(): Y.Doc {
  const doc = new Y.Doc()
  doc.clientID = 77
  doc.getText('t').insert(0, 'a text, an é and a 🙂')
  doc.getMap('m').set('key', { nested: [1, 2.5, null, true, 'x'] })
  doc.getArray('a').push([new Y.Map([['deep', new Y.XmlElement('p')]])])
  doc.getText('t').delete(2, 3)
  return doc
}

/** A soundly built frame of every kind. */
const soundFrames = (): readonly Uint8Array[] => {
  const state = Y.encodeStateAsUpdate(document())
  return [
    step1(Y.encodeStateVector(document())),
    step2(state),
    update(state),
    awareness({ client: 1, clock: 1, state: { n: 1 } }, { client: 2, clock: 9, state: null }),
    marker(300),
  ]
}

/** Somebody beside all this, who must notice nothing of it. */
async function witnessIn(stage: Stage) {
  const id = stage.entity()
  const writer = await stage.stock('3.1.0', id).synced()
  const reader = await stage.stock('2.1.0', id).synced()
  return async () => {
    const list = writer.doc.getArray('list')
    list.push([list.length])
    await until('the witness is served', stage.deadline, () => {
      return reader.doc.getArray('list').length === list.length
    })
    expect(writer.sockets.length + reader.sockets.length).toBe(2)
  }
}

describe('unknown messages', () => {
  stageTest(
    '[Y5] text frames and unknown types are counted and dropped',
    async (stage) => {
      const raw = await stage.raw(stage.entity())
      await raw.join()
      const before = (await stage.metrics()).sum('unknown_messages_total')
      raw.send('a text frame')
      raw.send('')
      for (const type of [4, 5, 8, 9, 101, 103, 127]) raw.send(Uint8Array.of(type, 1, 2, 3))
      raw.send(Uint8Array.of(0xff, 0xff, 0xff, 0x7f))
      raw.send(new Uint8Array(0))
      // A sync message of a kind that does not exist, and one that breaks off, as some clients send.
      raw.send(Uint8Array.of(0, 3, 0))
      raw.send(Uint8Array.of(0, 0))
      await raw.settled()
      expect((await stage.metrics()).sum('unknown_messages_total') - before).toBe(13)
      expect(raw.isClosed).toBe(false)
    },
    { flags: [] },
  )

  stageTest('[Y5] what a server would say to a client is nothing to a server', async (stage) => {
    const raw = await stage.raw(stage.entity())
    await raw.join()
    raw.send(Uint8Array.of(2, 0, 2, 0x6e, 0x6f))
    await raw.settled()
    expect(raw.isClosed).toBe(false)
  })
})

describe('what is no WebSocket any more', () => {
  /** The TCP connection under a client, to say what no client would. */
  const under = (raw: RawClient): Socket => (raw.socket as unknown as { _socket: Socket })._socket

  const BROKEN = {
    'a frame without a mask': Uint8Array.of(0x82, 0x01, 0x00),
    'an opcode that does not exist': Uint8Array.of(0x8b, 0x80, 0, 0, 0, 0),
    'reserved bits': Uint8Array.of(0xf2, 0x80, 0, 0, 0, 0),
    'a continuation of nothing': Uint8Array.of(0x80, 0x80, 0, 0, 0, 0),
    'a length over every bound': Uint8Array.of(0x82, 0xff, ...new Uint8Array(8).fill(0x7f)),
    'a text that is not UTF-8': Uint8Array.of(0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28),
    'a ping that is too long': Uint8Array.of(0x89, 0xfe, 0x00, 0xff, 0, 0, 0, 0),
  }
  for (const [name, bytes] of Object.entries(BROKEN)) {
    stageTest(`[Y5] ${name} ends its connection and nothing else`, async (stage) => {
      const expectServed = await witnessIn(stage)
      const raw = await stage.raw(stage.entity())
      await raw.join()
      under(raw).write(bytes)
      expect([1002, 1006, 1007, 1009]).toContain((await raw.closed).code)
      await expectServed()
    })
  }

  stageTest('[Y5] half an upgrade, and no HTTP at all', async (stage) => {
    const expectServed = await witnessIn(stage)
    const random = new Seeded(3)
    for (const bytes of [
      Buffer.from('GET /sync/x HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
      Buffer.from('GET /sync/x HTTP/1.1\r\nUpgrade: webso'),
      Buffer.from('GET /sync/x\u0001y HTTP/1.1\r\n\r\n'),
      Buffer.from(random.bytes(500)),
    ]) {
      const socket = connect(stage.port, '127.0.0.1')
      socket.on('error', () => {})
      socket.end(bytes)
      socket.resume()
      await once(socket, 'close')
    }
    await expectServed()
  })
})

describe('the log', () => {
  stageTest(
    '[Y5] says once per connection what it drops, however often it does',
    async (stage) => {
      const raw = await stage.raw(stage.entity())
      await raw.join()
      for (let n = 0; n < 50; n++) raw.send(Uint8Array.of(99, n))
      await raw.settled()
      const lines = () => stage.server.output.filter((line) => /"level":"warn"/.test(line))
      await until('a line', stage.deadline, () => lines().length > 0)
      raw.send(update(Uint8Array.of(1)))
      raw.send(update(Uint8Array.of(1)))
      await raw.next('denied')
      await until('another', stage.deadline, () => lines().length > 1)
      await stage.server.stop()
      expect(lines()).toHaveLength(2)
    },
    { flags: [] },
  )
})

describe('broken frames', () => {
  stageTest(
    '[Y5] every frame, cut short at every length, harms its own socket at most',
    async (stage) => {
      const expectServed = await witnessIn(stage)
      const pieces = soundFrames().flatMap((frame) =>
        Array.from(frame, (_, length) => frame.slice(0, length)),
      )
      expect(pieces.length).toBeGreaterThan(200)
      const outcomes = new Set<string>()
      for (const piece of pieces) {
        const raw = await stage.raw(stage.entity())
        raw.send(piece)
        raw.send(marker(1))
        await until(
          'an answer',
          stage.deadline,
          () => raw.count('marker') + raw.count('denied') > 0,
        )
        outcomes.add(raw.count('denied') > 0 ? 'denied' : 'dropped')
        expect(raw.doc().getText('t').length, Buffer.from(piece).toString('hex')).toBe(0)
        raw.terminate()
      }
      expect(outcomes).toEqual(new Set(['denied', 'dropped']))
      await expectServed()
    },
    { timeout: 60_000 },
  )

  stageTest(
    '[Y11] awareness that is cut short or garbage is dropped, the socket stays',
    async (stage) => {
      const random = new Seeded(7)
      const raw = await stage.raw(stage.entity())
      await raw.join()
      const body = awareness({ client: 1, clock: 1, state: { n: 1 } }).slice(2)
      for (let length = 0; length < body.length; length++) {
        raw.send(awarenessBody(body.slice(0, length)))
      }
      for (let n = 0; n < 500; n++) raw.send(awarenessBody(random.bytes(random.int(0, 40))))
      // A count that is far beyond what follows it.
      raw.send(awarenessBody(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f)))
      await raw.settled()
      expect(raw.isClosed).toBe(false)
    },
  )

  const seed = seedOfRun()
  stageTest(
    `[Y5] 50,000 random frames: the server lives, within bounds (seed ${seed})`,
    async (stage) => {
      const random = new Seeded(seed)
      const expectServed = await witnessIn(stage)
      const { pid } = stage.server
      const sound = soundFrames()
      const before = residentOf(pid)
      let sent = 0
      let highest = 0
      while (sent < 50_000) {
        const frames = Array.from({ length: 500 }, () => randomFrame(random, sound))
        await speak(stage, frames)
        sent += frames.length
        highest = Math.max(highest, residentOf(pid))
      }
      await expectServed()
      await until('only the witness is left', stage.deadline, async () => {
        const metrics = await stage.metrics()
        return metrics.sum('sockets') === 2 && metrics.sum('sessions') === 2
      })
      const metrics = await stage.metrics()
      expect(metrics.sum('handler_errors_total')).toBe(0)
      expect(metrics.sum('unknown_messages_total')).toBeGreaterThan(1_000)
      expect(metrics.sum('refusals_total', { code: 'malformed' })).toBeGreaterThan(100)
      expect(highest - before).toBeLessThan(256 * 1024 * 1024)
    },
    { flags: [], timeout: 120_000 },
  )
})

/** Random bytes, random bodies behind a sound head, and sound frames with a few bytes changed. */
function randomFrame(random: Seeded, sound: readonly Uint8Array[]): Uint8Array {
  const kind = random.next()
  if (kind < 0.5) return random.bytes(random.int(0, 60))
  if (kind < 0.8) return Uint8Array.of(1, ...random.bytes(random.int(1, 40)))
  const frame = random.pick(sound).slice()
  for (let n = random.int(1, 3); n > 0; n--)
    frame[random.int(0, frame.length - 1)] = random.int(0, 255)
  return frame
}

/**
 * Says all of it, on new sockets and to new entities whenever one is refused: from then on a refused
 * one is not read, and nothing would be tested any more.
 */
async function speak(stage: Stage, frames: readonly Uint8Array[]): Promise<void> {
  let rest = frames
  while (rest.length > 0) {
    const raw = await RawClient.open(`${stage.door}/${stage.entity()}`)
    const said = rest
    const version = 2_000_000
    for (const frame of said) raw.send(frame)
    raw.send(marker(version))
    let answered = 0
    await until('read or refused', stage.deadline, () => {
      // A marker waits for the answer to what was asked about the updates before it.
      for (; answered < raw.count('step1'); answered++) raw.send(step2())
      const isRead = raw.received.some((m) => m.is === 'marker' && m.version === version)
      return isRead || raw.isClosed || raw.count('denied') > 0
    })
    const refused = raw.count('denied') > 0
    raw.terminate()
    if (!refused) return
    // Which of them it was is not told: half of what was said is said again on a new socket.
    rest = said.slice(Math.ceil(said.length / 2))
  }
}
