import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { canonicalForm, compactUpdates } from '../../src/crdt/canonical.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import { Knowledge } from '../../src/crdt/knowledge.ts'
import { mergeSound } from '../../src/crdt/merge.ts'
import type { SoundUpdate } from '../../src/crdt/scan.ts'
import { UpdateScan } from '../../src/crdt/scan.ts'
import { encodeStateVector } from '../../src/crdt/state-vector.ts'
import { Seeded } from '../support/seeded.ts'
import { Editor, forSeeds } from '../support/sessions.ts'

/** The entity under test: only rules, no document. */
class Entity {
  readonly knowledge = new Knowledge()
  readonly log: SoundUpdate[] = []
  /** A document given everything that was taken, as it was taken: nothing may ever wait in it. */
  readonly mirror = new Y.Doc()
  unclosed = 0

  constructor() {
    // Else Yjs cleans up formats in it, which is a delete that nobody made.
    this.mirror.on('afterTransaction', (transaction) => {
      transaction._needFormattingCleanup = false
    })
  }

  /** @returns what is passed on, and whether the sender has to be asked. */
  receive(bytes: Uint8Array): { update: SoundUpdate | null; ask: Uint8Array | null } {
    const { update, unclosed } = this.knowledge.take(checkUpdate(bytes))
    if (update !== null) {
      this.knowledge.learn(checkUpdate(update))
      this.log.push(update.slice() as SoundUpdate)
      Y.applyUpdate(this.mirror, update)
      expect(this.mirror.store.pendingStructs).toBe(null)
      expect(this.mirror.store.pendingDs).toBe(null)
    }
    if (unclosed) this.unclosed++
    return { update, ask: unclosed ? this.stateVector : null }
  }

  get stateVector(): Uint8Array {
    return encodeStateVector(this.knowledge.known)
  }

  get state(): SoundUpdate {
    return compactUpdates(null, this.log, { gc: true, known: this.knowledge.known }).update
  }
}

/** A client and its two lines. What is cut off comes again in the answer to the next question. */
class Link {
  readonly editor: Editor
  up: Uint8Array[] = []
  down: Uint8Array[] = []
  isAsked = false

  constructor(editor: Editor) {
    this.editor = editor
  }

  cut(): void {
    this.up = []
    this.down = []
    this.isAsked = false
  }
}

/** A session: edits, tabs that exchange directly, cuts, doubles, disorder. */
class Session {
  readonly entity = new Entity()
  readonly links: Link[]
  /** The oracle: a plain document that is given everything that arrived, closed or not. */
  readonly plain = new Y.Doc()
  readonly arrived: Uint8Array[] = []
  readonly #random: Seeded

  constructor(random: Seeded, clients: number) {
    this.#random = random
    this.links = Array.from(
      { length: clients },
      () => new Link(new Editor(random, { gc: random.chance(0.8) })),
    )
  }

  step(): void {
    const random = this.#random
    const link = random.pick(this.links)
    const act = random.next()
    if (act < 0.4) {
      link.editor.edit(random)
      link.up.push(...link.editor.drain())
    } else if (act < 0.7) {
      this.#arrive(link, random.chance(0.1) ? random.int(0, link.up.length - 1) : 0)
    } else if (act < 0.85) {
      const update = link.down.splice(random.chance(0.1) ? link.down.length - 1 : 0, 1)[0]
      if (update !== undefined) this.#show(link, update)
    } else if (act < 0.92) {
      const other = random.pick(this.links).editor
      this.#show(
        link,
        other.answer(random.chance(0.5) ? Y.encodeStateVector(link.editor.doc) : undefined),
      )
    } else if (act < 0.95 && link.up.length > 0) {
      link.up.push(random.pick(link.up))
    } else {
      this.reconnect(link)
    }
  }

  /** A cut, and the handshake after it. */
  reconnect(link: Link): void {
    link.cut()
    link.up.push(link.editor.answer(this.entity.stateVector))
    link.down.push(mergeSound(this.entity.log))
  }

  /** Everything under way arrives, and what it gives rise to. */
  settle(): void {
    while (this.links.some(({ up, down }) => up.length + down.length > 0)) {
      for (const link of this.links) {
        while (link.up.length > 0) this.#arrive(link, 0)
        for (const update of link.down.splice(0)) this.#show(link, update)
      }
    }
  }

  #show(link: Link, update: Uint8Array): void {
    link.editor.receive(update)
    link.up.push(...link.editor.drain())
  }

  #arrive(link: Link, at: number): void {
    const [bytes] = link.up.splice(at, 1)
    if (bytes === undefined) return
    this.arrived.push(bytes)
    const { update, ask } = this.entity.receive(bytes)
    if (update !== null) {
      for (const other of this.links) if (other !== link) other.down.push(update.slice())
    }
    if (ask !== null && !link.isAsked) {
      link.isAsked = true
      link.up.push(link.editor.answer(ask))
      link.isAsked = false
    }
  }

  /** In one transaction and without types: no clean-up of Yjs' own adds deletes. */
  get expected(): SoundUpdate {
    Y.transact(
      this.plain,
      () => {
        for (const update of this.arrived) Y.applyUpdate(this.plain, update)
      },
      null,
      false,
    )
    return canonicalForm(Y.encodeStateAsUpdate(this.plain))
  }

  close(): void {
    for (const { editor } of this.links) editor.close()
  }
}

describe('closed and new, asked for when not', () => {
  test('[K4] any order, cut or double ends as a plain document that was given everything', () => {
    let unclosed = 0
    forSeeds(150, (random) => {
      const session = new Session(random, 4)
      for (let i = 0; i < 150; i++) session.step()
      session.settle()
      for (const link of session.links) session.reconnect(link)
      session.settle()
      unclosed += session.entity.unclosed

      const expected = session.expected
      expectSame(session.entity.state, expected, 'the log')
      expectSame(
        canonicalForm(Y.encodeStateAsUpdate(session.entity.mirror)),
        expected,
        'the mirror',
      )
      for (const { editor } of session.links) {
        expectSame(canonicalForm(editor.answer()), expected, 'a client')
      }
      session.close()
    })
    expect(unclosed).toBeGreaterThan(100)
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

/** Not by `toEqual`: the difference of two such texts helps nobody. */
function expectSame(bytes: Uint8Array, expected: Uint8Array, what: string): void {
  expect(Buffer.compare(bytes, expected), `${what} differs`).toBe(0)
}
