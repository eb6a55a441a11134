// A process that appends to a log in SQLite as fast as it may, and writes down what is durable, until
// it is killed: node appender.mjs FOLDER ROUND NOTES [MOST]. MOST is the bound of the journal, in rows:
// with a small one, commits pay for the filing all the time. A line per acknowledged entry: entity, offset, id.

import { openSync, writeSync } from 'node:fs'
import { SILENT } from '../../dist/core/logger.js'
import { SqliteLog } from '../../dist/log/sqlite.js'
import { SYSTEM_CLOCK, SYSTEM_RANDOM } from '../../dist/ops/system.js'
import { BOUNDS } from '../../dist/sqlite/journal-bounds.js'
import { openSqlite } from '../../dist/sqlite/store.js'

const [folder, round, notes, most] = process.argv.slice(2)
const rows = (/** @type {number} */ part) => ({ ...BOUNDS.most, rows: part * Number(most) })
const short = { filed: rows(0.5), paid: rows(0.6), most: rows(1) }
const handle = openSync(String(notes), 'a')
const thread = (/** @type {string} */ name) => new URL(`../../dist/sqlite/${name}`, import.meta.url)
const store = await openSqlite({
  folder: String(folder),
  threads: { writer: thread('writer-thread.js'), reader: thread('reader-thread.js') },
  clock: SYSTEM_CLOCK,
  logger: SILENT,
  journal: most === undefined ? BOUNDS : short,
})
const log = new SqliteLog(store, {
  clock: SYSTEM_CLOCK,
  random: SYSTEM_RANDOM,
  logger: SILENT,
  limits: { setAsideBytes: 1_000_000 },
  paces: { commit: 0 },
})

let count = 0
async function append() {
  const no = count++
  const id = `${round}-${no}`
  const key = /** @type {import('../../dist/core/ids.js').EntityKey} */ (`default/e${no % 40}`)
  const update = /** @type {import('../../dist/crdt/scan.js').SoundUpdate} */ (
    new Uint8Array(no % 97 === 0 ? 100_000 : 50 + (no % 300))
  )
  const { position } = await log.append(key, {
    id,
    authors: [],
    origin: 'session',
    time: 0,
    update,
  })
  // The system has it when this returns, whatever becomes of the process.
  writeSync(handle, `${key} ${position.offset} ${id}\n`)
}

for (;;) await Promise.all(Array.from({ length: 50 }, append))
