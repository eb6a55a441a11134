import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { compactUpdates } from '../../src/crdt/canonical.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import { piecesFor } from '../../src/crdt/pieces.ts'
import { type StateVector, UpdateScan } from '../../src/crdt/scan.ts'
import { type OpenSnapshot, sliceFor } from '../../src/crdt/slices.ts'
import { SnapshotIndex } from '../../src/crdt/snapshot-index.ts'
import { decodeStateVector } from '../../src/crdt/state-vector.ts'
import type { Seeded } from '../support/seeded.ts'
import { Editor, forSeeds } from '../support/sessions.ts'

/** A snapshot of a session, and clients who left at some time of it, with edits of their own. */
class Story {
  readonly snapshot: OpenSnapshot
  readonly fresh: Editor
  readonly absent: Editor[] = []

  constructor(random: Seeded, edits: number) {
    const editors = Array.from({ length: 4 }, () => new Editor(random))
    for (let i = 0; i < edits; i++) {
      random.pick(editors).edit(random)
      if (random.chance(0.2)) random.pick(editors).receive(random.pick(editors).answer())
      if (random.chance(3 / edits)) this.#leave(random, random.pick(editors))
    }
    const all = new Editor(random)
    for (const editor of editors) all.receive(editor.answer())
    this.snapshot = open(all.answer())
    this.fresh = new Editor(random)
    for (const editor of [...editors, all]) editor.close()
  }

  #leave(random: Seeded, editor: Editor): void {
    const gone = new Editor(random, { gc: random.chance(0.5) })
    gone.receive(editor.answer())
    if (random.chance(0.5)) gone.edit(random)
    this.absent.push(gone)
  }

  close(): void {
    for (const editor of [this.fresh, ...this.absent]) editor.close()
  }
}

function open(update: Uint8Array): OpenSnapshot {
  const { stateVector, index, ...rest } = compactUpdates(null, [update], { gc: true })
  return {
    update: rest.update,
    stateVector: decodeStateVector(stateVector),
    index: SnapshotIndex.decode(index),
  }
}

const vectorOf = ({ doc }: Editor): StateVector => decodeStateVector(Y.encodeStateVector(doc))

/** A copy of a client, without its typed roots: what it has, and nothing that Yjs adds to it. */
function plainCopy(editor: Editor): Y.Doc {
  const doc = new Y.Doc()
  doc.on('afterTransaction', (transaction) => {
    transaction._needFormattingCleanup = false
  })
  Y.applyUpdate(doc, editor.answer())
  return doc
}

const stateOf = (doc: Y.Doc) => Buffer.from(Y.encodeStateAsUpdate(doc)).toString('base64')

/** The client with everything of the snapshot, given at once. */
function whole(editor: Editor, { update }: OpenSnapshot): string {
  const doc = plainCopy(editor)
  Y.applyUpdate(doc, update)
  return stateOf(doc)
}

const sizeOf = (update: Uint8Array) => checkUpdate(update, new UpdateScan()).structs

describe('slices of a snapshot', () => {
  test('[K13] bring a client that comes back, or is new, all that it lacks', {
    timeout: 60_000,
  }, () => {
    forSeeds(40, (random) => {
      const story = new Story(random, 150)
      for (const editor of [story.fresh, ...story.absent]) {
        const slice = sliceFor(story.snapshot, vectorOf(editor))
        const doc = plainCopy(editor)
        Y.applyUpdate(doc, slice)
        expect(doc.store.pendingStructs).toBe(null)
        expect(doc.store.pendingDs).toBe(null)
        expect(stateOf(doc)).toBe(whole(editor, story.snapshot))
      }
      story.close()
    })
  })

  test('[K13] are the delete set alone for a client that has every struct', () => {
    forSeeds(10, (random) => {
      const { snapshot } = new Story(random, 60)
      const { update, index, stateVector } = snapshot
      const slice = sliceFor(snapshot, new Map([...stateVector, [1, 5]]))
      expect([...slice]).toEqual([0, ...update.subarray(index.deletesAt)])
    })
  })

  test('[K13] hold of each client at most a part of one struct that it has', () => {
    forSeeds(10, (random) => {
      const story = new Story(random, 400)
      for (const editor of story.absent) {
        const have = vectorOf(editor)
        const scan = checkUpdate(sliceFor(story.snapshot, have))
        for (let section = 0; section < scan.sections; section++) {
          const first = scan.sectionFrom[section] as number
          const next = have.get(scan.sectionClient[section] as number) ?? 0
          expect(scan.clock[first]).toBeLessThanOrEqual(next)
          expect((scan.clock[first] as number) + (scan.length[first] as number)).toBeGreaterThan(
            next,
          )
        }
      }
      story.close()
    })
  })

  test('[K13] of a fresh client are the snapshot itself', () => {
    forSeeds(3, (random) => {
      const { snapshot } = new Story(random, 100)
      expect(Buffer.compare(sliceFor(snapshot, new Map()), snapshot.update)).toBe(0)
    })
  })
})

describe('pieces of a snapshot', () => {
  test('[K14] nothing is applied before the last, whatever comes in between', {
    timeout: 60_000,
  }, () => {
    let pieces = 0
    forSeeds(30, (random) => {
      const story = new Story(random, 120)
      const { snapshot } = story
      for (const editor of [story.fresh, ...story.absent]) {
        const live = new Editor(random)
        live.receive(snapshot.update)
        const limit = random.int(40, Math.ceil(snapshot.update.length / 2))
        const parts = [...piecesFor(snapshot, vectorOf(editor), limit)]
        const last = parts.pop() as Uint8Array
        const doc = plainCopy(editor)
        const twin = plainCopy(editor)
        let emitted = 0
        doc.on('update', () => emitted++)
        for (const part of parts) {
          const before = integrated(doc)
          Y.applyUpdate(doc, part)
          expect(integrated(doc)).toBe(before)
          expect(emitted).toBe(0)
          pieces++
          if (random.chance(0.3)) continue
          live.edit(random)
          for (const update of live.drain()) {
            Y.applyUpdate(doc, update)
            Y.applyUpdate(twin, update)
          }
          // What can be applied of an edit can be without the pieces too.
          expect(integrated(doc)).toBe(integrated(twin))
          emitted = 0
        }
        Y.applyUpdate(doc, last)
        expect(emitted).toBe(1)
        expect(doc.store.pendingStructs).toBe(null)
        expect(doc.store.pendingDs).toBe(null)
        Y.applyUpdate(twin, snapshot.update)
        expect(stateOf(doc)).toBe(stateOf(twin))
        live.close()
      }
      story.close()
    })
    expect(pieces).toBeGreaterThan(100)
  })

  test('[K14] stay within the limit, but for one struct and for the last', () => {
    forSeeds(20, (random) => {
      const { snapshot } = new Story(random, 200)
      for (const limit of [30, 100, 1000]) {
        const parts = [...piecesFor(snapshot, new Map(), limit)]
        for (const part of parts.slice(0, -1)) {
          if (sizeOf(part) > 1) expect(part.length).toBeLessThanOrEqual(limit)
        }
        const structs = parts.reduce((sum, part) => sum + sizeOf(part), 0)
        expect(structs).toBe(sizeOf(snapshot.update))
      }
    })
  })

  test('[K14] are filled: two neighbours never fit into one', () => {
    forSeeds(10, (random) => {
      const { snapshot } = new Story(random, 400)
      const parts = [...piecesFor(snapshot, new Map(), 500)].slice(0, -1)
      expect(parts.length).toBeGreaterThan(3)
      parts.slice(1).forEach((part, i) => {
        expect(part.length + (parts[i] as Uint8Array).length).toBeGreaterThan(480)
      })
    })
  })

  test('[K14] a struct over the limit is a piece by itself', () => {
    const doc = new Y.Doc()
    for (const length of [1, 5000, 1, 7000, 1]) doc.getArray().push(['x'.repeat(length)])
    for (const key of ['a', 'b', 'c']) doc.getMap('m').set(key, key.repeat(3000))
    const snapshot = open(Y.encodeStateAsUpdate(doc))
    const parts = [...piecesFor(snapshot, new Map(), 100)]
    expect(parts.map(sizeOf).slice(0, -1)).toEqual([1, 1, 1])
    const copy = new Y.Doc()
    for (const part of parts) Y.applyUpdate(copy, part)
    expect(copy.getMap('m').toJSON()).toEqual(doc.getMap('m').toJSON())
  })

  test('[K14] there is one, the slice itself, when that is within the limit', () => {
    forSeeds(3, (random) => {
      const { snapshot } = new Story(random, 50)
      const slice = sliceFor(snapshot, new Map())
      expect([...piecesFor(snapshot, new Map(), slice.length)]).toEqual([slice])
      expect([...piecesFor(snapshot, new Map(), slice.length - 1)].length).toBeGreaterThan(1)
    })
  })
})

/** Every struct that is in place: `encodeStateAsUpdate` would add those that wait. */
const integrated = ({ store }: Y.Doc): string =>
  [...store.clients.values()]
    .flatMap((structs) =>
      structs.map(({ id, length, deleted }) => [id.client, id.clock, length, deleted]),
    )
    .sort()
    .join()
