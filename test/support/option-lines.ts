import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'
import type { Config } from '../../src/ops/options.ts'
import { readOptions } from '../../src/ops/read-options.ts'

/** Of the config files of a test file. */
export const FOLDER = mkdtempSync(join(tmpdir(), 'tributary-options-'))
afterAll(() => rmSync(FOLDER, { recursive: true }))

/** A config file with this in it, until the tests of this file are over. */
export function fileOf(content: unknown): string {
  const path = join(FOLDER, `${Math.random()}.json`)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

/** What a command line comes to. */
export function configOf(argv: string[], env: Record<string, string> = {}): Config {
  const reading = readOptions(argv, env)
  if (reading.is !== 'run') throw new Error(JSON.stringify(reading))
  return reading.config
}

/** The line with which it is refused. */
export function lineOf(argv: string[], env: Record<string, string> = {}): string {
  const reading = readOptions(argv, env)
  if (reading.is !== 'refused') throw new Error(JSON.stringify(reading))
  expect(reading.line).not.toContain('\n')
  return reading.line
}

/** One that is long enough. */
export const SECRET = 'a secret of the tests, longer than 32 bytes'
