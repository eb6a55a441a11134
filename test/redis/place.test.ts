import { describe, expect, test } from 'vitest'
import { placeText, readRedisUrl, readSentinels } from '../../src/redis/place.ts'
import { readPlace } from '../../src/redis/read-place.ts'

const plain = { tls: false, username: null, password: null, database: 0 }

describe('[L59] a URL of Redis', () => {
  test.each([
    ['redis://127.0.0.1', { ...plain, host: '127.0.0.1', port: 6379 }],
    ['redis://localhost:7000/2', { ...plain, host: 'localhost', port: 7000, database: 2 }],
    ['redis://h:1/', { ...plain, host: 'h', port: 1 }],
    ['redis://[::1]:6380', { ...plain, host: '::1', port: 6380 }],
    ['redis://:s%40cret@h', { ...plain, host: 'h', port: 6379, password: 's@cret' }],
    [
      'rediss://app:p%25%2F@redis.internal:6390/15',
      {
        host: 'redis.internal',
        port: 6390,
        tls: true,
        username: 'app',
        password: 'p%/',
        database: 15,
      },
    ],
  ])('%s', (url, place) => {
    expect(readRedisUrl(url)).toEqual(place)
  })

  test.each([
    ['', 'cannot be read'],
    ['127.0.0.1:6379', 'cannot be read'],
    ['http://h', 'begins with neither redis:// nor rediss://'],
    ['redis://', 'names no host'],
    ['redis:///1', 'names no host'],
    ['redis://h/one', 'names a database that is not a number'],
    ['redis://h/1/2', 'names a database that is not a number'],
    ['redis://h/0?family=6', 'has something behind the database'],
    ['redis://u:%zz@h', 'holds a % that escapes nothing'],
  ])('%s is refused in words', (url, why) => {
    expect(() => readRedisUrl(url)).toThrow(why)
  })

  test.each([
    ['redis://app:secret@h/2', 'h:6379/2'],
    ['rediss://:secret@[::1]:1', '[::1]:1/0'],
  ])('%s is told as %s', (url, told) => {
    expect(placeText(readRedisUrl(url))).toBe(told)
  })

  test('is never shown: it may hold a password', () => {
    for (const url of ['http://u:secret@h', 'redis://u:secret%zz@h', 'redis://u:secret@h/x']) {
      expect(() => readRedisUrl(url)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('secret') }),
      )
    }
  })
})

describe('[R15] where a Redis is by its options', () => {
  const NONE = {
    redisPassword: null,
    redisPasswordFile: null,
    redisCa: null,
    redisSentinel: null,
    redisMaster: null,
    redisSentinelPassword: null,
  }

  test('is its URL, and what the others say', () => {
    expect(readPlace('redis://h', NONE)).toEqual({ ...plain, host: 'h', port: 6379 })
    expect(readPlace('redis://app@h', { ...NONE, redisPassword: 'p' })).toMatchObject({
      username: 'app',
      password: 'p',
    })
    expect(readPlace('redis://:p@the-master/3', { ...NONE, redisSentinel: 'a:1,b' })).toMatchObject(
      {
        password: 'p',
        database: 3,
        sentinels: {
          at: [
            { host: 'a', port: 1 },
            { host: 'b', port: 26379 },
          ],
          master: 'the-master',
          password: null,
        },
      },
    )
    const named = { ...NONE, redisSentinel: 'a', redisMaster: 'the master' }
    expect(readPlace('redis://h', named).sentinels?.master).toBe('the master')
  })

  test.each([
    [
      { redisPasswordFile: '/nothing/here' },
      '--redis-password-file: /nothing/here cannot be read: there is no such file',
    ],
    [
      { redisCa: '/nothing/here' },
      '--redis-ca: /nothing/here cannot be read: there is no such file',
    ],
    [{ redisCa: '/etc/passwd' }, '--redis-ca: /etc/passwd holds no certificate in PEM'],
    [{ redisSentinel: 'a:99999' }, '--redis-sentinel must be like host:26379,host:26379'],
  ])('%j is refused in words', (options, why) => {
    expect(() => readPlace('redis://h', { ...NONE, ...options })).toThrow(why)
  })

  test('the Sentinels among them may be anywhere', () => {
    expect(readSentinels('[::1]:5, b:26380')).toEqual([
      { host: '::1', port: 5 },
      { host: 'b', port: 26380 },
    ])
    for (const text of ['', 'a,,b', 'a:b', ':1', 'a:0']) {
      expect(() => readSentinels(text), text).toThrow('--redis-sentinel must be like')
    }
  })
})
