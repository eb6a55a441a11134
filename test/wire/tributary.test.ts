import { describe, expect, test } from 'vitest'
import {
  type ClientMessage,
  readClientMessage,
  writeClientMessage,
} from '../../src/wire/tributary-client.ts'
import {
  readServerMessage,
  type ServerMessage,
  serverFrame,
} from '../../src/wire/tributary-server.ts'
import { hex, toHex } from '../support/hex.ts'

const said: readonly (readonly [string, ClientMessage])[] = [
  ['01 02 74 6b', { is: 'hello', token: 'tk' }],
  [
    '02 07 01 61 00 01 00',
    { is: 'open', request: 7, entity: 'a', position: '', stateVector: hex('00') },
  ],
  [
    '02 80 01 02 c3 a4 01 70 00',
    { is: 'open', request: 128, entity: 'ä', position: 'p', stateVector: hex('') },
  ],
  ['03 05', { is: 'close', channel: 5 }],
  ['04 05 03 01 05 07', { is: 'sync', channel: 5, stateVector: hex('01 05 07') }],
  ['05 05 09 02 00 00', { is: 'edit', channel: 5, batch: 9, update: hex('00 00') }],
  ['06 05 09 02 00 00', { is: 'answer', channel: 5, batch: 9, update: hex('00 00') }],
  ['07 05 01 02 03', { is: 'part', channel: 5, bytes: hex('01 02 03') }],
  ['08 05 01 00', { is: 'awareness', channel: 5, body: hex('00') }],
  ['09 05 01 00', { is: 'claim', channel: 5, body: hex('00') }],
  ['0a 02 74 6b', { is: 'token', token: 'tk' }],
  ['0b 05', { is: 'ping', number: 5 }],
]

const refusal = { code: 'a', reason: 'b', again: null }
const answered: readonly (readonly [string, ServerMessage])[] = [
  ['01 01 73 80 01 40', { is: 'welcome', session: 's', frameBytes: 128, updateBytes: 64 }],
  [
    '02 07 05 01 02 02 0a 01 70 01 00 00',
    {
      ...{ is: 'opened', request: 7, channel: 5, may: 'write', follows: 'ask', tier: 'disk' },
      ...{ bytes: 10, position: 'p', stateVector: hex('00'), expires: null },
    },
  ],
  ['03 07 01 61 01 62 00', { is: 'refused', request: 7, ...refusal }],
  ['04 05 01 61 01 62 01', { is: 'closed', channel: 5, ...refusal, again: 0 }],
  ['05 05 02 00 00', { is: 'update', channel: 5, update: hex('00 00') }],
  ['06 05 02 00 00', { is: 'synced', channel: 5, update: hex('00 00') }],
  ['07 05 01 02', { is: 'part', channel: 5, bytes: hex('01 02') }],
  ['08 05 01 00', { is: 'awareness', channel: 5, body: hex('00') }],
  ['09 05 01 00', { is: 'ask', channel: 5, stateVector: hex('00') }],
  [
    '0a 05 09 01 03 01 70',
    { is: 'ack', channel: 5, batch: 9, tier: 'process', replicas: 3, position: 'p' },
  ],
  [
    '0b 05 09 01 01 61 01 62 65',
    { is: 'nack', channel: 5, batch: 9, neutered: true, ...refusal, again: 100 },
  ],
  ['0c 05 00 01 70', { is: 'at', channel: 5, tier: 'memory', position: 'p' }],
  ['0d 05 00 0b', { is: 'rights', channel: 5, may: 'read', expires: 10 }],
  ['0e 01 6b 01 2a', { is: 'message', kind: 'k', bytes: hex('2a') }],
  ['0f 05', { is: 'pong', number: 5 }],
  ['10 01 61 01 62 00', { is: 'error', ...refusal }],
]

/** What is behind the two bytes of a short WebSocket frame. */
const payload = (message: ServerMessage): Uint8Array => {
  const { head, body } = serverFrame(message)
  expect(body).toBe(null)
  return head.subarray(2)
}

describe('what a client says', () => {
  test.each(said)('[V1] %s', (bytes, message) => {
    expect(toHex(writeClientMessage(message))).toBe(toHex(hex(bytes)))
    expect(readClientMessage(hex(bytes))).toEqual(message)
  })

  test.each(said)('[V2] cut short, or longer than it is, it is malformed: %s', (bytes, { is }) => {
    const whole = hex(bytes)
    // All but a part, which ends where its frame does.
    if (is === 'part') return
    for (let end = 1; end < whole.length; end++) {
      expect(readClientMessage(whole.subarray(0, end))).toMatchObject({ is: 'malformed' })
    }
    const longer = Uint8Array.of(...whole, 0)
    expect(readClientMessage(longer)).toMatchObject({ is: 'malformed' })
  })

  test('[V2] of an unknown type it is passed over', () => {
    expect(readClientMessage(hex('0c 01'))).toEqual({ is: 'unknown', type: 12 })
    expect(readClientMessage(hex('80 01'))).toEqual({ is: 'unknown', type: 128 })
    expect(readClientMessage(hex(''))).toEqual({ is: 'malformed', type: -1 })
  })
})

describe('what a server says', () => {
  test.each(answered)('[V1] %s', (bytes, message) => {
    expect(toHex(payload(message))).toBe(toHex(hex(bytes)))
    expect(readServerMessage(hex(bytes))).toEqual(message)
  })

  test.each(answered)(
    '[V2] cut short, or longer than it is, it is malformed: %s',
    (bytes, { is }) => {
      const whole = hex(bytes)
      if (is === 'part') return
      for (let end = 1; end < whole.length; end++) {
        expect(readServerMessage(whole.subarray(0, end))).toMatchObject({ is: 'malformed' })
      }
      const longer = Uint8Array.of(...whole, 0)
      expect(readServerMessage(longer)).toMatchObject({ is: 'malformed' })
    },
  )

  test('[V2] of an unknown type it is passed over; what no field can be is malformed', () => {
    expect(readServerMessage(hex('11'))).toEqual({ is: 'unknown', type: 17 })
    expect(readServerMessage(hex('0c 05 03 01 70'))).toEqual({ is: 'malformed', type: 12 })
    expect(readServerMessage(hex('0c 05 00 01 ff'))).toEqual({ is: 'malformed', type: 12 })
  })

  test('[V1] a large update is shared, not copied', () => {
    const update = new Uint8Array(100_000)
    expect(serverFrame({ is: 'update', channel: 5, update }).body).toBe(update)
  })
})
