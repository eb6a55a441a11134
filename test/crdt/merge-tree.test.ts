import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { canonicalForm } from '../../src/crdt/canonical.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import { mergeSound } from '../../src/crdt/merge.ts'
import { MergeTree } from '../../src/crdt/merge-tree.ts'
import { EMPTY_UPDATE, type SoundUpdate } from '../../src/crdt/scan.ts'
import { sideBySide } from '../../src/crdt/side-by-side.ts'
import type { Seeded } from '../support/seeded.ts'
import { Editor, forSeeds } from '../support/sessions.ts'

const sound = (bytes: Uint8Array): SoundUpdate => checkUpdate(bytes).bytes

/** Updates of clients who see each other's, in the order of a log. */
function someUpdates(random: Seeded, count: number, clients = 2): SoundUpdate[] {
  const editors = Array.from({ length: clients }, () => new Editor(random))
  const updates: SoundUpdate[] = []
  while (updates.length < count) {
    const author = random.pick(editors)
    author.edit(random)
    for (const update of author.drain()) {
      updates.push(sound(update))
      for (const other of editors) if (other !== author) other.receive(update)
    }
  }
  for (const editor of editors) editor.close()
  return updates.slice(0, count)
}

/** What a client that has everything before `from` has after it got the bytes. */
function stateAfter(updates: readonly SoundUpdate[], from: number, rest: SoundUpdate): string {
  const doc = new Y.Doc()
  for (const update of updates.slice(0, from)) Y.applyUpdate(doc, update)
  Y.applyUpdate(doc, rest)
  expect(doc.store.pendingStructs).toBe(null)
  expect(doc.store.pendingDs).toBe(null)
  return Buffer.from(canonicalForm(Y.encodeStateAsUpdate(doc))).toString('base64')
}

describe('merging', () => {
  test('[K9] nothing merges to the empty update, one update to itself', () => {
    expect(mergeSound([])).toBe(EMPTY_UPDATE)
    const update = sound(new Uint8Array([0, 0]))
    expect(mergeSound([update])).toBe(update)
  })

  test('[K21] updates of different clients are put beside each other: to Yjs it is its own', () => {
    const was = { beside: 0, byYjs: 0 }
    forSeeds(10, (random) => {
      const updates = someUpdates(random, 120, 6)
      for (let i = 0; i < 40; i++) {
        const from = random.int(0, updates.length - 2)
        const some = updates.slice(from, from + random.int(2, 4))
        was[sideBySide(some) === null ? 'byYjs' : 'beside']++
        const byYjs = sound(Y.mergeUpdates(some))
        expect(stateAfter(updates, from, mergeSound(some))).toBe(stateAfter(updates, from, byYjs))
      }
    })
    expect(Math.min(was.beside, was.byYjs)).toBeGreaterThan(50)
  })

  /** An update of each, as one sees it who has been told of nobody. */
  function writtenBy(clients: readonly number[], text: (client: number) => string): SoundUpdate[] {
    return clients.map((clientId) => {
      const doc = new Y.Doc()
      doc.clientID = clientId
      doc.getText('t').insert(0, text(clientId))
      return sound(Y.encodeStateAsUpdate(doc))
    })
  }

  test('[K21] in whatever order they came, by falling client: the bytes that Yjs gives', () => {
    const many = Array.from({ length: 200 }, (_, i) => ((i * 77) % 200) + 1)
    for (const clients of [[1, 2], [2, 1], [2 ** 32 - 1, 5, 2 ** 31, 9], many]) {
      const updates = writtenBy(clients, String)
      const merged = sideBySide(updates)
      expect(merged).toEqual(Y.mergeUpdates(updates))
      expect(sound(merged as SoundUpdate)).toBe(merged)
    }
    const [one, other] = writtenBy([1, 2], String) as [SoundUpdate, SoundUpdate]
    const deleting = sound(new Uint8Array([0, 1, 7, 1, 0, 3]))
    for (const some of [
      [one, deleting, other],
      [deleting, EMPTY_UPDATE],
      [EMPTY_UPDATE, one],
    ]) {
      expect(sideBySide(some)).toEqual(Y.mergeUpdates(some))
    }
  })

  test('[K21] what takes more than that is left to Yjs', () => {
    const [one, other] = writtenBy([1, 2], String) as [SoundUpdate, SoundUpdate]
    const ahead = new Y.Doc()
    ahead.clientID = 1
    ahead.getText('t').insert(0, 'abc')
    const later = sound(Y.encodeStateAsUpdate(ahead))
    const [large, small] = [writtenBy([1], () => 'x'.repeat(64 * 1024)), writtenBy([2], String)]
    // Of client 3 a character at clock 0, none at 1, and another one at 2.
    const gap = sound(
      Y.mergeUpdates([
        new Uint8Array([1, 1, 3, 0, 4, 1, 1, 116, 1, 97, 0]),
        new Uint8Array([1, 1, 3, 2, 4, 1, 1, 116, 1, 98, 0]),
      ]),
    )
    const deletes = [0, 4].map((clock) => sound(new Uint8Array([0, 1, 7, 1, clock, 3])))
    for (const [why, some] of [
      ['a client is in two', [one, later, other]],
      ['a gap', [one, gap]],
      ['two delete', [...deletes, one]],
      ['large', [...large, ...small]],
    ] as const) {
      expect(sideBySide(some), why).toBe(null)
      expect(mergeSound(some), why).toEqual(Y.mergeUpdates([...some]))
    }
  })
})

describe('a merge tree', () => {
  test('[K10] gives what lies behind any place, as merging the updates one by one would', {
    timeout: 60_000,
  }, () => {
    forSeeds(10, (random) => {
      const updates = someUpdates(random, random.int(1, 400))
      const tree = new MergeTree()
      const expected = stateAfter(updates, updates.length, EMPTY_UPDATE)
      updates.forEach((update, i) => {
        expect(tree.push(update)).toBe(i)
        if (random.chance(0.02)) tree.merged(random.int(tree.first, tree.next))
        if (random.chance(0.005)) tree.dropBelow(random.int(tree.first, tree.next))
      })
      for (let i = 0; i < 5; i++) {
        const from = random.int(tree.first, tree.next)
        expect(stateAfter(updates, from, tree.merged(from))).toBe(expected)
      }
      expect(tree.merged(tree.next)).toBe(EMPTY_UPDATE)
    })
  })

  test('[K10] all who ask before the next push are handed the same bytes', () => {
    forSeeds(3, (random) => {
      const updates = someUpdates(random, 40)
      const tree = new MergeTree()
      for (const update of updates.slice(0, 39)) tree.push(update)
      const merged = tree.merged(3)
      expect(tree.merged(3)).toBe(merged)
      expect(tree.merged(38)).toBe(updates[38])
      tree.push(updates[39] as SoundUpdate)
      expect(tree.merged(3)).not.toBe(merged)
    })
  })

  test('[K10] what was dropped or never came cannot be asked for', () => {
    forSeeds(1, (random) => {
      const tree = new MergeTree()
      const updates = someUpdates(random, 20)
      for (const update of updates) tree.push(update)
      tree.merged(0)
      expect(tree.cachedBytes).toBeGreaterThan(0)
      tree.dropBelow(5)
      expect(tree.cachedBytes).toBe(0)
      expect([tree.first, tree.next, tree.count]).toEqual([5, 20, 15])
      for (const from of [4, 21, Number.NaN]) expect(() => tree.merged(from)).toThrow(TypeError)
      tree.dropBelow(3)
      expect(tree.first).toBe(5)
      tree.dropBelow(99)
      expect([tree.first, tree.count, tree.bytes, tree.cachedBytes]).toEqual([20, 0, 0, 0])
      expect(tree.push(EMPTY_UPDATE)).toBe(20)
    })
  })

  test('[K11] what it caches is at most twice what it holds, or 256 KB', {
    timeout: 60_000,
  }, () => {
    const tree = new MergeTree()
    const doc = new Y.Doc()
    doc.on('update', (update) => tree.push(sound(update)))
    let bytes = 0
    let most = 0
    for (let i = 0; i < 300; i++) {
      doc.getText().insert(0, String(i).repeat(1000))
      // Readers everywhere, each at a place of its own.
      if (i % 20 > 0) continue
      for (let from = tree.first; from < tree.next; from += 5) tree.merged(from)
      bytes = Math.max(bytes, tree.cachedBytes)
      most = Math.max(2 * tree.bytes, 256 * 1024)
      expect(tree.cachedBytes).toBeLessThanOrEqual(most)
    }
    expect(bytes).toBeGreaterThan(most / 2)
    tree.dropBelow(290)
    expect(tree.cachedBytes).toBeLessThanOrEqual(256 * 1024)
  })
})
