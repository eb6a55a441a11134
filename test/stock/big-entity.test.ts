import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { Acks } from '../support/acks.ts'
import { equalityFaults } from '../support/checker.ts'
import { until } from '../support/deadline.ts'
import { step1, step2, update } from '../support/frames.ts'
import { type Stage, stageTest, stockTest } from '../support/stage.ts'
import { STOCK_VERSIONS } from '../support/stock-clients.ts'

const MB = 1024 * 1024
/** Above what is sent in one frame, below the limits. */
const BIG = 20 * MB
const LARGEST_PIECE = 8 * MB + 64 * 1024

/** A document of `bytes` by three authors, with deletes, as updates of about 1 MB. */
function bigDoc(bytes: number): { doc: Y.Doc; updates: readonly Uint8Array[] } {
  const authors = [1, 2, 3].map((clientID) => {
    const doc = new Y.Doc()
    doc.clientID = clientID
    return doc
  })
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  const paragraph = 'x'.repeat(1_000)
  for (let written = 0; written < bytes; written += MB) {
    const author = authors[updates.length % authors.length] as Y.Doc
    Y.applyUpdate(author, Y.encodeStateAsUpdate(doc, Y.encodeStateVector(author)))
    const before = Y.encodeStateVector(author)
    author.transact(() => {
      const list = author.getArray<string>('paragraphs')
      for (let n = 0; n < MB / 1_000; n++) list.push([`${n} ${paragraph}`])
      list.delete(list.length - 20, 10)
    })
    const next = Y.encodeStateAsUpdate(author, before)
    updates.push(next)
    Y.applyUpdate(doc, next)
  }
  return { doc, updates }
}

const LENGTH = bigLength()
function bigLength(): number {
  return Math.ceil(BIG / MB) * (Math.ceil(MB / 1_000) - 10)
}

/** The big document in an entity of its own, durable. */
async function fill(stage: Stage): Promise<{ id: string; doc: Y.Doc }> {
  const id = stage.entity()
  const { doc, updates } = bigDoc(BIG)
  const raw = await stage.raw(id, { deadline: 30_000 })
  raw.send(step1())
  await raw.next('step2')
  raw.send(step2())
  for (const bytes of updates) raw.send(update(bytes))
  await raw.settled()
  await raw.close()
  return { id, doc }
}

describe('an entity of 20 MB', () => {
  stageTest(
    '[Y5] comes in several frames, none of which shows half of it',
    async (stage) => {
      const { id, doc } = await fill(stage)
      for (const when of ['as it was written', 'after a restart']) {
        if (when === 'after a restart') await stage.restart('stop')
        const raw = await stage.raw(id, { deadline: 30_000 })
        raw.send(step1())
        await raw.next('step2')
        const frames = raw.received.filter(({ is }) => is === 'update' || is === 'step2')
        expect(frames.length, when).toBeGreaterThan(2)
        expect(frames.at(-1)?.is, when).toBe('step2')
        const joiner = new Y.Doc()
        const lengths: number[] = []
        for (const frame of frames) {
          if (frame.is !== 'update' && frame.is !== 'step2') continue
          expect(frame.bytes.length, when).toBeLessThan(LARGEST_PIECE)
          Y.applyUpdate(joiner, frame.bytes)
          lengths.push(joiner.getArray('paragraphs').length)
        }
        // Pieces may not be applied one by one: an editor would mend what it finds half-built.
        expect(new Set(lengths), when).toEqual(new Set([0, LENGTH]))
        expect(
          equalityFaults([
            { name: 'written', doc },
            { name: 'joined', doc: joiner },
          ]),
        ).toEqual([])
        await raw.close()
      }
    },
    { flags: [], timeout: 90_000 },
  )

  stockTest(
    '[Y5] reaches stock clients whole, also while somebody writes',
    async (stage) => {
      // A dead port ends the test here, before 20 MB are made.
      await stage.stock('3.1.0', stage.entity()).synced()
      const { id } = await fill(stage)
      const writer = await stage.stock('3.1.0', id, { deadline: 30_000 }).synced()
      const acks = new Acks(writer)
      const joiners = STOCK_VERSIONS.map((version) => {
        const joiner = stage.stock(version, id, { deadline: 30_000, connect: false })
        const lengths = new Set<number>()
        joiner.doc.on('afterTransaction', () =>
          lengths.add(joiner.doc.getArray('paragraphs').length),
        )
        joiner.provider.connect()
        return { joiner, lengths }
      })
      let durable = false
      writer.doc.getText('note').insert(0, 'meanwhile')
      acks.when(() => {
        durable = true
      })
      await Promise.all(joiners.map(({ joiner }) => joiner.synced()))
      for (const { joiner, lengths } of joiners) {
        expect([...lengths].filter((length) => length !== 0 && length !== LENGTH)).toEqual([])
        expect(joiner.sockets).toHaveLength(1)
        expect(joiner.doc.getArray('paragraphs')).toHaveLength(LENGTH)
      }
      await until('the note', stage.deadline, () =>
        joiners.every(({ joiner }) => joiner.doc.getText('note').toString() === 'meanwhile'),
      )
      await until('the note is durable', stage.deadline, () => durable)
    },
    { timeout: 90_000 },
  )
})
