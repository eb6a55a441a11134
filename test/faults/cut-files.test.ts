import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { update } from '../support/frames.ts'
import { ownStageTest, type Stage } from '../support/stage.ts'

const OPENER = fileURLToPath(new URL('../support/open-cut.mjs', import.meta.url))
const PAGE = 4_096
/** Of the write-ahead log: its own header, and the one before each page. */
const WAL_HEAD = 32
const FRAME_HEAD = 24
/** Of each entity; half of them by the first server, whose stop copies them back. */
const ENTRIES = 12
const FIRST = ENTRIES / 2

type Found =
  | { readonly error: string }
  | {
      readonly snapshot: number
      readonly offsets: readonly number[]
      readonly skipped: number
    }
interface Cut {
  readonly file: string
  readonly length: number
  readonly found?: readonly Found[]
  readonly refused?: string
}

/** Around the borders of pages or frames, and between: of a long log every seventh frame. */
function lengthsOf(file: string, size: number): number[] {
  const isLog = file.endsWith('-wal')
  const step = isLog ? PAGE + FRAME_HEAD : PAGE
  const lengths = [0, 1, 31, 32, 99, 100]
  for (let border = isLog ? WAL_HEAD : 0; border <= size; border += isLog ? 7 * step : step) {
    lengths.push(border - 1, border, border + FRAME_HEAD, border + Math.floor(step / 2))
  }
  return lengths.filter((length) => length >= 0 && length < size)
}

/** After a clean stop, then more: left by a second one, or by a `kill -9` with its write-ahead log. */
async function folderWith(
  stage: Stage,
  names: readonly string[],
  end: 'stop' | 'kill',
): Promise<string> {
  const data = stage.folder()
  const flags = ['--pace-compact-entries', '5']
  for (const round of [1, 2]) {
    const server = await stage.start(flags, { data })
    for (const name of names) {
      const raw = await stage.raw(name)
      const doc = await raw.join()
      doc.on('update', (bytes: Uint8Array, origin: unknown) => {
        if (origin !== raw) raw.send(update(bytes))
      })
      for (let n = 0; n < FIRST; n++) {
        doc.getArray('marks').push([`m${n}`])
        await raw.settled()
      }
      await raw.close()
    }
    await server[round === 2 ? end : 'stop']()
  }
  return data
}

async function openAll(
  stage: Stage,
  data: string,
  names: readonly string[],
  cuts: readonly (readonly [string, number])[],
): Promise<Cut[]> {
  const child = spawn(process.execPath, [OPENER, data, join(stage.folder(), 'cut'), ...names], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  stage.atEnd(() => void child.kill('SIGKILL'))
  const results: Cut[] = []
  createInterface({ input: child.stdout }).on('line', (line) => results.push(JSON.parse(line)))
  child.stdin.end(cuts.map(([file, length]) => `${file} ${length}\n`).join(''))
  const [code] = (await once(child, 'close')) as [number | null]
  expect({ code, results: results.length }, 'the process that opened them').toEqual({
    code: 0,
    results: cuts.length,
  })
  return results
}

/** What a cut has left is the beginning of each log: nothing out of its order, nothing invented. */
function faultsOf({ file, length, found = [], refused }: Cut): string[] {
  const where = `${file} cut to ${length}`
  if (refused !== undefined) {
    const isNamed = refused.includes('put a backup in its place') && !refused.includes('\n')
    return isNamed ? [] : [`${where}: ${refused}`]
  }
  return found.flatMap((one) => {
    if ('error' in one) return [`${where}: ${one.error}`]
    const { snapshot, offsets } = one
    const isWhole = offsets.every((offset, i) => offset === snapshot + 1 + i)
    const end = snapshot + offsets.length
    const isEnough = end >= FIRST && (file !== 'tributary.db' || end === ENTRIES)
    return isWhole && isEnough ? [] : [`${where}: ${snapshot}, ${offsets}, without a word`]
  })
}

describe('files that are cut short', () => {
  // The write-ahead log is made so that its end may be missing: what is before it is served.
  ownStageTest(
    '[L33] [L41] after a kill: refused in one line, or served as far as the log goes',
    async (stage) => {
      const names = [stage.entity(), stage.entity()]
      const data = await folderWith(stage, names, 'kill')
      const cuts = cutsOf(data, ['tributary.db', 'tributary.db-wal', 'tributary.db-shm'])
      const results = await openAll(stage, data, names, cuts)
      expect(results.flatMap(faultsOf)).toEqual([])
      const refused = results.filter((result) => result.refused !== undefined)
      expect(new Set(refused.map(({ file }) => file))).toEqual(new Set(['tributary.db']))
      expect(results.length - refused.length, 'served').toBeGreaterThan(20)
    },
    { timeout: 180_000 },
  )

  ownStageTest(
    '[L33] after a stop: every cut of the database is refused',
    async (stage) => {
      const names = [stage.entity(), stage.entity()]
      const data = await folderWith(stage, names, 'stop')
      // An empty file is what a crash in the very first start leaves.
      const cuts = cutsOf(data, ['tributary.db']).filter(([, length]) => length > 0)
      const results = await openAll(stage, data, names, cuts)
      expect(results.flatMap(faultsOf)).toEqual([])
      expect(results.filter(({ refused }) => refused === undefined)).toEqual([])
    },
    { timeout: 180_000 },
  )
})

const cutsOf = (data: string, files: readonly string[]) =>
  files.flatMap((file) =>
    lengthsOf(file, statSync(join(data, file)).size).map((length) => [file, length] as const),
  )
