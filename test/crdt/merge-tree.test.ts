import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { canonicalForm } from '../../src/crdt/canonical.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import { mergeSound } from '../../src/crdt/merge.ts'
import { MergeTree } from '../../src/crdt/merge-tree.ts'
import { EMPTY_UPDATE, type SoundUpdate } from '../../src/crdt/scan.ts'
import type { Seeded } from '../support/seeded.ts'
import { Editor, forSeeds } from '../support/sessions.ts'

const sound = (bytes: Uint8Array): SoundUpdate => checkUpdate(bytes).bytes

/** Updates of two clients who see each other's, in the order of a log. */
function someUpdates(random: Seeded, count: number): SoundUpdate[] {
  const editors = [new Editor(random), new Editor(random)] as const
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
