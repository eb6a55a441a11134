import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readOptions } from '../../src/ops/read-options.ts'
import type { TokenWish } from '../../src/ops/token-options.ts'

const SECRET = 'a secret of the tests, longer than 32 bytes'
const LEAST = ['--sub', 'ann', '--grant', 'notes/*:write']
const folder = mkdtempSync(join(tmpdir(), 'tributary-token-'))
afterAll(() => rmSync(folder, { recursive: true }))

function wishOf(argv: string[], env: Record<string, string> = {}): TokenWish {
  const reading = readOptions(['token', ...argv], env)
  if (reading.is !== 'token') throw new Error(JSON.stringify(reading))
  return reading.wish
}

function lineOf(argv: string[], env: Record<string, string> = {}): string {
  const reading = readOptions(['token', ...argv], env)
  if (reading.is !== 'refused') throw new Error(JSON.stringify(reading))
  expect(reading.line).not.toContain('\n')
  return reading.line
}

describe('[G13] what a token is asked for', () => {
  test('has defaults', () => {
    expect(wishOf([...LEAST, '--secret', SECRET])).toEqual({
      sub: 'ann',
      grants: [{ entity: 'notes/*', may: 'write' }],
      tenant: 'default',
      expires: 3_600_000,
      issuer: null,
      audience: null,
      secret: SECRET,
    })
  })

  test('has several grants, each divided at its last colon', () => {
    const more = ['--grant=a:b:read', '--grant', '::admin', '--grant=**:read']
    expect(wishOf([...LEAST, ...more, '--secret', SECRET]).grants.slice(1)).toEqual([
      { entity: 'a:b', may: 'read' },
      { entity: ':', may: 'admin' },
      { entity: '**', may: 'read' },
    ])
  })

  test('takes what the server is told from where the server takes it', () => {
    const env = { TRIBUTARY_AUTH_SECRET: SECRET, TRIBUTARY_AUTH_ISSUER: 'us', TRIBUTARY_PROT: '1' }
    expect(wishOf(LEAST, env)).toMatchObject({ secret: SECRET, issuer: 'us' })
    expect(wishOf([...LEAST, '--issuer', 'them'], env).issuer).toBe('them')
    const file = join(folder, 'tributary.json')
    writeFileSync(file, JSON.stringify({ 'auth-secret': SECRET, 'auth-audience': 'x', port: 1 }))
    expect(wishOf([...LEAST, '--config', file])).toMatchObject({ secret: SECRET, audience: 'x' })
    expect(wishOf(LEAST, { TRIBUTARY_CONFIG: file }).secret).toBe(SECRET)
  })

  const must = 'PATTERN:MAY with a may of read, write or admin, like notes/*:write'
  test.each<[string[], string]>([
    [['--grant', 'a:read'], 'a token needs --sub NAME, who it is for: see tributary token --help'],
    [
      ['--sub', 'ann'],
      "a token needs --grant PATTERN:MAY, like --grant 'notes/*:write': see tributary token --help",
    ],
    [[...LEAST, '--grant', 'a'], `--grant must be ${must}, not "a"`],
    [[...LEAST, '--grant', ':read'], `--grant must be ${must}, not ":read"`],
    [[...LEAST, '--grant', 'a:Write'], `--grant must be ${must}, not "a:Write"`],
    [[...LEAST, '--grant', 'a:'], `--grant must be ${must}, not "a:"`],
    [[...LEAST, ...Array(100).fill('--grant=a:read')], '--grant may be given at most 100 times'],
    [
      ['--sub=', '--grant', 'a:read'],
      '--sub must be a name of 1 to 256 bytes without control characters, not ""',
    ],
    [[...LEAST, '--tenant', 'a/b'], '--tenant must be 1 to 64 of A-Z a-z 0-9 . _ -, not "a/b"'],
    [
      [...LEAST, '--expires', '999ms'],
      '--expires must be a time from 1s to 8784h, like 1h, not "999ms"',
    ],
    [[...LEAST, '--issuer='], '--issuer must be a text, not ""'],
    [[...LEAST, '--port', '1'], '--port is not an option: see tributary token --help'],
    [[...LEAST, '--tenat', 'x'], '--tenat is not an option: is --tenant meant?'],
    [['ann'], '"ann" is not an option: see tributary token --help'],
    [
      [...LEAST, '--secret', 'MARKED'],
      '--secret must be a text of at least 32 bytes, like the one that `openssl rand -hex 32` prints',
    ],
    [[...LEAST, '--secret', SECRET, 'MARKED'], '--secret is one word: put it into quotes'],
  ])('%j is refused with the remedy', (argv, line) => {
    const env: Record<string, string> = { TRIBUTARY_AUTH_SECRET: SECRET }
    expect(lineOf(argv, argv.includes('--secret') ? {} : env)).toBe(line)
  })

  test('needs a secret', () => {
    expect(lineOf(LEAST)).toBe(
      'a token needs TRIBUTARY_AUTH_SECRET, or --secret TEXT, the --auth-secret of the server: see tributary token --help',
    )
  })
})

test('[H7] `tributary token --help` names every option, and `--help` the command', () => {
  const help = readOptions(['token', '--nonsense', '--help'], {})
  for (const flag of ['sub', 'grant', 'tenant', 'expires', 'issuer', 'audience', 'secret']) {
    expect(help).toMatchObject({ is: 'print', text: expect.stringContaining(`  --${flag} `) })
  }
  const main = readOptions(['--help'], {})
  expect(main).toMatchObject({ text: expect.stringContaining('tributary token --help') })
})
