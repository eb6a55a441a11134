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
const BIG = 12 * MB
const LARGEST_PIECE = 8 * MB + 64 * 1024

interface Big {
  readonly doc: Y.Doc
  readonly updates: readonly Uint8Array[]
  /** How many paragraphs there were after each update: any other number is half a state. */
  readonly lengths: ReadonlySet<number>
}

/** A document of `bytes` by three authors, with deletes, as updates of about 1 MB. */
function bigDoc(bytes: number): Big {
  const lengths = new Set([0])
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
    lengths.add(doc.getArray('paragraphs').length)
  }
  return { doc, updates, lengths }
}

/** The big document in an entity of its own, durable. */
async function fill(stage: Stage): Promise<Big & { id: string }> {
  const id = stage.entity()
  const big = bigDoc(BIG)
  const raw = await stage.raw(id, { deadline: 30_000 })
  raw.send(step1())
  await raw.next('step2')
  raw.send(step2())
  for (const bytes of big.updates) raw.send(update(bytes))
  await raw.settled()
  await raw.close()
  return { id, ...big }
}

describe('an entity of 12 MB', () => {
  stageTest(
    '[S3] comes in several frames, none of which shows half of it',
    async (stage) => {
      const { id, doc, lengths } = await fill(stage)
      for (const when of ['as it was written', 'after a restart']) {
        if (when === 'after a restart') await stage.restart('stop', { port: 0 })
        const raw = await stage.raw(id, { deadline: 30_000 })
        raw.send(step1())
        await raw.next('step2')
        const frames = raw.received.filter(({ is }) => is === 'update' || is === 'step2')
        expect(frames.length, when).toBeGreaterThan(1)
        expect(frames.at(-1)?.is, when).toBe('step2')
        const joiner = new Y.Doc()
        const seen = new Set<number>()
        for (const frame of frames) {
          if (frame.is !== 'update' && frame.is !== 'step2') continue
          expect(frame.bytes.length, when).toBeLessThan(LARGEST_PIECE)
          Y.applyUpdate(joiner, frame.bytes)
          seen.add(joiner.getArray('paragraphs').length)
        }
        // Pieces may not be applied one by one: an editor would mend what it finds half-built.
        expect(
          [...seen].filter((length) => !lengths.has(length)),
          when,
        ).toEqual([])
        expect(
          equalityFaults([
            { name: 'written', doc },
            { name: 'joined', doc: joiner },
          ]),
        ).toEqual([])
        await raw.close()
      }
    },
    { flags: [], timeout: 180_000 },
  )

  stockTest(
    '[S3] reaches stock clients whole, also while somebody writes',
    async (stage) => {
      // A dead port ends the test here, before all that is made.
      await stage.stock('3.1.0', stage.entity()).synced()
      const { id, doc, lengths } = await fill(stage)
      const writer = await stage.stock('3.1.0', id, { deadline: 30_000 }).synced()
      const acks = new Acks(writer)
      const joiners = STOCK_VERSIONS.map((version) => {
        const joiner = stage.stock(version, id, { deadline: 30_000, connect: false })
        const seen = new Set<number>()
        joiner.doc.on('afterTransaction', () => seen.add(joiner.doc.getArray('paragraphs').length))
        joiner.provider.connect()
        return { joiner, seen }
      })
      let durable = false
      writer.doc.getText('note').insert(0, 'meanwhile')
      acks.when(() => {
        durable = true
      })
      await Promise.all(joiners.map(({ joiner }) => joiner.synced()))
      for (const { joiner, seen } of joiners) {
        expect([...seen].filter((length) => !lengths.has(length))).toEqual([])
        expect(joiner.sockets).toHaveLength(1)
        expect(joiner.doc.getArray('paragraphs')).toHaveLength(doc.getArray('paragraphs').length)
      }
      await until('the note', 30_000, () =>
        joiners.every(({ joiner }) => joiner.doc.getText('note').toString() === 'meanwhile'),
      )
      await until('the note is durable', 30_000, () => durable)
    },
    { timeout: 180_000 },
  )
})
