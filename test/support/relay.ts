import { expect } from 'vitest'
import * as Y from 'yjs'
import { canonicalForm, compactUpdates } from '../../src/crdt/canonical.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import { Knowledge } from '../../src/crdt/knowledge.ts'
import { mergeSound } from '../../src/crdt/merge.ts'
import { neuter } from '../../src/crdt/neuter.ts'
import type { SoundUpdate } from '../../src/crdt/scan.ts'
import { encodeStateVector } from '../../src/crdt/state-vector.ts'
import type { Seeded } from './seeded.ts'
import { Editor } from './sessions.ts'

/** The entity under test: only rules, no document. */
export class Entity {
  readonly knowledge = new Knowledge()
  readonly log: SoundUpdate[] = []
  /** A document given everything that was taken, as it was taken: nothing may ever wait in it. */
  readonly mirror = new Y.Doc()
  /** What may not have its effect. */
  readonly neutered: SoundUpdate[] = []
  unclosed = 0

  constructor() {
    // Else Yjs cleans up formats in it, which is a delete that nobody made.
    this.mirror.on('afterTransaction', (transaction) => {
      transaction._needFormattingCleanup = false
    })
  }

  /** @returns what is passed on, and what the sender has to be asked with. */
  receive(bytes: Uint8Array, mayHaveEffect = true): Received {
    const { update: taken, unclosed } = this.knowledge.take(checkUpdate(bytes))
    if (unclosed) this.unclosed++
    let update = taken
    if (update !== null) {
      if (!mayHaveEffect) {
        this.neutered.push(update)
        update = neuter(checkUpdate(update), this.knowledge.known)
      }
      this.knowledge.learn(checkUpdate(update))
      this.log.push(update.slice() as SoundUpdate)
      Y.applyUpdate(this.mirror, update)
      expect(this.mirror.store.pendingStructs).toBe(null)
      expect(this.mirror.store.pendingDs).toBe(null)
    }
    return { update, ask: unclosed ? this.stateVector : null }
  }

  get stateVector(): Uint8Array {
    return encodeStateVector(this.knowledge.known)
  }

  get state(): SoundUpdate {
    return compactUpdates(null, this.log, { gc: true, known: this.knowledge.known }).update
  }
}

interface Received {
  readonly update: SoundUpdate | null
  readonly ask: Uint8Array | null
}

/** A client and its two lines. What is cut off comes again in the answer to the next question. */
export class Link {
  readonly editor: Editor
  up: Uint8Array[] = []
  down: Uint8Array[] = []

  constructor(editor: Editor) {
    this.editor = editor
  }

  cut(): void {
    this.up = []
    this.down = []
  }
}

/** A session: edits, tabs that exchange directly, cuts, doubles, disorder. */
export class Session {
  readonly entity = new Entity()
  readonly links: Link[]
  /** The oracle: a plain document that is given everything that arrived, closed or not. */
  readonly plain = new Y.Doc()
  readonly arrived: Uint8Array[] = []
  /** Every so many updates one is neutered. */
  readonly #neuterOneIn: number
  readonly #random: Seeded

  constructor(random: Seeded, clients: number, neuterOneIn = Number.POSITIVE_INFINITY) {
    this.#random = random
    this.#neuterOneIn = neuterOneIn
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
    const mayHaveEffect = !this.#random.chance(1 / this.#neuterOneIn)
    const { update, ask } = this.entity.receive(bytes, mayHaveEffect)
    if (update !== null) {
      for (const other of this.links) {
        // What was neutered goes to its author too.
        if (other !== link || !mayHaveEffect) other.down.push(update.slice())
      }
    }
    if (ask !== null) link.up.push(link.editor.answer(ask))
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
