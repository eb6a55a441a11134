import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { canonicalForm, compactUpdates } from '../../src/crdt/canonical.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import { DeleteRanges } from '../../src/crdt/delete-ranges.ts'
import { type SoundUpdate, UpdateScan } from '../../src/crdt/scan.ts'
import { Session } from '../support/relay.ts'
import { Seeded } from '../support/seeded.ts'
import { forSeeds } from '../support/sessions.ts'

describe('closed and new, asked for when not', () => {
  test('[K4] any order, cut or double ends as a plain document that was given everything', {
    timeout: 60_000,
  }, () => {
    let unclosed = 0
    forSeeds(100, (random) => {
      const session = new Session(random, 4)
      for (let i = 0; i < 120; i++) session.step()
      session.settle()
      unclosed += session.entity.unclosed
      // Before any reconnect: that would bring what was lost.
      const { entity, links, expected } = session
      expectSame(entity.state, expected, 'the log')
      expectSame(canonicalForm(Y.encodeStateAsUpdate(entity.mirror)), expected, 'the mirror')
      for (const { editor } of links) {
        expectSame(canonicalForm(editor.answer()), expected, 'a client')
      }
      for (const link of links) {
        const { update, ask } = entity.receive(link.editor.answer(entity.stateVector))
        expect(ask).toBe(null)
        expect(update === null || checkUpdate(update).structs === 0).toBe(true)
      }
      expectSame(entity.state, expected, 'the log after the answers')
      session.close()
    })
    expect(unclosed).toBeGreaterThan(50)
  })

  test('[K5] a thousand reconnects after deletes bring nothing', () => {
    const random = new Seeded(1)
    const session = new Session(random, 3)
    for (let i = 0; i < 400; i++) session.step()
    // The first answers may still name deletes that no update did: what lost a concurrent set, say.
    for (let round = 0; round < 2; round++) {
      for (const link of session.links) session.reconnect(link)
      session.settle()
    }
    const { entity, links } = session
    const entries = entity.log.length
    const scan = new UpdateScan()
    let deletes = 0
    for (let i = 0; i < 1000; i++) {
      const answer = random.pick(links).editor.answer(entity.stateVector)
      deletes += checkUpdate(answer, scan).deletes
      expect(entity.receive(answer)).toEqual({ update: null, ask: null })
    }
    expect(deletes).toBeGreaterThan(1000)
    expect(entity.log.length).toBe(entries)
    session.close()
  })
})

describe('neutering', () => {
  test('[K19] everybody converges, the author included, and no later edit is stuck', {
    timeout: 60_000,
  }, () => {
    let neutered = 0
    forSeeds(300, (random) => {
      const session = new Session(random, 3, 15)
      for (let i = 0; i < 80; i++) session.step()
      for (let round = 0; round < 2; round++) {
        for (const link of session.links) session.reconnect(link)
        session.settle()
      }
      const { entity, links } = session
      const expected = entity.state
      const deleted = DeleteRanges.decode(compactUpdates(null, entity.log, { gc: true }).deleteSet)
      for (const update of entity.neutered) {
        neutered++
        expect(deleted.contains(structsOf(update))).toBe(true)
      }
      for (const { editor } of links) {
        expect(editor.doc.store.pendingStructs).toBe(null)
        expect(editor.doc.store.pendingDs).toBe(null)
        expectSame(canonicalForm(editor.answer()), expected, 'a client')
      }
      for (const link of links) {
        link.editor.edit(random)
        for (const update of link.editor.drain()) {
          expect(entity.receive(update)).toMatchObject({ ask: null })
        }
      }
      session.close()
    })
    expect(neutered).toBeGreaterThan(200)
  })
})

/** Every clock of an update's structs. */
function structsOf(update: SoundUpdate): DeleteRanges {
  const scan = checkUpdate(update)
  const structs = new DeleteRanges()
  for (let section = 0; section < scan.sections; section++) {
    for (let row = scan.sectionFrom[section] as number; row < scan.sectionTo(section); row++) {
      const client = scan.sectionClient[section] as number
      structs.add(client, scan.clock[row] as number, scan.length[row] as number)
    }
  }
  return structs
}

/** Not by `toEqual`: the difference of two such texts helps nobody. */
function expectSame(bytes: Uint8Array, expected: Uint8Array, what: string): void {
  expect(Buffer.compare(bytes, expected), `${what} differs`).toBe(0)
}
