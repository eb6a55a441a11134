import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectionOptions } from '../../src/redis/connection-options.ts'
import { readRedisUrl } from '../../src/redis/place.ts'
import { ScriptCall } from '../../src/redis/script-call.ts'
import { type Call, type Word, Words } from '../../src/redis/words.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { Seeded } from '../support/seeded.ts'

let server: RedisServer
let redis: Redis
beforeAll(async () => {
  server = await startRedis()
  redis = new Redis(connectionOptions(readRedisUrl(server.url), new Seeded(1)))
  await redis.connect()
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

/** What Redis has understood of it: a character for each byte, which is compared faster. */
async function understood(keys: Call['keys'], args: Call['args']): Promise<string[][]> {
  const script = 'return { KEYS, ARGV }'
  const call = new ScriptCall({ name: 'eval', script, keys, args })
  const reply = (await redis.sendCommand(call)) as Buffer[][]
  return reply.map((words) => words.map((word) => word.toString('latin1')))
}

const bytesOf = (word: Word): string =>
  Buffer.from(word instanceof Uint8Array ? word : String(word)).toString('latin1')

describe('a call of a script reaches Redis as it was given', () => {
  test.each<[string, string[], Word[]]>([
    ['nothing', [], []],
    ['empty words', [''], ['', new Uint8Array(0)]],
    ['numbers', ['k'], [0, 7, 10, 99, 1_000_000, 2 ** 53 - 1, -1]],
    ['what is not ASCII', ['tributary:{1}:m:default/höhe→漢字🎈'], ['ä', '🎈'.repeat(40), 'z']],
    ['as many bytes in UTF-8 as need one digit more', ['é'.repeat(9)], ['é'.repeat(50)]],
    ['line ends', ['a\r\nb'], [Uint8Array.of(13, 10, 36, 42, 0, 255), '\r\n']],
    [
      'what does not fit where most are put together',
      ['k'],
      ['x'.repeat(9_000), 'é'.repeat(9_000)],
    ],
    ['a large array of bytes', ['k'], [new Uint8Array(3_000_000).fill(200), 'behind it']],
  ])('%s', async (_, keys, args) => {
    expect(await understood(keys, args)).toEqual([keys.map(bytesOf), args.map(bytesOf)])
  })

  test('with keys that were put together before', async () => {
    const keys = ['tributary:{1}:m:default/höhe→漢字🎈', '', 'k'.repeat(9_000)]
    const words = new Words(keys)
    expect(words.count).toBe(3)
    for (const args of [['a'], ['', new Uint8Array(20_000)]]) {
      expect(await understood(words, args)).toEqual([keys.map(bytesOf), args.map(bytesOf)])
    }
  })

  test('with some of the words that were put together before', async () => {
    const words = ['é'.repeat(60), 65_536, Uint8Array.of(13, 10, 0, 255), '']
    const told = new Words(words)
    const args = ['before', told, 'behind', told]
    const [, given] = await understood(['k'], args)
    const said = words.map(bytesOf)
    expect(given).toEqual(['before', ...said, 'behind', ...said])
  })

  test('any of any lengths, one behind the other', async () => {
    const random = new Seeded(20_261_123)
    const word = (): Word => {
      const length = Math.floor(random.next() ** 4 * 6_000)
      const kind = random.next()
      if (kind < 0.2) return Math.floor(random.next() * 10 ** random.int(0, 15))
      return kind < 0.4 ? random.bytes(length) : (kind < 0.8 ? 'w' : 'ß').repeat(length)
    }
    const calls = Array.from({ length: 300 }, () => ({
      keys: Array.from({ length: random.int(0, 5) }, () => `k${word()}`),
      args: Array.from({ length: random.int(0, 11) }, word),
    }))
    // All at once: what one was put together in is used for the next before it has gone out.
    redis.stream.cork()
    const replies = calls.map(({ keys, args }) => understood(keys, args))
    redis.stream.uncork()
    for (const [i, { keys, args }] of calls.entries()) {
      expect(await replies[i]).toEqual([keys.map(bytesOf), args.map(bytesOf)])
    }
  })
})
