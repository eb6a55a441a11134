import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect } from 'vitest'
import { until } from '../support/deadline.ts'
import { awareness, awarenessBody, marker, update } from '../support/frames.ts'
import type { RawClient } from '../support/raw-client.ts'
import { Seeded } from '../support/seeded.ts'
import { stageTest } from '../support/stage.ts'
import { soundFrames, witnessIn } from './sound-frames.ts'

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
})
