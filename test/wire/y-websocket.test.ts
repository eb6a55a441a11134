import { describe, expect, test } from 'vitest'
import { Cursor } from '../../src/wire/cursor.ts'
import {
  awarenessFrame,
  deniedFrame,
  IDLE_FRAME,
  markerFrame,
  readMessage,
  step1Frame,
  step2Frame,
  updateFrame,
} from '../../src/wire/y-websocket.ts'
import { hex, toHex } from '../support/hex.ts'

const read = (text: string) => readMessage(new Cursor(hex(text)))

describe('reading', () => {
  test('[W2] step1, step2 and update carry their bytes', () => {
    expect(read('00 00 03 01 05 07')).toEqual({ is: 'step1', stateVector: hex('01 05 07') })
    expect(read('00 01 02 00 00')).toEqual({ is: 'step2', update: hex('00 00') })
    expect(read('00 02 02 00 00')).toEqual({ is: 'update', update: hex('00 00') })
  })

  test('[W2] awareness, query awareness and marker', () => {
    expect(read('01 01 00')).toEqual({ is: 'awareness', body: hex('00') })
    expect(read('03')).toEqual({ is: 'query-awareness' })
    expect(read('66 01 2a')).toEqual({ is: 'marker', version: hex('2a') })
  })

  test.each([
    ['04', 4],
    ['80 01', 128],
    ['00 03 00', 0],
    ['02 00 00', 2],
    ['', -1],
    ['80', -1],
  ])('[W2] %s is unknown', (text, type) => {
    expect(read(text)).toEqual({ is: 'unknown', type })
  })

  test('[W3] the cursor stands behind the message, at the next one', () => {
    const cursor = new Cursor(hex('00 02 02 00 00 01 01 00'))
    expect(readMessage(cursor).is).toBe('update')
    expect(cursor.atEnd).toBe(false)
    expect(readMessage(cursor).is).toBe('awareness')
    expect(cursor.atEnd).toBe(true)
  })

  test('[W4] a bare 00 00 is no message', () => {
    expect(read('00 00')).toEqual({ is: 'unknown', type: 0 })
  })

  test.each([
    '00',
    '00 01',
    '00 02',
    '00 02 05 00',
    '00 00 02 01',
    '01',
    '01 05 00',
    '66',
    '66 03 01',
    '00 02 ff ff ff ff ff ff ff ff 7f',
  ])('[W5] %s is malformed', (text) => {
    expect(read(text).is).toBe('malformed')
  })
})

describe('writing', () => {
  test('[W1] every kind, to the byte', () => {
    expect(toHex(step1Frame(hex('00')).head)).toBe('82 04 00 00 01 00')
    expect(toHex(step2Frame(hex('00 00')).head)).toBe('82 05 00 01 02 00 00')
    expect(toHex(updateFrame(hex('00 00')).head)).toBe('82 05 00 02 02 00 00')
    expect(toHex(awarenessFrame(hex('00')).head)).toBe('82 03 01 01 00')
    expect(toHex(deniedFrame('no').head)).toBe('82 05 02 00 02 6e 6f')
    expect(toHex(markerFrame(hex('07')).head)).toBe('82 03 66 01 07')
    expect(toHex(IDLE_FRAME.head)).toBe('82 03 01 01 00')
  })

  test.each([
    [122, '82 7d'],
    [123, '82 7e 00 7e'],
    [65_530, '82 7e ff ff'],
    [65_531, '82 7f 00 00 00 00 00 01 00 00'],
    [3 * 2 ** 20, '82 7f 00 00 00 00 00 30 00 06'],
  ])('[W1] %d bytes take the shortest length', (length, head) => {
    const frame = updateFrame(new Uint8Array(length))
    const bytes = hex(head).length
    expect(toHex(frame.head.subarray(0, bytes))).toBe(head)
  })

  test('[W1] a large body is shared, a small one copied', () => {
    const large = new Uint8Array(16 * 1024)
    expect(updateFrame(large).body).toBe(large)
    expect(updateFrame(large.subarray(0, 1_000)).body).toBeNull()
  })
})
