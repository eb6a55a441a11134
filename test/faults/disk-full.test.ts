import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { until } from '../support/deadline.ts'
import { marker, update } from '../support/frames.ts'
import { SmallDisk } from '../support/small-disk.ts'
import { ownStageTest, type Stage } from '../support/stage.ts'

const MB = 1024 * 1024
const DISK = 8 * MB
/** Bytes of one update. */
const WRITE = 60_000
const status = async (stage: Stage, path: string): Promise<number> =>
  (await fetch(stage.server.url + path)).status

/** Looks in a row at a node that is not ready, in which an answer would have come. */
const LOOKS = 150

/**
 * One write after the other: what waits when nothing fits any more is one, and fits into the room made.
 * "Not ready" is not enough: a compaction may be what did not fit, and the write still goes through.
 * Nor is a time: a slow machine answers late. So it is looked at often, and ready once is too often.
 */
async function fill(stage: Stage, write: () => void, answered: () => boolean): Promise<void> {
  const isFull = async () => (await status(stage, '/readyz')) === 503
  for (let n = 0; n < DISK / WRITE; n++) {
    write()
    let looks = 0
    const isDecided = async () => {
      looks = (await isFull()) ? looks + 1 : 0
      return answered() || looks === LOOKS
    }
    await until('an answer, or none', 60_000, isDecided, 20)
    if (!answered()) return
  }
  expect.fail(`what a disk of ${DISK} bytes cannot hold was acknowledged`)
}

describe('a disk that is full', () => {
  ownStageTest(
    '[L35] [Y13] by load: no acknowledgement, no crash, readers served; it goes on when there is room',
    async (stage) => {
      const disk = new SmallDisk(stage, { size: DISK, ballast: 3 * MB })
      const full = { data: disk.folder, provoked: /SQLITE_FULL|disk is full/ }
      const server = await stage.start(['--pace-compact-entries', '20'], full)
      const id = stage.entity()
      const doc = new Y.Doc()
      const list = doc.getArray<string>('list')
      const raw = await stage.raw(id, { deadline: 30_000 })
      await raw.join()
      doc.on('update', (bytes: Uint8Array) => raw.send(update(bytes)))
      const answered = (version: number) =>
        raw.received.some((message) => message.is === 'marker' && message.version === version)
      let written = 0
      const write = () => {
        list.push([`${++written}-`.padEnd(WRITE, 'x')])
        raw.send(marker(written))
      }

      await fill(stage, write, () => answered(written))
      const acked = Array.from({ length: written }, (_, n) => n + 1).filter(answered)
      const last = Math.max(...acked)
      expect(last).toBeGreaterThan(10)
      // Whoever reads is shown all of it, and nobody is told that it is safe.
      const reader = await stage.raw(id)
      await reader.join()
      expect(reader.doc().getArray('list').length).toBe(written)
      expect(await status(stage, '/healthz')).toBe(200)
      write()
      await until('it tries again', stage.deadline, async () => {
        const text = await (await fetch(`${server.url}/readyz`)).text()
        return text.includes('full')
      })
      expect(answered(written)).toBe(false)

      // A crash at just this moment: what was acknowledged is there, although nothing fits any more.
      const refused = await stage.restart('kill', { port: 0 }).then(() => null, String)
      // Even opening takes a page or two: with none left, that is said, with the remedy.
      if (refused !== null) {
        expect(refused).toContain('full: make room on it')
        disk.makeRoom()
        await stage.start(server.options.flags, full)
      }
      const cold = await stage.raw(id, { deadline: 30_000 })
      const kept = (await cold.join()).getArray<string>('list').toArray()
      expect(kept.length).toBeGreaterThanOrEqual(last)
      expect(kept).toEqual(list.toArray().slice(0, kept.length))

      if (refused === null) disk.makeRoom()
      await until('it is ready', 30_000, async () => (await status(stage, '/readyz')) === 200, 50)
      const author = await stage.raw(id, { deadline: 30_000 })
      await author.join(doc)
      await author.settled()
      await stage.restart('kill', { port: 0 })
      const again = await stage.raw(id, { deadline: 30_000 })
      expect((await again.join()).getArray('list').length).toBe(written)
    },
    { timeout: 240_000 },
  )

  ownStageTest(
    '[L35] [Y13] and then has room: what waited is stored and acknowledged, by the same process',
    async (stage) => {
      const disk = new SmallDisk(stage, { size: DISK, ballast: 3 * MB })
      await stage.start([], { data: disk.folder, provoked: /SQLITE_FULL|disk is full/ })
      const id = stage.entity()
      const doc = new Y.Doc()
      const raw = await stage.raw(id, { deadline: 30_000 })
      await raw.join()
      doc.on('update', (bytes: Uint8Array) => raw.send(update(bytes)))
      let version = 0
      const answered = () =>
        raw.received.some((message) => message.is === 'marker' && message.version === version)
      await fill(
        stage,
        () => {
          doc.getArray('list').push(['x'.repeat(WRITE)])
          raw.send(marker(++version))
        },
        answered,
      )
      disk.makeRoom()
      await raw.settled()
      await until('it is ready', 30_000, async () => (await status(stage, '/readyz')) === 200, 50)
      await stage.restart('kill', { port: 0 })
      const cold = await stage.raw(id)
      expect((await cold.join()).getArray('list').length).toBe(doc.getArray('list').length)
    },
    { timeout: 240_000 },
  )
})
