import { describe, expect, test } from 'vitest'
import { formatPosition, type Position, parsePosition } from '../../../src/core/position.ts'
import { placeOfByte, positionIn } from '../../../src/log/redis/position-in.ts'
import { Seeded } from '../../support/seeded.ts'

/** What a text is, by the other reader. */
function parsed(text: string): Position | null {
  try {
    return parsePosition(text)
  } catch {
    return null
  }
}

const read = (text: string) => {
  const bytes = Buffer.from(`before ${text} behind`, 'latin1')
  return positionIn(bytes, 7, 7 + text.length)
}

describe('a position in the bytes of a reply', () => {
  test.each([
    '0.:0:0000000000000000',
    '0.abc123:1:0123456789abcdef',
    `${'9'.repeat(15)}.${'z'.repeat(32)}:${'9'.repeat(15)}:ffffffffffffffff`,
    `${'9'.repeat(16)}.a:1:0123456789abcdef`,
    `1.${'z'.repeat(33)}:1:0123456789abcdef`,
    `1.a:${'1'.repeat(16)}:0123456789abcdef`,
    '1.a:1:0123456789abcde',
    '1.a:1:0123456789abcdef0',
    '1.a:1:0123456789abcdeg',
    '1.A:1:0123456789abcdef',
    '.a:1:0123456789abcdef',
    '1.a::0123456789abcdef',
    '1a:1:0123456789abcdef',
    '1.a:-1:0123456789abcdef',
    '',
    ':',
  ])('is what it is as a text: %s', (text) => {
    expect(read(text)).toEqual(parsed(text))
  })

  test('and so is whatever somebody has made of one', () => {
    const random = new Seeded(20_261_123)
    const characters = '0129afgz.:A -\u00e9'
    let sound = 0
    for (let n = 0; n < 20_000; n++) {
      const offset = Math.floor(random.next() * 10 ** random.int(0, 15))
      const check = Buffer.from(random.bytes(8)).toString('hex')
      let text = formatPosition({ epoch: `${random.int(0, 99)}.k3`, offset, check })
      for (let edits = random.int(0, 2); edits > 0; edits--) {
        const at = random.int(0, text.length)
        const put = characters[random.int(0, characters.length - 1)] as string
        text = text.slice(0, at) + put + text.slice(at + random.int(0, 1))
      }
      const position = parsed(text)
      if (position !== null) sound++
      expect(read(text), text).toEqual(position)
    }
    expect(sound).toBeGreaterThan(5_000)
  })

  test('ends where it is said to end, not where the bytes do', () => {
    const bytes = Buffer.from('1.a:1:0123456789abcdef1.a')
    expect(positionIn(bytes, 0, 22)?.check).toBe('0123456789abcdef')
    expect(positionIn(bytes, 0, 21)).toBe(null)
    expect(positionIn(bytes, 22, 25)).toBe(null)
    expect(placeOfByte(bytes, 0x3a, 0, 25)).toBe(3)
    expect(placeOfByte(bytes, 0x20, 0, 25)).toBe(25)
  })
})
