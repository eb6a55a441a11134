import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { breakDisk } from '../support/break-disk.ts'
import { until } from '../support/deadline.ts'
import { marker, update } from '../support/frames.ts'
import { ownStageTest, type Stage } from '../support/stage.ts'

interface Fault {
  readonly name: string
  readonly calls: string
  readonly error: string
  /** What SQLite makes of it. */
  readonly code: string
}

const FAULTS: readonly Fault[] = [
  { name: 'fails to sync', calls: 'fsync,fdatasync', error: 'EIO', code: 'SQLITE_IOERR_FSYNC' },
  { name: 'is full', calls: 'pwrite64', error: 'ENOSPC', code: 'SQLITE_FULL' },
]

const failuresIn = (trace: string): number =>
  existsSync(trace) ? readFileSync(trace, 'utf8').split('(INJECTED)').length - 1 : 0

const readiness = async (stage: Stage): Promise<number> =>
  (await fetch(`${stage.server.url}/readyz`)).status

describe.each(FAULTS)('a disk that $name', (fault) => {
  ownStageTest(
    '[Y13] nothing is acknowledged meanwhile; the process lives, and goes on when it is repaired',
    async (stage) => {
      const server = await stage.start([], { provoked: new RegExp(fault.code) })
      const id = stage.entity()
      const doc = new Y.Doc()
      const list = doc.getArray<string>('list')
      const raw = await stage.raw(id, { deadline: 30_000 })
      await raw.join()
      doc.on('update', (bytes: Uint8Array) => raw.send(update(bytes)))
      list.push(['before'])
      await raw.settled()

      const trace = join(stage.folder(), 'trace')
      const repair = await breakDisk(stage, server.pid, fault, trace)
      list.push(['meanwhile'])
      raw.send(marker(7))
      await until('it is not ready', stage.deadline, async () => (await readiness(stage)) === 503)
      // Others are shown what is not safe yet, and nobody is told that it is.
      const reader = await stage.raw(id)
      await reader.join()
      expect(reader.doc().getArray('list').toJSON()).toEqual(['before', 'meanwhile'])
      expect(raw.received.filter((m) => m.is === 'marker' && m.version === 7)).toEqual([])
      expect(failuresIn(trace)).toBeGreaterThan(0)

      await repair()
      await until('it is ready again', 30_000, async () => (await readiness(stage)) === 200, 50)
      await until('the acknowledgement', 30_000, () =>
        raw.received.some((m) => m.is === 'marker' && m.version === 7),
      )
      await stage.restart('kill', { port: 0 })
      const cold = await stage.raw(id)
      await cold.join()
      expect(cold.doc().getArray('list').toJSON()).toEqual(['before', 'meanwhile'])
    },
    { timeout: 120_000 },
  )
})
