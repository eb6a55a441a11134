import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { limitTable, paceTable } from '../../src/core/limits.ts'
import { contradictionIn } from '../../src/ops/contradictions.ts'
import { type Config, DEFAULT_CONFIG, OPTIONS } from '../../src/ops/options.ts'
import { readOptions } from '../../src/ops/read-options.ts'

const folder = mkdtempSync(join(tmpdir(), 'tributary-options-'))
afterAll(() => rmSync(folder, { recursive: true }))

function fileOf(content: unknown): string {
  const path = join(folder, `${Math.random()}.json`)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

function configOf(argv: string[], env: Record<string, string> = {}): Config {
  const reading = readOptions(argv, env)
  if (reading.is !== 'run') throw new Error(JSON.stringify(reading))
  return reading.config
}

function lineOf(argv: string[], env: Record<string, string> = {}): string {
  const reading = readOptions(argv, env)
  if (reading.is !== 'refused') throw new Error(JSON.stringify(reading))
  expect(reading.line).not.toContain('\n')
  return reading.line
}

describe('[H3] a value comes', () => {
  const file = fileOf({ port: 3, 'log-level': 'warn', 'limit-frame-bytes': '3MB', gc: false })

  test('from the default', () => {
    expect(configOf([])).toEqual(DEFAULT_CONFIG)
    expect(DEFAULT_CONFIG).toMatchObject({ host: '127.0.0.1', port: 8787, data: './data' })
    expect(DEFAULT_CONFIG.limits.frameBytes).toBe(limitTable.frameBytes.default)
    expect(DEFAULT_CONFIG.paces.tick).toBe(paceTable.tick.default)
  })

  test('from the config file before that', () => {
    const config = configOf(['--config', file])
    expect(config).toMatchObject({ port: 3, logLevel: 'warn', gc: false })
    expect(config.limits.frameBytes).toBe(3 * 1024 * 1024)
    expect(configOf([], { TRIBUTARY_CONFIG: file }).port).toBe(3)
  })

  test('from the variable before that', () => {
    const config = configOf(['--config', file], {
      TRIBUTARY_PORT: '2',
      TRIBUTARY_LIMIT_FRAME_BYTES: '2MB',
    })
    expect(config).toMatchObject({ port: 2, logLevel: 'warn' })
    expect(config.limits.frameBytes).toBe(2 * 1024 * 1024)
  })

  test('from the flag before all', () => {
    const env = { TRIBUTARY_PORT: '2', TRIBUTARY_LOG_LEVEL: 'debug' }
    expect(configOf(['--port', '1', '--config', file], env)).toMatchObject({
      port: 1,
      logLevel: 'debug',
    })
    expect(configOf(['--port=1'], env).port).toBe(1)
    expect(configOf(['--port', '1', '--port', '0']).port).toBe(0)
  })

  test('not from an empty variable', () => {
    expect(configOf([], { TRIBUTARY_PORT: '' }).port).toBe(8787)
  })

  test('by every name there is', () => {
    for (const { flag, variable, default: value } of OPTIONS) {
      if (value === null) continue
      const text = typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value)
      expect(configOf([`--${flag}`, text])).toEqual(DEFAULT_CONFIG)
      expect(configOf([], { [variable]: text })).toEqual(DEFAULT_CONFIG)
      expect(configOf(['--config', fileOf({ [flag]: value })])).toEqual(DEFAULT_CONFIG)
    }
  })
})

describe('[H4] one line names what is wrong', () => {
  test.each([
    [['--prot', '1'], '--prot is not an option: is --port meant?'],
    [
      ['--limit-frame-byte=1'],
      '--limit-frame-byte is not an option: is --limit-frame-bytes meant?',
    ],
    [['--versoin'], '--versoin is not an option: is --version meant?'],
    [['--something-else'], '--something-else is not an option: see --help'],
    [['--'], '-- is not an option: see --help'],
    [['start'], '"start" is not an option: see --help'],
    [['--port'], '--port needs a value: --port PORT'],
    [['--data', '--port', '1'], '--data needs a value: --data FOLDER'],
    [['--port', 'abc'], '--port must be a port from 0 to 65535, not "abc"'],
    [['--port', '65536'], '--port must be a port from 0 to 65535, not "65536"'],
    [['--port', '-1'], '--port must be a port from 0 to 65535, not "-1"'],
    [['--port', '1.5'], '--port must be a port from 0 to 65535, not "1.5"'],
    [['--store', 'redis'], '--store must be one of sqlite, memory, not "redis"'],
    [['--auth', 'jwt'], '--auth must be none, not "jwt"'],
    [['--gc', 'maybe'], '--gc must be on or off, not "maybe"'],
    [['--data='], '--data must be a path, not ""'],
    [['--log-level', 'loud'], '--log-level must be one of error, warn, info, debug, not "loud"'],
    // Node listens on every address when the host is empty.
    [
      ['--host='],
      '--host must be the name or address of this machine, like 127.0.0.1 or ::1, not ""',
    ],
    [
      ['--host', 'a/b'],
      '--host must be the name or address of this machine, like 127.0.0.1 or ::1, not "a/b"',
    ],
  ])('%j', (argv, line) => {
    expect(lineOf(argv)).toBe(line)
  })

  test('of a variable', () => {
    const line = 'TRIBUTARY_PORT must be a port from 0 to 65535, not "tcp://10.0.0.1:80"'
    expect(lineOf([], { TRIBUTARY_PORT: 'tcp://10.0.0.1:80' })).toBe(line)
  })

  test.each<[string, unknown, (file: string) => string]>([
    ['an unknown key', { prot: 1 }, (file) => `"prot" in ${file} is not an option: is port meant?`],
    ['a key for itself', { config: 'x' }, (file) => `"config" in ${file} is not an option`],
    [
      'a prototype',
      '{"__proto__": 1}',
      (file) => `"__proto__" in ${file} is not an option: see --help`,
    ],
    [
      'a list as a value',
      { port: [1] },
      (file) => `"port" in ${file} must be a port from 0 to 65535, not [1]`,
    ],
    [
      'null',
      { port: null },
      (file) => `"port" in ${file} must be a port from 0 to 65535, not null`,
    ],
    ['a list', [1], (file) => `the config file ${file} must hold one object, like {"port": 8787}`],
    ['no JSON', '{port: 1}', (file) => `the config file ${file} is not JSON: `],
    ['nothing', '', (file) => `the config file ${file} is not JSON: `],
  ])('of a config file with %s', (_, content, line) => {
    const file = fileOf(content)
    expect(lineOf(['--config', file])).toContain(line(file))
  })

  test('of a config file that is not there, or a folder', () => {
    const gone = join(folder, 'gone.json')
    expect(lineOf(['--config', gone])).toMatch(
      /^the config file .*gone\.json cannot be read: ENOENT/,
    )
    expect(lineOf(['--config', folder])).toMatch(/cannot be read: EISDIR/)
  })

  test('a byte order mark is no fault', () => {
    expect(configOf(['--config', fileOf('\uFEFF{"port": 5}')]).port).toBe(5)
  })

  test('an unknown variable is warned of', () => {
    const reading = readOptions([], { TRIBUTARY_PROT: '1', TRIBUTARY_log_level: 'x', OTHER: '1' })
    expect(reading).toMatchObject({
      is: 'run',
      warnings: [
        'TRIBUTARY_PROT is not an option: is port meant?',
        'TRIBUTARY_log_level is not an option: is log-level meant?',
      ],
    })
  })
})

describe('[H5] units', () => {
  test.each<[string, number]>([
    ['1', 1],
    ['64MB', 64 * 1024 ** 2],
    ['256 KB', 256 * 1024],
    ['1gb', 1024 ** 3],
    ['1.5KB', 1536],
    ['10B', 10],
    ['1024GB', 1024 ** 4],
  ])('size %s', (text, bytes) => {
    expect(configOf(['--limit-entity-bytes', text]).limits.entityBytes).toBe(bytes)
  })

  test.each([
    '0',
    '-1',
    '1.5',
    '64M',
    '64TB',
    '1025GB',
    '',
    'MB',
    '1e3',
    'Infinity',
    '0x10',
    '1 KB 2',
  ])('no size: "%s"', (text) => {
    expect(lineOf([`--limit-entity-bytes=${text}`])).toBe(
      `--limit-entity-bytes must be a size from 1 byte to 1024GB, like 64MB or 256KB, not "${text}"`,
    )
  })

  test.each<[string, number]>([
    ['20', 20],
    ['250ms', 250],
    ['30s', 30_000],
    ['0.5s', 500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['576h', 2_073_600_000],
  ])('time %s', (text, ms) => {
    expect(configOf(['--pace-idle', text]).paces.idle).toBe(ms)
  })

  // Node fires a timer of more than 2^31 - 1 ms at once.
  test.each(['0', '0s', '577h', '30 d', '1KB', '-5s'])('no time: "%s"', (text) => {
    expect(lineOf([`--pace-idle=${text}`])).toMatch(/^--pace-idle must be a time from 1ms to 576h/)
  })

  test.each(['0', '1.5', '1KB', '1000000001'])('no count: "%s"', (text) => {
    expect(lineOf([`--limit-entity-sessions=${text}`])).toMatch(/must be a whole number from 1/)
  })

  test.each<[string, boolean]>([
    ['on', true],
    ['off', false],
    ['true', true],
    ['false', false],
  ])('switch %s', (text, value) => {
    expect(configOf(['--echo', text]).echo).toBe(value)
    expect(configOf(['--config', fileOf({ echo: text })]).echo).toBe(value)
  })
})

describe('[H28] proxies in front', () => {
  test.each<[string, number | string[]]>([
    ['1', 1],
    ['16', 16],
    ['10.0.0.2', ['10.0.0.2']],
    ['10.0.0.0/8, fd00::/8,::1', ['10.0.0.0/8', 'fd00::/8', '::1']],
  ])('%s', (given, value) => {
    expect(configOf(['--trust-proxy', given]).trustProxy).toEqual(value)
    expect(configOf(['--config', fileOf({ 'trust-proxy': value })]).trustProxy).toEqual(value)
  })

  test.each(['0', '17', '-1', '1.5', '', 'nginx', '10.0.0.0/33', '::1/129', '10.0.0.2,', '1/2/3'])(
    'neither a number of them nor addresses: "%s"',
    (given) => {
      expect(lineOf([`--trust-proxy=${given}`])).toBe(
        `--trust-proxy must be how many there are, 1 to 16, or their addresses, like 10.0.0.2,fd00::/8, not "${given}"`,
      )
    },
  )
})

describe('[J7] roles', () => {
  test.each(['edge', 'worker'])('%s is one of a cluster', (role) => {
    expect(lineOf(['--role', role])).toMatch(/^--role \w+ is about a cluster, and a node without/)
    expect(configOf(['--role', role, '--redis', 'redis://127.0.0.1']).role).toBe(role)
  })
  test('all is any', () => {
    expect(configOf(['--role', 'all']).role).toBe('all')
    expect(lineOf(['--role=both'])).toMatch(/^--role must be one of all, edge, worker/)
  })
})

const SECRET = 'a secret of the tests, longer than 32 bytes'

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

describe('[G12] a secret is not shown', () => {
  const short = 'MARKED'

  test('when it is too short, wherever it comes from', () => {
    const must =
      'must be a text of at least 32 bytes, like the one that `openssl rand -hex 32` prints'
    expect(lineOf(['--auth-secret', short])).toBe(`--auth-secret ${must}`)
    expect(lineOf([], { TRIBUTARY_AUTH_SECRET: short })).toBe(`TRIBUTARY_AUTH_SECRET ${must}`)
    for (const content of [{ 'auth-secret': short }, { 'auth-secret': [short] }]) {
      expect(lineOf(['--config', fileOf(content)])).toMatch(/^"auth-secret" in .* must be a text/)
      expect(lineOf(['--config', fileOf(content)])).not.toContain(short)
    }
    // In bytes, not in letters.
    expect(configOf(['--auth-secret', 'é'.repeat(16)]).authSecret).toHaveLength(16)
    expect(lineOf(['--auth-secret', 'é'.repeat(15)])).not.toContain('é')
  })

  test('when it is several words, or in a file that is not JSON', () => {
    expect(lineOf(['--auth-secret', SECRET, short])).toBe(
      '--auth-secret is one word: put it into quotes',
    )
    for (const content of [
      `{"auth-secret": ${short}${SECRET}}`,
      `{"auth-secret": "${short}${SECRET}" "x"}`,
      `${short}${SECRET}`,
    ]) {
      expect(lineOf(['--config', fileOf(content)])).toMatch(/is not JSON: \w+/)
      expect(lineOf(['--config', fileOf(content)])).not.toMatch(/MARKED|secret of/)
    }
  })

  test('by --print-config', () => {
    const reading = readOptions(['--print-config'], { TRIBUTARY_AUTH_SECRET: SECRET })
    if (reading.is !== 'print') throw new Error(JSON.stringify(reading))
    expect(reading.text).not.toContain(SECRET)
    expect(JSON.parse(reading.text)).toMatchObject({
      'auth-secret': { value: '(set)', from: 'TRIBUTARY_AUTH_SECRET' },
      'auth-keys': { value: null, from: 'default' },
    })
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

describe('[H7] texts', () => {
  const textOf = (argv: string[], env = {}): string => {
    const reading = readOptions(argv, env)
    if (reading.is !== 'print') throw new Error(JSON.stringify(reading))
    return reading.text
  }

  test('--help names every option, whatever else is asked', () => {
    const help = textOf(['--nonsense', '-h'])
    for (const { flag, what } of OPTIONS) {
      expect(help).toContain(`--${flag} `)
      expect(help).toContain(what)
    }
    expect(help).toMatch(/--limit-frame-bytes SIZE +one frame \(64MB\)\n/)
    expect(help).toMatch(/--pace-idle TIME +.*\(30s\)\n/)
    expect(help).toMatch(/--config FILE/)
  })

  test('--version', () => {
    expect(textOf(['--version'])).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  test('--print-config names every value and its source', () => {
    const file = fileOf({ 'log-level': 'warn' })
    const argv = ['--port', '1', '--print-config', '--config', file]
    const printed = JSON.parse(textOf(argv, { TRIBUTARY_PACE_TICK: '20ms' }))
    expect(Object.keys(printed)).toEqual(OPTIONS.map(({ flag }) => flag))
    expect(printed).toMatchObject({
      port: { value: 1, from: '--port' },
      'pace-tick': { value: 20, from: 'TRIBUTARY_PACE_TICK' },
      'log-level': { value: 'warn', from: `"log-level" in ${file}` },
      host: { value: '127.0.0.1', from: 'default' },
    })
  })

  test('--print-config refuses what a start would refuse', () => {
    expect(lineOf(['--print-config', '--port', 'x'])).toMatch(/^--port must be/)
  })
})
