// Opens data folders whose files were cut, in a process of its own: a crash of it is seen from outside.
//
//   node open-cut.mjs SOURCE SCRATCH ENTITY… < lines "FILE LENGTH"
//
// For each line SOURCE is copied to SCRATCH, that file of it cut to that length, and opened as a
// server does. A line of JSON says what was found.

import { cpSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { SILENT } from '../../dist/core/logger.js'
import { SqliteLog } from '../../dist/log/sqlite.js'
import { SYSTEM_CLOCK, SYSTEM_RANDOM } from '../../dist/ops/system.js'
import { SqliteSnapshots } from '../../dist/snapshots/sqlite.js'
import { openSqlite } from '../../dist/sqlite/store.js'

const [source, scratch, ...entities] = process.argv.slice(2).map(String)
const thread = (/** @type {string} */ name) => new URL(`../../dist/sqlite/${name}`, import.meta.url)
const threads = { writer: thread('writer-thread.js'), reader: thread('reader-thread.js') }
const parts = { clock: SYSTEM_CLOCK, random: SYSTEM_RANDOM, logger: SILENT }
const ORIGIN = { epoch: '0.', offset: 0, check: '0000000000000000' }

/** @param {string} name */
const keyOf = (name) =>
  /** @type {import('../../dist/core/ids.js').EntityKey} */ (`default/${name}`)

/**
 * @param {SqliteLog} log
 * @param {SqliteSnapshots} snapshots
 * @param {string} name
 */
async function look(log, snapshots, name) {
  try {
    const snapshot = await snapshots.load(keyOf(name))
    const read = await log.read(
      keyOf(name),
      snapshot?.position ?? /** @type {import('../../dist/core/position.js').Position} */ (ORIGIN),
    )
    if (read.is === 'reset') return { error: 'reset' }
    return {
      snapshot: snapshot?.position.offset ?? 0,
      offsets: read.entries.map(({ position }) => position.offset),
      skipped: read.skipped.length,
    }
  } catch (error) {
    return { error: String(error) }
  }
}

async function open() {
  const store = await openSqlite({ folder: String(scratch), threads, ...parts })
  const log = new SqliteLog(store, {
    ...parts,
    limits: { setAsideBytes: 1_000_000 },
    paces: { commit: 0 },
  })
  const snapshots = new SqliteSnapshots(store)
  const found = await Promise.all(entities.map((name) => look(log, snapshots, name)))
  await log.close()
  await store.close()
  return found
}

for await (const line of createInterface({ input: process.stdin })) {
  const [file = '', length] = line.split(' ')
  rmSync(String(scratch), { recursive: true, force: true })
  cpSync(String(source), String(scratch), { recursive: true })
  truncateSync(join(String(scratch), file), Number(length))
  try {
    console.log(JSON.stringify({ file, length: Number(length), found: await open() }))
  } catch (error) {
    console.log(JSON.stringify({ file, length: Number(length), refused: String(error) }))
  }
}
