import { expect, test } from 'vitest'
import { addressOf } from '../../client/provider/link/address.ts'
import { afterHint, backoff } from '../../client/provider/link/backoff.ts'
import { Outbound } from '../../client/provider/link/outbound.ts'
import { Parts } from '../../client/provider/link/parts.ts'
import { type ClientMessage, readClientMessage } from '../../src/wire/tributary-client.ts'
import { ManualPage } from '../support/link-owner.ts'

const KB = 1024

test.each([
  ['ws://127.0.0.1:8787', 'ws://127.0.0.1:8787/connect'],
  ['http://127.0.0.1:8787/', 'ws://127.0.0.1:8787/connect'],
  ['https://host/sub', 'wss://host/sub/connect'],
  ['wss://host/sub/?region=eu#x', 'wss://host/sub/connect?region=eu'],
])('[U2] the door of %s is %s', (url, door) => {
  expect(addressOf(url)).toBe(door)
})

test.each(['', 'host', 'ftp://host', 'localhost:8787', '/sub'])(
  '[U2] "%s" is no address of a server, and the error says so',
  (url) => {
    expect(() => addressOf(url)).toThrow(TypeError)
    expect(() => addressOf(url)).toThrow(/address of a server/)
  },
)

test('[U3] an attempt comes anywhere below a bound: 100 ms at first, then 250 ms doubled up to 15 s', () => {
  const bounds = [0, 1, 2, 3, 6, 7, 8, 100].map((failures) => backoff(failures, 1))
  expect(bounds).toEqual([100, 250, 500, 1_000, 8_000, 15_000, 15_000, 15_000])
  expect(backoff(7, 0)).toBe(0)
  expect(backoff(7, 0.5)).toBe(7_500)
  // And none above half the time that the trouble has lasted.
  expect([0, 8_000, 40_000].map((lasted) => backoff(7, 1, lasted))).toEqual([1_000, 4_000, 15_000])
})

test('[U4] a hint is never undercut, and not kept by all at once', () => {
  expect(afterHint(2_000, 0)).toBe(2_000)
  expect(afterHint(2_000, 1)).toBe(3_000)
})

test('[U11] parts are put together; what came whole is not copied', () => {
  const parts = new Parts()
  const whole = Uint8Array.of(1, 2)
  expect(parts.endWith(whole)).toBe(whole)
  parts.add(Uint8Array.of(1, 2))
  parts.add(Uint8Array.of(3))
  expect(parts.bytes).toBe(3)
  expect([...parts.endWith(Uint8Array.of(4))]).toEqual([1, 2, 3, 4])
  expect(parts.bytes).toBe(0)
})

function outbound() {
  const page = new ManualPage()
  const sent: ClientMessage[] = []
  const socket = {
    bufferedAmount: 0,
    send(frame: Uint8Array) {
      socket.bufferedAmount += frame.length
      sent.push(readClientMessage(frame) as ClientMessage)
    },
    close() {},
  }
  return { page, socket, sent, out: new Outbound(page, socket, () => {}) }
}

const edit = (channel: number, length: number) =>
  ({ is: 'edit', channel, batch: 1, update: new Uint8Array(length).fill(channel) }) as const

test('[U12] an update of up to 256 KB goes in one message', () => {
  const { sent, out } = outbound()
  out.inTurn(edit(1, 256 * KB))
  expect(sent.map(({ is }) => is)).toEqual(['edit'])
})

test('[U12] a larger one is cut, and a socket that takes nothing is given no more than it holds', () => {
  const { page, socket, sent, out } = outbound()
  out.inTurn(edit(1, 10_000 * KB))
  expect(socket.bufferedAmount).toBeLessThanOrEqual(320 * KB + 100)
  const before = sent.length
  page.advance(1_000)
  expect(sent).toHaveLength(before)
  while (page.pending > 0) {
    socket.bufferedAmount = 0
    page.advance(20)
  }
  const bytes = sent.map((message) => {
    if (message.is === 'part') return message.bytes
    return message.is === 'edit' ? message.update : new Uint8Array(0)
  })
  expect(sent.at(-1)?.is).toBe('edit')
  expect(Buffer.concat(bytes).equals(Buffer.alloc(10_000 * KB, 1))).toBe(true)
  for (const piece of bytes) expect(piece.length).toBeLessThanOrEqual(64 * KB)
})

test('[U12] entities take turns: one that uploads holds up nobody, and none is out of order', () => {
  const { page, socket, sent, out } = outbound()
  out.inTurn(edit(1, 2_000 * KB))
  const before = sent.length
  out.inTurn(edit(2, 10))
  out.inTurn({ ...edit(2, 10), batch: 2 })
  socket.bufferedAmount = 0
  page.advance(20)
  const next = sent.slice(before).filter((message) => message.is === 'edit')
  expect(next).toMatchObject([
    { channel: 2, batch: 1 },
    { channel: 2, batch: 2 },
  ])
})

test('[U13] of an entity that was left nothing more is sent, nor is a timer left', () => {
  const { page, socket, sent, out } = outbound()
  out.inTurn(edit(1, 2_000 * KB))
  const before = sent.length
  out.drop(1)
  socket.bufferedAmount = 0
  page.advance(100)
  expect(sent).toHaveLength(before)
  expect(page.pending).toBe(0)
})
