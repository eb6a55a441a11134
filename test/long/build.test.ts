import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** A project of two files with our own build. */
let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tributary-build-'))
  for (const folder of ['src', 'scripts']) mkdirSync(join(root, folder))
  for (const file of ['scripts/build.mjs', 'tsconfig.json', 'tsconfig.build.json']) {
    copyFileSync(join(ROOT, file), join(root, file))
  }
  writeFileSync(join(root, 'package.json'), '{"type": "module"}')
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  source('main.ts', "import { answer } from './answer.ts'\nconsole.log(answer)")
  source('answer.ts', 'export const answer: number = 42')
})
afterEach(() => rmSync(root, { recursive: true }))

const source = (name: string, text: string) => writeFileSync(join(root, 'src', name), text)
const build = (...flags: string[]) => {
  const script = join(root, 'scripts/build.mjs')
  return spawnSync(process.execPath, [script, ...flags], { encoding: 'utf8' })
}
const built = (name: string) => readFileSync(join(root, 'dist', name), 'utf8')

describe('[H24] the build', () => {
  test('makes dist/, and again only when a source has changed', () => {
    expect(build('--if-stale')).toMatchObject({ status: 0, stdout: '', stderr: '' })
    expect(built('main.js')).toContain("from './answer.js'")
    expect(built('answer.d.ts')).toContain('number')

    writeFileSync(join(root, 'dist/mark'), '')
    expect(build('--if-stale').status).toBe(0)
    expect(existsSync(join(root, 'dist/mark'))).toBe(true)

    source('answer.ts', 'export const answer: number = 43')
    expect(build('--if-stale').status).toBe(0)
    expect(built('answer.js')).toContain('43')
    expect(existsSync(join(root, 'dist/mark'))).toBe(false)
  })

  test('takes the scripts for Redis along as they are', () => {
    mkdirSync(join(root, 'src/redis/lua'), { recursive: true })
    source('redis/lua/append.lua', 'return 1')
    expect(build().status).toBe(0)
    expect(built('redis/lua/append.lua')).toBe('return 1')
  })

  test('forgets what has lost its source', () => {
    build()
    source('main.ts', 'console.log(42)')
    rmSync(join(root, 'src/answer.ts'))
    expect(build('--if-stale').status).toBe(0)
    expect(existsSync(join(root, 'dist/answer.js'))).toBe(false)
  })

  test('that fails says so in its last line and leaves the old dist/ as it is', () => {
    build()
    source('answer.ts', "export const answer: number = '42'")
    const { status, stdout, stderr } = build('--if-stale')
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^src\/answer\.ts\(1,14\): error TS2322/)
    expect(stderr.trim().split('\n').at(-1)).toBe('build: TypeScript failed (exit code 1)')
    expect(built('answer.js')).toContain('42')
    expect(readdirSync(root).filter((name) => name.startsWith('dist'))).toEqual(['dist'])
    // It did not become fresh by failing.
    expect(build('--if-stale').status).toBe(1)
  })

  test('leaves types to the check where it is told to', () => {
    source('answer.ts', "export const answer: number = '42'")
    expect(build('--no-check').status).toBe(0)
    expect(built('answer.js')).toContain("'42'")
  })

  test('without its tools names the command to type', () => {
    rmSync(join(root, 'node_modules'))
    expect(build()).toMatchObject({
      status: 1,
      stderr: 'build: the build needs TypeScript, which is not installed: npm ci\n',
    })
  })
})
