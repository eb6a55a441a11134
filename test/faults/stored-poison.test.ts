import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import type { EntityKey } from '../../src/core/ids.ts'
import { until } from '../support/deadline.ts'
import { forge } from '../support/forge.ts'
import { update } from '../support/frames.ts'
import type { ServerProcess } from '../support/spawn-server.ts'
import { openFolder } from '../support/sqlite-store.ts'
import { ownStageTest, type Stage } from '../support/stage.ts'
import { WEDGE, WHOLE_OVER } from '../support/unloadable.ts'

const doc = new Y.Doc()
doc.getText('t').insert(0, 'poison')
const sound = Y.encodeStateAsUpdate(doc)

/** What must never have been stored, as an earlier version or another program may have. */
const POISON = [
  Uint8Array.of(9, 9, 9),
  sound.subarray(0, -3),
  Y.encodeStateAsUpdateV2(doc),
  forge([{ client: 7, clock: 0, structs: [{ is: 'gc', length: 0 }] }]),
  new Uint8Array(0),
]

const keyOf = (id: string) => `default/${id}` as EntityKey

/** Under a right checksum, at the end of a log. */
async function poison(folder: string, id: string): Promise<void> {
  const { log, close } = await openFolder(folder)
  for (const [n, bytes] of POISON.entries()) {
    const entry = { id: `poison-${n}`, authors: [], origin: 'session', time: 0 } as const
    await log.append(keyOf(id), { ...entry, update: bytes as never })
  }
  await close()
}

async function write(stage: Stage, id: string, words: readonly string[]): Promise<Y.Doc> {
  const raw = await stage.raw(id)
  const own = await raw.join()
  own.on('update', (bytes: Uint8Array) => raw.send(update(bytes)))
  for (const word of words) {
    own.getArray('words').push([word])
    await raw.settled()
  }
  await raw.close()
  return own
}

async function read(stage: Stage, id: string): Promise<unknown> {
  const raw = await stage.raw(id)
  const words = (await raw.join()).getArray('words').toJSON()
  await raw.close()
  return words
}

/** The lines that tell of it. They come over a pipe of their own, which may be behind the sockets. */
const named = ({ output }: ServerProcess): readonly string[] =>
  output.filter((line) => line.includes('"a stored entry was set'))

describe('poison that is stored already', () => {
  ownStageTest(
    '[E11] [E15] is passed over, set aside, and can be exported; its entity is compacted on',
    async (stage) => {
      const data = stage.folder()
      const flags = ['--pace-compact-entries', '3']
      await stage.start(flags, { data })
      const [id, other] = [stage.entity(), stage.entity()]
      await write(stage, id, ['a', 'b'])
      await write(stage, other, ['of others'])
      await stage.server.stop()
      await poison(data, id)

      const server = await stage.start(flags, { data, provoked: /damaged/ })
      expect(await read(stage, id)).toEqual(['a', 'b'])
      expect(await read(stage, other)).toEqual(['of others'])
      const count = async (name: string, labels = {}) => (await stage.metrics()).sum(name, labels)
      await until('all is set aside', stage.deadline, async () => {
        return (await count('set_aside_total')) === POISON.length
      })
      expect(await count('stored_values_damaged_total')).toBe(POISON.length)
      await until('all are named', stage.deadline, () => named(server).length === POISON.length)
      const committed = () => count('compactions_total', { result: 'committed' })
      await until('it is compacted', stage.deadline, async () => (await committed()) === 1)
      await write(stage, id, ['c', 'd', 'e'])
      await until('it is compacted on', stage.deadline, async () => (await committed()) === 2)
      expect(await count('compactions_total', { result: 'failed' })).toBe(0)
      await server.stop()

      const { log, snapshots, close } = await openFolder(data)
      const aside: Uint8Array[] = []
      for await (const one of log.listSetAside())
        if (one.entity === keyOf(id)) aside.push(one.bytes)
      expect(aside.map((bytes) => Buffer.from(bytes))).toEqual(POISON.map((b) => Buffer.from(b)))
      expect((await snapshots.load(keyOf(id)))?.position.offset).toBe(2 + POISON.length + 3)
      await close()

      const clean = await stage.start(flags, { data })
      expect(await read(stage, id)).toEqual(['a', 'b', 'c', 'd', 'e'])
      // All of its lines have come then.
      await clean.stop()
      expect(clean.output.filter((line) => line.includes('passed over'))).toEqual([])
    },
    { timeout: 60_000 },
  )

  ownStageTest(
    '[E16] that passes every check, and at which Yjs fails: found, set aside and named; the rest is compacted',
    async (stage) => {
      const data = stage.folder()
      const flags = ['--pace-compact-entries', '4']
      const server = await stage.start(flags, { data })
      const [id, other] = [stage.entity(), stage.entity()]
      const count = async (name: string, labels = {}) => (await stage.metrics()).sum(name, labels)
      const committed = () => count('compactions_total', { result: 'committed' })
      const stranger = await stage.raw(id)
      await stranger.join()
      for (const bytes of [WEDGE[0] as Uint8Array, WHOLE_OVER]) {
        stranger.send(update(bytes))
        await stranger.settled()
      }
      const reader = await stage.raw(id)
      await expect(reader.join(), 'nobody can load it now').rejects.toThrow('Unexpected case')
      await stranger.close()
      // Nobody near it has to know: these are written by somebody who has not read it.
      const author = await stage.raw(id)
      const own = new Y.Doc()
      own.on('update', (bytes: Uint8Array) => author.send(update(bytes)))
      for (const word of ['a', 'b']) {
        own.getArray('words').push([word])
        await author.settled()
      }
      // Up to it, then it alone, then what is behind it.
      await until('it is compacted', stage.deadline, async () => (await committed()) === 3)
      expect(await count('compactions_total', { result: 'failed' })).toBe(0)
      expect(await count('set_aside_total')).toBe(1)
      await until('it is named', stage.deadline, () => named(server).length === 1)
      expect(named(server)[0]).toContain(`default/${id}`)
      expect(await read(stage, id)).toEqual(['a', 'b'])
      await write(stage, other, ['of others'])
      await server.stop()

      const { log, snapshots, close } = await openFolder(data)
      const aside: (readonly [string, Uint8Array])[] = []
      for await (const { why, bytes } of log.listSetAside()) aside.push([why, bytes])
      expect(aside.map(([why, bytes]) => [why, Buffer.from(bytes)])).toEqual([
        ['stored entry 2 is unloadable', Buffer.from(WHOLE_OVER)],
      ])
      expect((await snapshots.load(keyOf(id)))?.position.offset).toBe(4)
      await close()

      await stage.start(flags, { data })
      expect(await read(stage, id)).toEqual(['a', 'b'])
      expect(await read(stage, other)).toEqual(['of others'])
    },
    { timeout: 60_000 },
  )
})
