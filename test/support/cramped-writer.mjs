// The writer's thread on a disk that a test can fill: a file beside the database says what happens.
//
//   full        every transaction finds the disk full
//   full-held   the next one does, once the test has taken away the file that says it has begun
//   die         the thread ends instead of the next transaction
//   die-after   it ends behind it, before it has answered

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { serve } from '../../dist/sqlite/serve.js'
import { Writer } from '../../dist/sqlite/writer.js'

const said = `${workerData.file}-mishap`
const begun = `${workerData.file}-begun`
const ROOM = 2 ** 30

function mishap() {
  if (!existsSync(said)) return null
  const what = readFileSync(said, 'utf8')
  if (what !== 'full') rmSync(said)
  return what
}

function hold() {
  writeFileSync(begun, '')
  const nothing = new Int32Array(new SharedArrayBuffer(4))
  while (existsSync(begun)) Atomics.wait(nothing, 0, 0, 2)
}

class CrampedWriter extends Writer {
  /** @override @param {import('../../src/sqlite/calls.ts').Group} group */
  commit(group) {
    this.#under(() => super.commit(group))
  }

  /** @override */
  probe() {
    this.#under(() => super.probe())
  }

  #under(/** @type {() => void} */ work) {
    const what = mishap()
    if (what === 'die') process.exit(1)
    if (what === 'full-held') hold()
    const full = what === 'full' || what === 'full-held'
    const pages = Number(this.connection.pragma('page_count', { simple: true }))
    this.connection.pragma(`max_page_count = ${full ? pages : ROOM}`)
    work()
    if (what === 'die-after') process.exit(1)
  }
}

serve(new CrampedWriter(workerData.file))
