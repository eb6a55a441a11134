import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { EntityKey } from '../../src/core/ids.ts'
import { ORIGIN } from '../../src/core/position.ts'
import { until } from '../support/deadline.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'
import { openFolder, temporaryFolder, withDatabase } from '../support/sqlite-store.ts'

const APPENDER = fileURLToPath(new URL('../support/appender.mjs', import.meta.url))

test('[L41] [L44] what was acknowledged before a `kill -9` is there, in its place, and the file is whole', async () => {
  const seed = seedOfRun()
  const random = new Seeded(seed)
  const folder = temporaryFolder()
  const acknowledged = new Map<string, Map<number, string>>()
  try {
    for (let round = 0; round < 4; round++) {
      for (const line of await appendUntilKilled(folder, round, random.int(100, 1_500))) {
        const [entity, offset, id] = line.split(' ') as [string, string, string]
        const entries = acknowledged.get(entity) ?? new Map<number, string>()
        expect(entries.has(Number(offset)), `seed ${seed}: ${line}`).toBe(false)
        acknowledged.set(entity, entries.set(Number(offset), id))
      }
      expect(withDatabase(folder, (db) => db.pragma('integrity_check', { simple: true }))).toBe(
        'ok',
      )
    }
    const { log, close } = await openFolder(folder)
    for (const [entity, entries] of acknowledged) {
      const read = await log.read(entity as EntityKey, ORIGIN)
      if (read.is === 'reset') throw new Error('nothing was trimmed')
      expect(read.skipped).toEqual([])
      const found = new Map(read.entries.map(({ position, id }) => [position.offset, id]))
      for (const [offset, id] of entries) expect(found.get(offset), `seed ${seed}`).toBe(id)
    }
    await close()
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 60_000)

/** @returns what the process acknowledged before it died, after so many lines or a few more. */
async function appendUntilKilled(folder: string, round: number, lines: number): Promise<string[]> {
  const notes = join(folder, `acknowledged-${round}`)
  writeFileSync(notes, '')
  // Every other time killed in the middle of a filing that commits wait for.
  const most = round % 2 === 0 ? [] : ['300']
  const child = spawn(process.execPath, [APPENDER, folder, String(round), notes, ...most], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const gone = once(child, 'exit')
  const said = () => readFileSync(notes, 'utf8').split('\n').slice(0, -1)
  try {
    await until(`${lines} acknowledgements`, 20_000, () => said().length >= lines, 10)
  } finally {
    child.kill('SIGKILL')
    await gone
  }
  return said()
}
