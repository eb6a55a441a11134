// Fills a data folder that no server has open, by the built code of a server:
//
//   node fill-store.mjs FOLDER DIST entities 1000000    so many entities of one entry each
//   node fill-store.mjs FOLDER DIST journal 75000       the journal up to so many rows, none of them
//                                                       filed meanwhile: a further entry of the first entities
//
// and says how many rows the journal has then.
//
// It is a process of its own because the server's code keeps threads and a lock.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { FIRST_WRITER, keystroke } from '../load/updates.mjs'

const [, , folder = '', dist = '', what, count] = process.argv
/** Appends under way at a time: they share commits. */
const AT_ONCE = 5_000
const SILENT = { error() {}, warn() {}, info() {}, debug() {} }

const from = (/** @type {string} */ path) => import(pathToFileURL(join(dist, path)).href)
const { openSqlite } = await from('sqlite/store.js')
const { SqliteLog } = await from('log/sqlite.js')
const { SYSTEM_CLOCK, SYSTEM_RANDOM } = await from('ops/system.js')
const { Database } = await from('sqlite/driver.js')

const thread = (/** @type {string} */ name) => pathToFileURL(join(dist, 'sqlite', name))
const threads = { writer: thread('writer-thread.js'), reader: thread('reader-thread.js') }
const never = { rows: Infinity, bytes: Infinity }
const store = await openSqlite({
  folder,
  threads,
  clock: SYSTEM_CLOCK,
  logger: SILENT,
  ...(what === 'journal' ? { journal: { filed: never, paid: never, most: never } } : {}),
})
const log = new SqliteLog(store, {
  clock: SYSTEM_CLOCK,
  random: SYSTEM_RANDOM,
  logger: SILENT,
  limits: { setAsideBytes: 1_000_000 },
  paces: { commit: 0 },
})

/** @param {number} number @param {number} clock */
async function append(number, clock) {
  await log.append(`default/stored-${number}`, {
    id: `fill-${clock}-${number.toString(36)}`,
    authors: [{ actor: 'anonymous', session: `s-${number % 100}`, clients: [FIRST_WRITER] }],
    origin: 'session',
    time: 1_790_000_000_000 + number,
    update: keystroke(FIRST_WRITER, clock),
  })
}

/** @param {number} length @param {number} clock */
async function appendAll(length, clock) {
  for (let first = 0; first < length; first += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, length - first) }, (_, n) => first + n)
    await Promise.all(numbers.map((number) => append(number, clock)))
  }
}

/** How many rows of the journal have not been filed. */
function unfiled() {
  const db = new Database(join(folder, 'tributary.db'), { readonly: true })
  const { rows } = db.prepare('SELECT count(*) AS rows FROM journal').get()
  db.close()
  return rows
}

if (what === 'entities') await appendAll(Number(count), 0)
else await appendAll(Math.max(0, Number(count) - unfiled()), 1)
await log.close()
await store.close()
console.log(unfiled())
