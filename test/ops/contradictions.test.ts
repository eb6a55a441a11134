import { describe, expect, test } from 'vitest'
import { contradictionIn } from '../../src/ops/contradictions.ts'
import { DEFAULT_CONFIG } from '../../src/ops/options.ts'
import { configOf, lineOf, SECRET } from '../support/option-lines.ts'

describe('[H6] who may come in is said once:', () => {
  test.each([
    ['--auth-secret', SECRET],
    ['--auth-keys', 'keys.json'],
    ['--auth-jwks', 'https://example.org/keys'],
  ])('%s lets the server listen anywhere', (flag, value) => {
    const config = configOf([flag, value, '--host', '0.0.0.0', '--auth-issuer', 'us'])
    expect(config).toMatchObject({ auth: null, authIssuer: 'us', authAudience: null })
    expect(contradictionIn(config)).toBe(null)
    expect(contradictionIn(config, true)).toMatch(/^--auth-\w+ and the hook `authorise` both say/)
  })

  test('a hook does so too', () => {
    const config = { ...DEFAULT_CONFIG, host: '0.0.0.0' }
    expect(contradictionIn(config)).toMatch(/^--host/)
    expect(contradictionIn(config, true)).toBe(null)
  })

  test.each([
    [['--auth', 'none', '--auth-secret', SECRET], '--auth none and --auth-secret'],
    [['--auth-keys', 'x', '--auth-jwks', 'https://x/'], '--auth-keys and --auth-jwks'],
    [['--auth-secret', SECRET, '--auth-keys', 'x'], '--auth-secret and --auth-keys'],
  ])('%j is refused', (argv, both) => {
    expect(lineOf(argv)).toBe(`${both} both say who may come in: leave one of them out`)
  })

  test.each(['--auth-issuer', '--auth-audience'])('%s alone says nothing', (flag) => {
    expect(lineOf([flag, 'x', '--auth', 'none'])).toBe(
      `${flag} is about tokens, which nothing asks for: add one of --auth-secret, --auth-keys, --auth-jwks`,
    )
  })

  test.each([
    'http://example.org/keys',
    'ftp://localhost/keys',
    'file:///keys',
    'keys.json',
    'http://localhost.evil.org/',
    'https://me:MARKED@example.org/',
    '',
  ])('keys are not fetched from "%s"', (url) => {
    expect(lineOf([`--auth-jwks=${url}`])).toMatch(/^--auth-jwks must be an https address, or/)
    expect(lineOf([`--auth-jwks=${url}`])).not.toContain('MARKED')
  })

  test.each(['http://127.0.0.1:3/keys', 'http://[::1]/keys', 'http://localhost/'])('%s', (url) => {
    expect(configOf(['--auth-jwks', url]).authJwks).toBe(url)
  })
})

describe('[R7] what is said of Redis', () => {
  const REDIS = ['--redis', 'redis://h']

  test.each([
    [['--redis-replicas', '1'], '--redis-replicas is about Redis: add --redis'],
    [['--redis-tier', 'disk'], '--redis-tier is about Redis: add --redis'],
    [[...REDIS, '--store', 'memory'], '--redis and --store memory both say where'],
    [
      [...REDIS, '--redis-password', 'x', '--redis-password-file', 'y'],
      '--redis-password and --redis-password-file both name a password',
    ],
    [
      ['--redis', 'redis://:one@h', '--redis-password', 'x'],
      '--redis-password and the URL of --redis both name a password',
    ],
    [[...REDIS, '--redis-ca', 'x'], '--redis-ca is about TLS'],
    [[...REDIS, '--redis-master', 'x'], '--redis-master is about Sentinels: add --redis-sentinel'],
    [[...REDIS, '--redis-tier', 'paper'], '--redis-tier must be one of memory, process, disk'],
    [[...REDIS, '--redis-replicas', '1.5'], '--redis-replicas must be a whole number'],
    [[...REDIS, '--redis-sentinel', 'a b'], '--redis-sentinel must be one or more of host:port'],
    [['--redis', 'redis://'], '--redis must be an address'],
  ])('%j is refused', (argv, line) => {
    expect(lineOf(argv)).toContain(line)
  })

  test('goes together otherwise', () => {
    const argv = ['--redis', 'rediss://app@the-master/2', '--redis-sentinel', 'a:1, [::1]:2,c']
    const more = ['--redis-password', 'x', '--redis-ca', 'f', '--redis-replicas', '0']
    expect(configOf([...argv, ...more, '--redis-sentinel-password', 'y'])).toMatchObject({
      redisReplicas: 0,
      redisPassword: 'x',
    })
  })
})

describe('[H6] values that do not go together', () => {
  test.each(['0.0.0.0', '::', '192.168.1.5', 'example.org', '127.evil.org', '[::]', '128.0.0.1'])(
    'host %s without authentication',
    (host) => {
      expect(lineOf(['--host', host])).toMatch(
        /^--host .* would let in everyone who reaches it: add --auth none if that is meant/,
      )
      expect(configOf(['--host', host, '--auth', 'none']).auth).toBe('none')
    },
  )

  test.each(['127.0.0.1', '127.1.2.3', '::1', '[::1]', 'localhost'])(
    'host %s is this machine',
    (host) => {
      expect(configOf(['--host', host]).host).toBe(host.replace(/[[\]]/g, ''))
    },
  )

  test.each([
    ['--pace-tick', '300ms', '--pace-tick (300ms) must not be above --pace-tick-max (250ms)'],
    [
      '--limit-outbox-hard-bytes',
      '1KB',
      '--limit-outbox-soft-bytes (256KB) must not be above --limit-outbox-hard-bytes (1KB)',
    ],
    [
      '--limit-session-messages',
      '20000',
      '--limit-session-messages (20000) must not be above --limit-session-messages-burst (10000)',
    ],
  ])('%s %s', (flag, value, line) => {
    expect(lineOf([flag, value])).toBe(line)
  })
})
