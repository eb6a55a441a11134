import { describe, expect, test } from 'vitest'
import { unwrap, wrap } from '../../src/bus/envelope.ts'
import { readNews } from '../../src/log/redis/news.ts'
import { Seeded } from '../support/seeded.ts'

describe('[N5] a message of the bus', () => {
  test('is the mark, two names with their lengths, and the bytes', () => {
    const message = wrap('ab', 'hi', Uint8Array.of(9, 8))
    expect(message).toEqual(Buffer.from('01026162026869' + '0908', 'hex'))
    expect(unwrap(message)).toEqual({ from: 'ab', kind: 'hi', bytes: Buffer.of(9, 8) })
    expect(unwrap(wrap('a', 'b', new Uint8Array(0)))?.bytes).toHaveLength(0)
  })

  test('of another version, or cut short, is none', () => {
    const message = wrap('ab', 'hi', new Uint8Array(0))
    for (let end = 0; end < message.length; end++)
      expect(unwrap(message.subarray(0, end))).toBeNull()
    expect(unwrap(Buffer.concat([Buffer.of(2), message.subarray(1)]))).toBeNull()
    expect(unwrap(Buffer.from('0100026869', 'hex'))).toBeNull()
  })

  test('is no news of the log, and that is no message', () => {
    const seeded = new Seeded(11)
    const at = '1.ab:3:0123456789abcdef'
    for (const letter of ['E', 'P', 'R']) {
      const news = Buffer.from(`${letter} 1.ab:2:fedcba9876543210 ${at}\n`)
      expect(unwrap(news)).toBeNull()
      if (letter !== 'E') expect(readNews(news)).not.toBeNull()
      // Even one whose bytes are such news.
      for (let length = 1; length <= 40; length++) {
        expect(readNews(wrap('n'.repeat(length), 'word', news))).toBeNull()
      }
    }
    for (let i = 0; i < 1_000; i++) {
      const bytes = seeded.bytes(seeded.int(0, 60))
      expect(readNews(wrap('node', 'word', bytes))).toBeNull()
    }
  })
})
