// Makes the data folder of a release, for later releases to open:
//
//   npm run build && node test/support/make-fixture.mjs test/fixtures/data-v1
//
// A fixture is made once, with the release whose format it shows, and never again: that would prove
// nothing. It holds what the format can hold; `expected.json` beside it says what a reader must find.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import * as Y from 'yjs'
import { SILENT } from '../../dist/core/logger.js'
import { compactUpdates } from '../../dist/crdt/canonical.js'
import { SqliteLog } from '../../dist/log/sqlite.js'
import { SYSTEM_CLOCK } from '../../dist/ops/system.js'
import { SqliteSnapshots } from '../../dist/snapshots/sqlite.js'
import { Database } from '../../dist/sqlite/driver.js'
import { BOUNDS } from '../../dist/sqlite/journal-bounds.js'
import { Reader } from '../../dist/sqlite/reader.js'
import { openSqlite } from '../../dist/sqlite/store.js'
import { all, dumpStore, told } from './dump-store.mjs'

/**
 * @typedef {import('../../dist/core/ids.js').EntityKey} EntityKey
 * @typedef {import('../../dist/log/log.js').NewEntry} NewEntry
 * @typedef {import('../../dist/core/position.js').Position} Position
 */

const folder = String(process.argv[2])
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
const file = join(folder, 'tributary.db')
const thread = (/** @type {string} */ name) => new URL(`../../dist/sqlite/${name}`, import.meta.url)

/** Made again, the fixture has the same names in it. */
let minted = 0
const random = { id: (/** @type {number} */ length) => `${minted++}`.padStart(length, 'f') }
const clock = { ...SYSTEM_CLOCK, wall: () => 1_790_000_000_000 }

async function open() {
  const threads = { writer: thread('writer-thread.js'), reader: thread('reader-thread.js') }
  const store = await openSqlite({ folder, threads, clock, logger: SILENT })
  const log = new SqliteLog(store, {
    clock,
    random,
    logger: SILENT,
    limits: { setAsideBytes: 1_000_000 },
    paces: { commit: 0 },
  })
  const close = async () => {
    await log.close()
    await store.close()
  }
  return { log, snapshots: new SqliteSnapshots(store), close }
}

const key = (/** @type {string} */ name) => /** @type {EntityKey} */ (name)
const NOTES = key('default/notes')
const STRANGE = key('acme.test/dossier/ä %41 🌊 "quoted"')
const ESSAY = key('default/essay')
const REMOVED = key('default/removed')
const REBORN = key('default/reborn')
const LARGE = key('default/large')
const FILED = key('default/filed')
const HURT = key('default/hurt')
const keys = [NOTES, STRANGE, ESSAY, REMOVED, REBORN, LARGE, FILED, HURT, key('default/never')]

let ids = 0

/** @type {(update: Uint8Array, more?: Partial<NewEntry>) => NewEntry} */
const entry = (update, more = {}) => ({
  id: `k3v9x0aa81qz-${(ids++).toString(36)}`,
  authors: [{ actor: 'anonymous', session: 's-1', clients: [7] }],
  origin: 'session',
  time: 1_790_000_000_000 + ids,
  update: /** @type {NewEntry['update']} */ (update),
  ...more,
})

/** The updates of somebody who types a text, word by word, and takes every fourth word back. */
function typed(/** @type {string} */ text, /** @type {number} */ client) {
  const doc = new Y.Doc()
  doc.clientID = client
  /** @type {Uint8Array[]} */
  const updates = []
  doc.on('update', (update) => updates.push(update))
  for (const [i, word] of text.split(' ').entries()) {
    const written = doc.getText('text')
    written.insert(written.length, `${word} `)
    if (i % 4 === 3) written.delete(written.length - word.length - 1, word.length)
  }
  return updates
}

const PROSE =
  'The river takes what every brook brings and none of them has to know the others way 🌊'

{
  const { log, snapshots, close } = await open()
  for (const update of typed(PROSE, 7)) await log.append(NOTES, entry(update))

  const first = await log.append(STRANGE, entry(typed('один', 2 ** 52 + 1)[0] ?? new Uint8Array()))
  const authors = [
    { actor: 'josé@example.org', session: 'süß-🌊', clients: [2 ** 53 - 1, 0, 300] },
    { actor: '', session: 's-2', clients: [] },
  ]
  const expected = first.position
  await log.append(STRANGE, entry(new Uint8Array([0, 0]), { authors, origin: 'heal', expected }))
  await log.append(
    STRANGE,
    entry(new Uint8Array([0, 0]), { authors: [], origin: 'local', time: 0 }),
  )

  /** @type {Uint8Array[]} */
  const written = []
  /** @type {Position | null} */
  let last = null
  for (const [i, update] of typed(`${PROSE} ${PROSE} ${PROSE}`, 9).entries()) {
    const { position } = await log.append(ESSAY, entry(update))
    written.push(update)
    if (i % 15 !== 14) continue
    const compacted = compactUpdates(null, written, { gc: true })
    if ((await snapshots.commit(ESSAY, { position, ...compacted }, last)) === 'stale') {
      throw new Error('a snapshot was stale')
    }
    last = position
  }

  for (const update of typed('soon gone', 11)) await log.append(REMOVED, entry(update))
  await log.remove(REMOVED, new Map([[11, 10]]))
  await log.append(REBORN, entry(typed('once', 12)[0] ?? new Uint8Array()))
  await log.remove(REBORN, new Map([[12, 5], [13, 2]])) // biome-ignore format: a table
  await log.append(REBORN, entry(typed('twice', 14)[0] ?? new Uint8Array()))
  await log.remove(REBORN, new Map([[12, 3], [14, 6]])) // biome-ignore format: a table
  await log.append(REBORN, entry(typed('and again', 15)[0] ?? new Uint8Array()))

  const pasted = typed('~'.repeat(70_000), 16)[0] ?? new Uint8Array()
  await log.append(LARGE, entry(new Uint8Array([0, 0])))
  await log.append(LARGE, entry(pasted))
  await log.append(LARGE, entry(new Uint8Array([0, 0])))
  for (const update of typed(PROSE, 17)) await log.append(FILED, entry(update))
  for (const update of typed(PROSE, 18)) await log.append(HURT, entry(update))
  await log.setAside(NOTES, new Uint8Array([1, 2, 3]), 'over the quota')
  await log.setAside(STRANGE, new Uint8Array(300).fill(9), 'zu groß 🌊')
  await close()
}

// Filing begins with 40,000 rows: here with as many as there are now. What comes later is not filed.
const reader = new Reader(file, { ...BOUNDS, filed: { rows: 10, bytes: 1 } })
while (reader.chore());
reader.close()
{
  const { log, close } = await open()
  await log.append(FILED, entry(new Uint8Array([0, 0])))
  await log.append(NOTES, entry(new Uint8Array([0, 0])))
  await close()
}

const db = new Database(file)
const hurt = db.prepare(
  'SELECT entity, offset, record FROM entries WHERE offset IN (3, 6) AND entity = (SELECT no FROM entities WHERE key = ?)',
)
for (const row of hurt.all(HURT)) {
  const { entity, offset, record } =
    /** @type {{ entity: number, offset: number, record: Buffer }} */ (row)
  if (offset === 3) record[40] = Number(record[40]) ^ 4
  else {
    record[1] = 0x40
    record.writeUInt32LE(crc32(record.subarray(0, -4)), record.length - 4)
  }
  const put = db.prepare('UPDATE entries SET record = ? WHERE entity = ? AND offset = ?')
  put.run(record, entity, offset)
}
db.pragma('wal_checkpoint(TRUNCATE)')
db.exec('VACUUM')
db.close()

/**
 * What was built is what its sources say, although the types have other names.
 *
 * @type {<Type>(built: unknown) => Type}
 */
const asSource = (built) => /** @type {never} */ (built)

const { log, snapshots, close } = await open()
const expected = {
  entities: await dumpStore(asSource(log), asSource(snapshots), keys),
  snapshots: await all(snapshots.list()),
  aside: (await all(log.listSetAside())).map((one) => ({ ...one, bytes: told(one.bytes) })),
}
await close()
rmSync(join(folder, 'tributary.lock'))
writeFileSync(join(folder, 'expected.json'), `${JSON.stringify(expected, null, 2)}\n`)
