import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { readClientMessage, writeClientMessage } from '../../src/wire/tributary-client.ts'
import { readServerMessage, serverFrame } from '../../src/wire/tributary-server.ts'
import { hex, toHex } from '../support/hex.ts'

const PAGE = readFileSync(new URL('../../src/wire/PROTOCOL.md', import.meta.url), 'utf8')
const ROW = /^\| (\d+) \| (client|server) \| `([0-9a-f ]+)` \| (\w+)/gm
const rows = Array.from(PAGE.matchAll(ROW), ([, step, who, bytes = '', word]) => ({
  ...{ step: Number(step), who, bytes, word },
}))

test('[V41] each example of PROTOCOL.md is what its words say, to the byte, and every message has one', () => {
  for (const { who, bytes, word } of rows) {
    const message = who === 'client' ? readClientMessage(hex(bytes)) : readServerMessage(hex(bytes))
    expect(message.is, bytes).toBe(word)
    if (message.is === 'unknown' || message.is === 'malformed') continue
    const again =
      who === 'client' ? writeClientMessage(message as never) : payload(message as never)
    expect(toHex(again), word).toBe(toHex(hex(bytes)))
  }
  const types = (side: string) =>
    [...new Set(rows.flatMap(({ who, bytes }) => (who === side ? [hex(bytes)[0]] : [])))].sort(
      (a = 0, b = 0) => a - b,
    )
  expect(types('client')).toEqual(Array.from({ length: 11 }, (_, at) => at + 1))
  expect(types('server')).toEqual(Array.from({ length: 16 }, (_, at) => at + 1))
  const steps = rows.map(({ step }) => step)
  expect(steps).toEqual(steps.toSorted((a, b) => a - b))
  expect(new Set(steps).size).toBe(steps.at(-1))
})

test('[V41] the updates in them are updates', () => {
  const doc = new Y.Doc()
  const bytesOf = (word: string, at: number) => {
    const found = rows.filter((row) => row.word === word)[at]
    return hex(found?.bytes ?? '')
  }
  Y.applyUpdate(doc, bytesOf('edit', 0).subarray(4))
  Y.applyUpdate(
    doc,
    Uint8Array.of(...bytesOf('part', 0).subarray(2), ...bytesOf('edit', 1).subarray(4)),
  )
  expect(doc.getText().toString()).toBe('hi')
  const other = new Y.Doc()
  Y.applyUpdate(
    other,
    Uint8Array.of(...bytesOf('part', 1).subarray(2), ...bytesOf('update', 0).subarray(3)),
  )
  expect(other.getText().toString()).toBe('j')
})

/** What is behind the head of a WebSocket frame. */
function payload(message: Parameters<typeof serverFrame>[0]): Uint8Array {
  const { head, body } = serverFrame(message)
  return Uint8Array.of(...head.subarray(2), ...(body ?? []))
}
