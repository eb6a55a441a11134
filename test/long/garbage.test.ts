import { describe, expect } from 'vitest'
import { until } from '../support/deadline.ts'
import { marker, step2 } from '../support/frames.ts'
import { RawClient } from '../support/raw-client.ts'
import { residentOf } from '../support/resident.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'
import { type Stage, stageTest } from '../support/stage.ts'
import { soundFrames, witnessIn } from '../wire-socket/sound-frames.ts'

describe('broken frames', () => {
  const seed = seedOfRun()
  stageTest(
    `[Y5] 50,000 random frames: the server lives, within bounds (seed ${seed})`,
    async (stage) => {
      const random = new Seeded(seed)
      const expectServed = await witnessIn(stage)
      const { pid } = stage.server
      const sound = soundFrames()
      const before = residentOf(pid)
      let sent = 0
      let highest = 0
      while (sent < 50_000) {
        const frames = Array.from({ length: 500 }, () => randomFrame(random, sound))
        await speak(stage, frames)
        sent += frames.length
        highest = Math.max(highest, residentOf(pid))
      }
      await expectServed()
      await until('only the witness is left', stage.deadline, async () => {
        const metrics = await stage.metrics()
        return metrics.sum('sockets') === 2 && metrics.sum('sessions') === 2
      })
      const metrics = await stage.metrics()
      expect(metrics.sum('handler_errors_total')).toBe(0)
      expect(metrics.sum('unknown_messages_total')).toBeGreaterThan(1_000)
      expect(metrics.sum('refusals_total', { code: 'malformed' })).toBeGreaterThan(100)
      expect(highest - before).toBeLessThan(256 * 1024 * 1024)
    },
    { flags: [], timeout: 120_000 },
  )
})
/** Random bytes, random bodies behind a sound head, and sound frames with a few bytes changed. */
function randomFrame(random: Seeded, sound: readonly Uint8Array[]): Uint8Array {
  const kind = random.next()
  if (kind < 0.5) return random.bytes(random.int(0, 60))
  if (kind < 0.8) return Uint8Array.of(1, ...random.bytes(random.int(1, 40)))
  const frame = random.pick(sound).slice()
  for (let n = random.int(1, 3); n > 0; n--)
    frame[random.int(0, frame.length - 1)] = random.int(0, 255)
  return frame
}

/**
 * Says all of it, on new sockets and to new entities whenever one is refused: from then on a refused
 * one is not read, and nothing would be tested any more.
 */
async function speak(stage: Stage, frames: readonly Uint8Array[]): Promise<void> {
  let rest = frames
  while (rest.length > 0) {
    const raw = await RawClient.open(`${stage.door}/${stage.entity()}`)
    const said = rest
    const version = 2_000_000
    for (const frame of said) raw.send(frame)
    raw.send(marker(version))
    let answered = 0
    await until('read or refused', stage.deadline, () => {
      // A marker waits for the answer to what was asked about the updates before it.
      for (; answered < raw.count('step1'); answered++) raw.send(step2())
      const isRead = raw.received.some((m) => m.is === 'marker' && m.version === version)
      return isRead || raw.isClosed || raw.count('denied') > 0
    })
    const refused = raw.count('denied') > 0
    raw.terminate()
    if (!refused) return
    // Which of them it was is not told: half of what was said is said again on a new socket.
    rest = said.slice(Math.ceil(said.length / 2))
  }
}
