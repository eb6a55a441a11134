import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'
import type { Trace } from './generator.ts'

const REPLAY = fileURLToPath(new URL('../../scripts/replay.mjs', import.meta.url))

export interface Outcome {
  readonly code: number
  readonly said: string
}

/** Writes a recording to a file of that name, and has the replay script play it. */
export function replay(
  name: string,
  trace: Trace | object,
  flags: readonly string[] = [],
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, name)
  const text = JSON.stringify(trace)
  writeFileSync(file, name.endsWith('.gz') ? gzipSync(text) : text)
  return runReplay(file, ...flags)
}

export function runReplay(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [REPLAY, ...args], (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code)
      resolve({ code, said: `${stdout}${stderr}`.trim() })
    })
  })
}
