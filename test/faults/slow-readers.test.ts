import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { areEqual } from '../support/checker.ts'
import { until } from '../support/deadline.ts'
import { step1, update } from '../support/frames.ts'
import type { RawClient } from '../support/raw-client.ts'
import { residentOf } from '../support/resident.ts'
import { ownStageTest, type Stage } from '../support/stage.ts'
import type { StockClient } from '../support/stock-clients.ts'

const OTHERS = 48
const CHUNK = 20_000
/** What the kernel takes in for a reader that does not read is several megabytes. */
const MOST_BYTES = 60_000_000
const MB = 1024 * 1024

/** Reads so many bytes a second, on average: whatever has come, then nothing until that is paid for. */
function slowDown(stage: Stage, client: StockClient, bytesPerSecond: number): () => void {
  const socket = client.provider.ws
  if (socket === null) throw new Error('it is not connected')
  let debt = 0
  let at = performance.now()
  socket.on('message', (data: Buffer) => {
    debt += data.byteLength
    if (debt > 0) socket.pause()
  })
  const timer = setInterval(() => {
    const now = performance.now()
    debt = Math.max(-bytesPerSecond / 10, debt - ((now - at) / 1_000) * bytesPerSecond)
    at = now
    if (debt <= 0) socket.resume()
  }, 20)
  const wake = () => {
    clearInterval(timer)
    debt = Number.NEGATIVE_INFINITY
    socket.resume()
  }
  stage.atEnd(() => clearInterval(timer))
  return wake
}

/** Keeps count and no more: fifty copies of everything would be the test's memory, not the server's. */
async function witness(stage: Stage, id: string): Promise<{ raw: RawClient; bytes: () => number }> {
  const raw = await stage.raw(id)
  raw.send(step1())
  await raw.next('step2')
  raw.socket.on('message', () => void raw.received.splice(0))
  return { raw, bytes: () => raw.receivedBytes }
}

describe('one reader that stalls and one at 20 KB/s, among fifty', () => {
  ownStageTest(
    '[S4] are conflated and converge on the same sockets; the others get everything meanwhile',
    async (stage) => {
      await stage.start(['--pace-stall', '120s', '--pace-pong', '120s'])
      const id = stage.entity()
      const stalled = await stage.stock('3.1.0', id, { deadline: 60_000 }).synced()
      const slow = await stage.stock('2.1.0', id, { deadline: 60_000 }).synced()
      const others = await Promise.all(Array.from({ length: OTHERS }, () => witness(stage, id)))
      const writer = await stage.raw(id, { deadline: 60_000 })
      await writer.join()
      const doc = new Y.Doc()
      doc.on('update', (bytes: Uint8Array) => writer.send(update(bytes)))
      const before = residentOf(stage.server.pid)

      stalled.provider.ws?.pause()
      const wakeSlow = slowDown(stage, slow, 20_000)
      let written = 0
      const list = doc.getArray<string>('list')
      await until('both are left behind', 90_000, async () => {
        // Deletes nearly as much as it writes: merged, there is little to say.
        for (let n = 0; n < 50 && written < MOST_BYTES; n++, written += CHUNK) {
          doc.transact(() => {
            list.push(['x'.repeat(CHUNK)])
            if (list.length > 10) list.delete(0)
          })
        }
        await writer.settled()
        const outbox = (await stage.metrics()).sum('outbox_bytes')
        return outbox > 2 * 128 * 1024 && written >= MOST_BYTES / 6
      })
      // Nobody else waits for them: all of it is there before either of them has read on.
      await until('the others have all of it', 60_000, () =>
        others.every(({ bytes }) => bytes() >= written),
      )
      for (const { raw } of others) expect(raw.isClosed).toBe(false)
      const outbox = (await stage.metrics()).sum('outbox_bytes')
      expect(outbox, 'bytes that wait for them').toBeLessThan(5_000_000)
      // Far above the 20 MB of a quiet machine's bench, far below what 50 queues would hold.
      expect(residentOf(stage.server.pid) - before).toBeLessThan(200 * MB)

      stalled.provider.ws?.resume()
      wakeSlow()
      await until('equal', 60_000, () => areEqual([stalled.doc, slow.doc, doc]), 100)
      expect((await stage.metrics()).sum('conflations_total')).toBeGreaterThanOrEqual(1)
      for (const { sockets } of [stalled, slow]) expect(sockets).toHaveLength(1)
    },
    { timeout: 180_000 },
  )
})
