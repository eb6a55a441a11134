import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { until } from '../support/deadline.ts'
import { marker, update } from '../support/frames.ts'
import { Seeded } from '../support/seeded.ts'
import { ownStageTest } from '../support/stage.ts'
import {
  type Acknowledgement,
  durabilityFaults,
  parseTrace,
  straceCommand,
} from '../support/strace.ts'

describe('tier disk', () => {
  ownStageTest(
    '[Y10] no acknowledgement leaves before the fsync that covers it has returned',
    async (stage) => {
      const data = stage.folder()
      const file = join(stage.folder(), 'trace')
      const server = await stage.start([], { data, under: straceCommand(file) })
      const random = new Seeded(4)
      const expected: Acknowledgement[] = []
      const authors = await Promise.all(
        Array.from({ length: 5 }, async () => {
          const raw = await stage.raw(stage.entity(), { deadline: 30_000 })
          await raw.join()
          const doc = new Y.Doc()
          doc.on('update', (bytes: Uint8Array) => raw.send(update(bytes)))
          return { raw, doc }
        }),
      )
      for (let n = 0; n < 100; n++) {
        const { raw, doc } = random.pick(authors)
        const mark = `mark-${n.toString().padStart(4, '0')}-${random.int(0, 2 ** 31).toString(36)}`
        // Four bytes of varint each, so that no two messages and no other bytes look alike.
        const version = random.int(2 ** 27, 2 ** 28 - 1)
        doc.getArray('marks').insert(0, [mark])
        raw.send(marker(version))
        expected.push({ mark, message: Buffer.from(marker(version)).toString('hex') })
        if (random.chance(0.3)) await pause(random.int(0, 30))
      }
      await until(
        'all acknowledged',
        30_000,
        () => authors.reduce((sum, { raw }) => sum + raw.count('marker'), 0) === expected.length,
      )
      expect((await stage.metrics()).sum('tier', { tier: 'disk' })).toBe(1)
      await server.stop()

      const calls = parseTrace(readFileSync(file, 'utf8'))
      expect(calls.filter(({ name }) => name === 'fsync').length).toBeGreaterThan(5)
      expect(durabilityFaults(calls, expected)).toEqual([])
    },
    { timeout: 120_000 },
  )
})
