import { describe, expect, test } from 'vitest'
import { configOf, fileOf, lineOf } from '../support/option-lines.ts'

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
