import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { canonicalForm, compactUpdates } from '../../src/crdt/canonical.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import { DeleteRanges } from '../../src/crdt/delete-ranges.ts'
import { mergeSound } from '../../src/crdt/merge.ts'
import { type SoundUpdate, UpdateScan } from '../../src/crdt/scan.ts'
import { SnapshotIndex } from '../../src/crdt/snapshot-index.ts'
import { decodeStateVector } from '../../src/crdt/state-vector.ts'
import { forge, type Struct } from '../support/forge.ts'
import { hex } from '../support/hex.ts'
import type { Seeded } from '../support/seeded.ts'
import { Editor, forSeeds } from '../support/sessions.ts'

const GC = { gc: true }
const text = (length: number, place: Partial<Struct> = {}): Struct => ({
  is: 'text',
  length,
  ...place,
})

/** A log: the updates of editors who see each other's now and then, in an order that is closed. */
function someLog(random: Seeded, edits: number, gc = true): SoundUpdate[] {
  const editors = Array.from({ length: 3 }, () => new Editor(random, { gc }))
  const log: SoundUpdate[] = []
  const seen = editors.map(() => 0)
  const catchUp = (i: number) => {
    const editor = editors[i] as Editor
    for (const update of log.slice(seen[i])) editor.receive(update)
    seen[i] = log.length
  }
  for (let left = edits; left > 0; left--) {
    const i = random.int(0, editors.length - 1)
    const editor = editors[i] as Editor
    if (random.chance(0.3)) catchUp(i)
    editor.edit(random)
    for (const update of editor.drain()) log.push(checkUpdate(update).bytes)
  }
  for (const editor of editors) editor.close()
  return log
}

/** A plain document given all of it in one transaction. */
function plain(log: readonly Uint8Array[], gc = true): Y.Doc {
  const doc = new Y.Doc({ gc })
  Y.transact(
    doc,
    () => {
      for (const update of log) Y.applyUpdate(doc, update)
    },
    null,
    false,
  )
  return doc
}

const damaged = (message: string) =>
  expect.objectContaining({ code: 'damaged', message: expect.stringContaining(message) })

const expectSame = (bytes: Uint8Array, expected: Uint8Array) =>
  expect(Buffer.compare(bytes, expected)).toBe(0)

describe('the canonical form', () => {
  test('[K15] is one, whatever a replica kept of what was deleted', () => {
    forSeeds(40, (random) => {
      const kept = new Editor(random, { gc: false })
      const collected = new Editor(random)
      for (let i = 0; i < 60; i++) kept.edit(random)
      for (const update of kept.drain()) collected.receive(update)
      kept.receive(collected.answer())
      expectSame(canonicalForm(kept.answer()), canonicalForm(collected.answer()))
      kept.close()
      collected.close()
    })
  })

  test('[K15] what waits for something is no state', () => {
    const waiting = forge([{ client: 1, clock: 1, structs: [text(1)] }])
    expect(() => canonicalForm(waiting)).toThrow(damaged('structs wait'))
    expect(() => canonicalForm(forge([], [[1, 0, 1]]))).toThrow(damaged('deletes wait'))
    expect(() => canonicalForm(hex('01 01 05 00 84'))).toThrow(
      expect.objectContaining({ code: 'malformed' }),
    )
  })
})

describe('compaction', () => {
  test('[K16] of any cuts of a log gives the bytes of a plain document given everything', {
    timeout: 60_000,
  }, () => {
    forSeeds(40, (random) => {
      const log = someLog(random, 120)
      let base: SoundUpdate | null = null
      for (let from = 0; from < log.length; ) {
        const to = random.int(from + 1, log.length)
        // Entries below the snapshot's position may be read again: they change nothing.
        const again = random.int(0, from)
        base = compactUpdates(base, log.slice(again, to), GC).update
        from = to
      }
      expectSame(base as SoundUpdate, canonicalForm(Y.encodeStateAsUpdate(plain(log))))
    })
  })

  test('[K16] of a collected snapshot merged with raw entries that overlap it, in both orders', {
    timeout: 60_000,
  }, () => {
    forSeeds(40, (random) => {
      const log = someLog(random, 100)
      const half = random.int(1, log.length)
      const snapshot = compactUpdates(null, log.slice(0, half), GC).update
      const expected = canonicalForm(Y.encodeStateAsUpdate(plain(log)))
      const tail = log.slice(random.int(0, half))
      expectSame(canonicalForm(mergeSound([snapshot, ...tail])), expected)
      expectSame(canonicalForm(mergeSound([mergeSound(tail), snapshot])), expected)
    })
  })

  test('[K16] comes with what describes it', () => {
    forSeeds(20, (random) => {
      const log = someLog(random, 80)
      const made = compactUpdates(null, log, GC)
      const doc = plain(log)
      const known = decodeStateVector(Y.encodeStateVector(doc))
      expect(decodeStateVector(made.stateVector)).toEqual(known)
      const scan = checkUpdate(made.update, new UpdateScan())
      expectSame(made.deleteSet, made.update.subarray(scan.deletesAt))
      expectSame(made.index, SnapshotIndex.of(scan).encode())
      expectSame(
        compactUpdates(made.update, [], { ...GC, known, deletes: made.deleteSet }).update,
        made.update,
      )
    })
  })

  test('[K16] of nothing is the empty update', () => {
    expect(compactUpdates(null, [], GC)).toEqual({
      update: hex('00 00'),
      stateVector: hex('00'),
      deleteSet: hex('00'),
      index: hex('00 01'),
      depth: 0,
      stable: true,
    })
  })

  test('[K16] without garbage collection keeps what was deleted, and is as stable', () => {
    forSeeds(30, (random) => {
      const log = someLog(random, 80, false)
      const half = random.int(0, log.length)
      const base = compactUpdates(null, log.slice(0, half), { gc: false }).update
      const made = compactUpdates(base, log.slice(half), { gc: false }).update
      const all = Y.encodeStateAsUpdate(plain(log, false))
      expectSame(canonicalForm(made), canonicalForm(all))
      expect(Y.decodeUpdate(made).structs.some((struct) => struct instanceof Y.GC)).toBe(false)
    })
  })

  test('[K16] formats that Yjs would clean up stay as the log has them', () => {
    const author = new Y.Doc()
    author.getMap('map').set('text', new Y.Text('abc'))
    const base = Y.encodeStateAsUpdate(author)
    // Two clients make the same letters bold at once: two pairs of marks, of which one is redundant.
    const log = [1, 2].map((clientID) => {
      const doc = Object.assign(new Y.Doc(), { clientID })
      Y.applyUpdate(doc, base)
      const before = Y.encodeStateVector(doc)
      const inner = doc.getMap('map').get('text') as Y.Text
      inner.format(0, 3, { bold: true })
      return Y.encodeStateAsUpdate(doc, before)
    })
    expect(compactUpdates(base, log, GC).deleteSet).toEqual(hex('00'))
  })

  test('[K16] a document that Yjs itself loads in two ways is compacted, and said to be so', () => {
    // `q` names as right origin the second letter, and as origin the last one.
    const structs: Struct[] = [text(1), text(2, { origin: [5, 0] })]
    const q: Struct = { is: 'text', length: 1, origin: [5, 2], right: [5, 1] }
    const log = [
      forge([{ client: 5, clock: 0, structs }]),
      forge([{ client: 5, clock: 3, structs: [q] }]),
    ]
    const made = compactUpdates(null, log, GC)
    expect(made.stable).toBe(false)
    expect(decodeStateVector(made.stateVector)).toEqual(new Map([[5, 4]]))
    expect(compactUpdates(made.update, [], GC).stable).toBe(false)
  })

  test('[K17] the depth is that of the deepest type, its own included', () => {
    const doc = new Y.Doc()
    expect(compactUpdates(null, [Y.encodeStateAsUpdate(doc)], GC).depth).toBe(0)
    doc.getMap('m').set('text', 'no type')
    let map = doc.getMap('m')
    const deep: number[] = []
    for (let depth = 1; depth <= 60; depth++) {
      const inner = new Y.Map()
      map.set('in', inner)
      map.set('beside', Y.Array.from([1]) as Y.Array<unknown>)
      map = inner
      deep.push(compactUpdates(null, [Y.encodeStateAsUpdate(doc)], GC).depth)
    }
    expect(deep).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
  })
})

describe('a deep document', () => {
  test('[K17] of types that many updates have nested is compacted', () => {
    const doc = new Y.Doc()
    const log: Uint8Array[] = []
    doc.on('update', (update) => log.push(update))
    let map = doc.getMap('m')
    for (let depth = 1; depth <= 600; depth++) {
      const inner = new Y.Map()
      map.set('in', inner)
      map = inner
    }
    const base = compactUpdates(null, log.slice(0, 300), GC)
    expect(base.depth).toBe(300)
    expect(compactUpdates(base.update, log.slice(300), GC).depth).toBe(600)
  })
})

describe('a compaction is refused', () => {
  const first = forge([{ client: 1, clock: 0, structs: [text(3)] }], [[1, 1, 1]])

  test('[K18] when an entry or the base is malformed, or leaves a gap', () => {
    const cut = first.subarray(0, -1)
    expect(() => compactUpdates(null, [first, cut], GC)).toThrow(damaged('entry 1'))
    expect(() => compactUpdates(cut, [first], GC)).toThrow(damaged('the base'))
    const gap = forge([{ client: 1, clock: 4, structs: [text(1)] }])
    expect(() => compactUpdates(first, [first, gap], GC)).toThrow(damaged('entry 1: clocks'))
  })

  test('[K18] when something in it waits', () => {
    const orphan = forge([{ client: 2, clock: 0, structs: [text(1, { origin: [9, 9] })] }])
    expect(() => compactUpdates(null, [first, orphan], GC)).toThrow(damaged('structs wait'))
  })

  test('[K18] when Yjs throws over it', () => {
    // Content of several clocks under a key, split by a delete, in a map that is then collected.
    const split = forge(
      [
        { client: 9, clock: 0, structs: [text(3, { parent: [1, 0], key: 'k' })] },
        { client: 1, clock: 0, structs: [{ is: 'type' }] },
      ],
      [
        [9, 1, 1],
        [1, 0, 1],
      ],
    )
    expect(() => compactUpdates(null, [split], GC)).toThrow(damaged('Yjs cannot load it'))
  })

  test('[K18] when it does not match what it should be', () => {
    const known = (clock: number) => new Map([[1, clock]])
    expect(() => compactUpdates(null, [first], { ...GC, known: known(3) })).not.toThrow()
    expect(() => compactUpdates(null, [first], { ...GC, known: known(4) })).toThrow(
      damaged('state vector'),
    )
    expect(() =>
      compactUpdates(null, [first], {
        ...GC,
        known: new Map([
          [1, 3],
          [2, 1],
        ]),
      }),
    ).toThrow(damaged('state vector'))
    const deletes = new DeleteRanges()
    deletes.add(1, 1, 2)
    expect(() => compactUpdates(null, [first], { ...GC, deletes: deletes.encode() })).toThrow(
      damaged('deletes are missing'),
    )
  })
})
