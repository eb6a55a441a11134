import { describe, expect, test } from 'vitest'
import type { Tier } from '../../src/core/tier.ts'
import { refusalOf, weaknessesOf } from '../../src/redis/checks.ts'
import type { Facts } from '../../src/redis/facts.ts'
import { failureOf, inWords } from '../../src/redis/failures.ts'
import { tierOf } from '../../src/redis/tier.ts'

type Fields = Record<string, string>

const facts = (info: Fields, config: Fields | null = {}): Facts => ({
  info: new Map(Object.entries({ redis_version: '8.2.2', role: 'master', ...info })),
  config: config === null ? null : new Map(Object.entries(config)),
})
const aof = (appendfsync: string, more: Fields = {}): Fields => ({
  appendonly: 'yes',
  appendfsync,
  'no-appendfsync-on-rewrite': 'no',
  ...more,
})

describe('[R1] the tier', () => {
  test.each<[string, Fields, Fields, Tier]>([
    ['without a file', {}, aof('always', { appendonly: 'no' }), 'memory'],
    ['with everysec', {}, aof('everysec'), 'memory'],
    ['with no', {}, aof('no'), 'process'],
    ['with always', {}, aof('always'), 'disk'],
    [
      'with always, not during a rewrite',
      {},
      aof('always', { 'no-appendfsync-on-rewrite': 'yes' }),
      'process',
    ],
    ['after a write that failed', { aof_last_write_status: 'err' }, aof('always'), 'memory'],
    ['with what nobody knows', {}, aof('sometimes'), 'memory'],
  ])('%s', (_, info, config, tier) => {
    expect(tierOf(facts(info, config), null)).toMatchObject({ tier, declared: false })
    // Whoever declares more than Redis says is not believed.
    expect(tierOf(facts(info, config), 'disk').tier).toBe(tier)
  })

  test('[R2] that may not be read is the lowest, or what is declared', () => {
    expect(tierOf(facts({}, null), null)).toMatchObject({ tier: 'memory', declared: false })
    expect(tierOf(facts({}, null), 'disk')).toMatchObject({ tier: 'disk', declared: true })
  })
})

describe('[R5] is not used', () => {
  test.each([
    [{ redis_version: '6.2.20' }, /6\.2\.20 is too old/],
    [{ role: 'slave', master_host: 'there', master_port: '1' }, /replica of there:1/],
    [{ cluster_enabled: '1' }, /Redis Cluster/],
  ])('%j', (info, why) => {
    expect(refusalOf(facts(info))).toMatch(why)
  })

  test('nothing else', () => {
    for (const redis_version of ['7.0.0', '7.2.4', '8.0.0', '10.1.0']) {
      expect(refusalOf(facts({ redis_version, cluster_enabled: '0' }))).toBe(null)
    }
    expect(refusalOf({ info: new Map(), config: null })).toBe(null)
  })
})

describe('[R6] a weakness', () => {
  const found = (info: Fields, config: Fields | null = aof('always'), replicas = 0) =>
    weaknessesOf(facts(info, config), replicas)

  test('is none of a Redis that is as it should be', () => {
    expect(found({ maxmemory_policy: 'noeviction' })).toEqual([])
    expect(found({ maxmemory_policy: 'volatile-lru' })).toEqual([])
    expect(found({ connected_slaves: '2' }, aof('no'), 2)).toEqual([])
  })

  test.each<[Fields, Fields | null, number, RegExp]>([
    [
      { maxmemory_policy: 'allkeys-lru' },
      aof('always'),
      0,
      /forget what was acknowledged.*allkeys-lru/,
    ],
    [{}, aof('always', { appendonly: 'no' }), 0, /no append-only file.*gone/],
    [{}, null, 0, /configuration.*not known/],
    [{ aof_last_write_status: 'err' }, aof('always'), 0, /could not write/],
    [{ connected_slaves: '1' }, aof('always'), 2, /1 of the 2 replicas/],
  ])('%j %j %i', (info, config, replicas, why) => {
    expect(found(info, config, replicas)).toEqual([expect.stringMatching(why)])
  })

  test('is a version that can be taken over', () => {
    const isWeak = (redis_version: string) => found({ redis_version }).length > 0
    const versions = {
      mended: ['7.2.11', '7.2.12', '7.4.6', '7.4.10', '8.0.4', '8.2.2', '8.2.10', '8.4.0', '9.0.0'],
      weak: ['7.0.15', '7.2.4', '7.2.10', '7.4.5', '8.0.3', '8.2.1', '7.9.0'],
    }
    expect(versions.mended.filter(isWeak)).toEqual([])
    expect(versions.weak.filter((version) => !isWeak(version))).toEqual([])
    expect(found({ redis_version: '7.2.4', valkey_version: '8.1.4' })).toEqual([])
  })
})

test('[R9] what failed has a name and is told in words', () => {
  const told = (message: string) => {
    const error = new Error(message)
    return [failureOf(error), inWords(error)]
  }
  expect(told("OOM command not allowed when used memory > 'maxmemory'.")).toEqual([
    'full',
    expect.stringContaining('Redis is full'),
  ])
  for (const [message, failure] of [
    ["READONLY You can't write against a read only replica.", 'replica'],
    ['MISCONF Errors writing to the AOF file', 'disk'],
    ['NOREPLICAS Not enough good replicas to write.', 'replicas'],
    ['WRONGPASS invalid username-password pair', 'denied'],
    ['LOADING Redis is loading the dataset in memory', 'busy'],
    ['Command timed out', 'slow'],
    ['ERR wrong number of arguments', 'refused'],
    ['connect ECONNREFUSED 127.0.0.1:1', 'unreachable'],
    ['Connection is closed.', 'unreachable'],
    ['', 'unreachable'],
  ] as const) {
    expect(told(message)[0], message).toBe(failure)
  }
})
