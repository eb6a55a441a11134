import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { limitTable, paceTable } from '../../src/core/limits.ts'
import { DEFAULT_CONFIG, OPTIONS } from '../../src/ops/options.ts'
import { readOptions } from '../../src/ops/read-options.ts'
import { configOf, FOLDER, fileOf, lineOf, SECRET } from '../support/option-lines.ts'

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

describe('[H4] [C28] one line names what is wrong', () => {
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
    [['help'], '"help" is not an option: is --help meant?'],
    [['port', '9000'], '"port" is not an option: is --port meant?'],
    [['-prot', '9000'], '"-prot" is not an option: is --port meant?'],
    [['-p', '9000'], '"-p" is not an option: see --help'],
    [['tokn'], '"tokn" is not an option: is token meant?'],
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
    const gone = join(FOLDER, 'gone.json')
    expect(lineOf(['--config', gone])).toMatch(
      /^the config file .*gone\.json cannot be read: there is no such file$/,
    )
    expect(lineOf(['--config', FOLDER])).toMatch(/cannot be read: it is a folder$/)
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
