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
  readonly watched?: string
  /** What SQLite makes of it. */
  readonly code: string
  /** Whether nobody knows afterwards what the disk holds, so that the database is opened anew. */
  readonly isOpenedAnew: boolean
}

const FAULTS: readonly Fault[] = [
  {
    name: 'fails to sync',
    calls: 'fsync,fdatasync',
    error: 'EIO',
    watched: 'openat',
    code: 'SQLITE_IOERR_FSYNC',
    isOpenedAnew: true,
  },
  {
    name: 'is full',
    calls: 'pwrite64',
    error: 'ENOSPC',
    code: 'SQLITE_FULL',
    isOpenedAnew: false,
  },
]

const textOf = (trace: string): string => (existsSync(trace) ? readFileSync(trace, 'utf8') : '')
const failuresIn = (trace: string): number => textOf(trace).split('(INJECTED)').length - 1
/** How often the write-ahead log was opened since the first failure. */
const opensIn = (trace: string): number => {
  const [, ...behind] = textOf(trace).split('(INJECTED)')
  return behind.join('').match(/openat\([^)]*tributary\.db-wal"/g)?.length ?? 0
}

const readiness = async (stage: Stage): Promise<number> =>
  (await fetch(`${stage.server.url}/readyz`)).status

describe.each(FAULTS)('a disk that $name', (fault) => {
  ownStageTest(
    '[Y13] [L36] nothing is acknowledged meanwhile; the process lives, and goes on when it is repaired',
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
      const isTold = () => raw.received.some((m) => m.is === 'marker' && m.version === 7)
      // The first try, and some more: an append is tried again, and so is the disk by itself.
      await until('it fails', 30_000, () => isTold() || failuresIn(trace) > 2)
      expect(isTold(), 'what the disk refused is acknowledged').toBe(false)
      await until('it is not ready', stage.deadline, async () => (await readiness(stage)) === 503)
      // Others are shown what is not safe yet, and nobody is told that it is.
      const reader = await stage.raw(id)
      await reader.join()
      expect(reader.doc().getArray('list').toJSON()).toEqual(['before', 'meanwhile'])
      expect(isTold(), 'what the disk refused is acknowledged').toBe(false)

      await repair()
      if (fault.isOpenedAnew) {
        expect(opensIn(trace), 'times that the database was opened anew').toBeGreaterThan(0)
      }
      await until('it is ready again', 30_000, async () => (await readiness(stage)) === 200, 50)
      await until('the acknowledgement', 30_000, isTold)
      await stage.restart('kill', { port: 0 })
      const cold = await stage.raw(id)
      await cold.join()
      expect(cold.doc().getArray('list').toJSON()).toEqual(['before', 'meanwhile'])
    },
    { timeout: 120_000 },
  )
})
