import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import {
  Awareness,
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from 'y-protocols/awareness'
import { readSyncMessage, writeSyncStep1, writeUpdate } from 'y-protocols/sync'
import * as Y from 'yjs'
import type { ErrorCode } from '../../src/core/errors.ts'
import { marker } from './frames.ts'
import type { Seeded } from './seeded.ts'
import { Editor, REMOTE } from './sessions.ts'
import { type Claim, type DeleteRange, rangesOf } from './sim-audit.ts'
import type { LinkUser, SimLink } from './sim-network.ts'

export interface ClientNature {
  readonly gc: boolean
  readonly undo: boolean
  /** Hands on to the server what its siblings tell it, as a second provider of the same app does. */
  readonly relays: boolean
  /** Has nobody to be present as. */
  readonly hidden: boolean
}

/** What a client needs of the simulation around it. */
export interface ClientWorld {
  /** An update that no document had before. */
  produced(update: Uint8Array): void
  /** To the other tabs of the same browser. */
  tellSiblings(from: SimClient, message: Uint8Array): void
  /** The connection is over, not by the client's own doing. */
  lost(client: SimClient, code: ErrorCode | 'cut'): void
}

const SYNC = 0
const AWARENESS = 1
const STEP1 = 0
const STEP2 = 1

/**
 * A stock y-websocket client: the messages and the order of version 3, made by y-protocols and Yjs
 * themselves, with an application on top that edits, undoes and says who it is.
 *
 * Tabs of one browser send each other what they send to the server, directly; unlike there, nothing
 * keeps that in order here.
 */
export class SimClient implements LinkUser {
  readonly name: string
  readonly editor: Editor
  readonly awareness: Awareness
  readonly nature: ClientNature
  /** The server has told it that it has everything. */
  synced = false
  /** False keeps it from answering what the server asks. */
  answers = true
  /** How often the server asked what it has, and how many updates it was sent. */
  asked = 0
  updated = 0
  /** How many of its questions how far the server has stored were answered. */
  acknowledged = 0
  readonly #world: ClientWorld
  #link: SimLink | null = null
  #open = false
  #version = 0
  /** What was sent over this connection, and what of it each marker stands for. */
  #sent = new SentClaim()
  readonly #claims = new Map<number, Claim>()

  constructor(name: string, random: Seeded, nature: ClientNature, world: ClientWorld) {
    this.name = name
    this.nature = nature
    this.#world = world
    this.editor = new Editor(random, { gc: nature.gc, undo: nature.undo })
    this.awareness = new Awareness(this.doc)
    this.awareness.setLocalState(nature.hidden ? null : { name, at: 0 })
    this.awareness.on('update', ({ added, updated, removed }: Changes) => {
      this.#say(awarenessMessage(this.awareness, [...added, ...updated, ...removed]))
    })
  }

  get doc(): Y.Doc {
    return this.editor.doc
  }

  get link(): SimLink | null {
    return this.#link
  }

  /** It has a connection over which it has said what it has. */
  get connected(): boolean {
    return this.#link !== null && this.#open
  }

  // ---- the application

  edit(random: Seeded): void {
    this.editor.edit(random)
    this.#sendOwn()
  }

  /** A change of one's own choice. */
  change(work: (doc: Y.Doc) => void): void {
    work(this.doc)
    this.#sendOwn()
  }

  /** As by a pointer that moves. */
  move(): void {
    const state = this.awareness.getLocalState()
    if (state !== null) this.awareness.setLocalState({ ...state, at: (state.at as number) + 1 })
  }

  /** What stock clients do every 15 s. */
  renewPresence(): void {
    const state = this.awareness.getLocalState()
    if (state !== null) this.awareness.setLocalState(state)
  }

  /** Asks how far the server has stored; the claim is what it must then have. */
  askSaved(): void {
    if (!this.connected) return
    this.#claims.set(++this.#version, this.#sent.claim())
    this.#link?.send(marker(this.#version))
  }

  /** What the answer to that marker says is stored. */
  claimOf(version: number): Claim | undefined {
    return this.#claims.get(version)
  }

  // ---- the connection

  connect(link: SimLink): void {
    this.#link = link
    this.#open = false
    this.#sent = new SentClaim()
  }

  cut(noticedAfter: number): void {
    const link = this.#link
    if (link === null) return
    link.cut(noticedAfter)
    this.#leave()
  }

  opened(): void {
    this.#open = true
    this.#send(syncMessage((encoder) => writeSyncStep1(encoder, this.doc)))
    if (this.awareness.getLocalState() !== null) {
      this.#send(awarenessMessage(this.awareness, [this.doc.clientID]))
    }
  }

  message(bytes: Uint8Array): void {
    const decoder = decoding.createDecoder(bytes)
    const type = decoding.readVarUint(decoder)
    if (type === SYNC) this.#sync(decoder)
    else if (type === AWARENESS) {
      applyAwarenessUpdate(this.awareness, decoding.readVarUint8Array(decoder), this)
    } else if (type === 102) {
      this.acknowledged++
    }
  }

  lost(code: ErrorCode | 'cut'): void {
    this.#leave()
    this.#world.lost(this, code)
  }

  /** From another tab of the same browser, at any time, in any order. */
  siblingSays(message: Uint8Array): void {
    const decoder = decoding.createDecoder(message)
    if (decoding.readVarUint(decoder) === AWARENESS) {
      applyAwarenessUpdate(this.awareness, decoding.readVarUint8Array(decoder), this)
      return
    }
    const encoder = encoding.createEncoder()
    encoding.writeVarUint(encoder, SYNC)
    readSyncMessage(decoder, encoder, this.doc, this.nature.relays ? 'sibling' : REMOTE)
    if (encoding.length(encoder) > 1) {
      this.#world.tellSiblings(this, encoding.toUint8Array(encoder))
    }
    this.#sendOwn()
  }

  /** Asks the other tabs for what they have. */
  askSiblings(): void {
    this.#world.tellSiblings(
      this,
      syncMessage((encoder) => writeSyncStep1(encoder, this.doc)),
    )
  }

  close(): void {
    this.awareness.destroy()
    this.editor.close()
  }

  #leave(): void {
    this.#link = null
    this.#open = false
    this.synced = false
    const others = [...this.awareness.getStates().keys()].filter((id) => id !== this.doc.clientID)
    removeAwarenessStates(this.awareness, others, this)
  }

  #sync(decoder: decoding.Decoder): void {
    const encoder = encoding.createEncoder()
    encoding.writeVarUint(encoder, SYNC)
    const kind = readSyncMessage(decoder, encoder, this.doc, REMOTE)
    if (kind === STEP1) this.asked++
    else this.updated++
    if (kind === STEP2) this.synced = true
    if (kind === STEP1 && this.answers) {
      this.#sent.everythingOf(this.doc)
      this.#send(encoding.toUint8Array(encoder))
    }
    // The clean-up of formats that Yjs makes after a remote change is an edit like any other.
    this.#sendOwn()
  }

  #sendOwn(): void {
    for (const update of this.editor.drain()) {
      this.#world.produced(update)
      if (this.connected) this.#sent.update(update)
      this.#say(syncMessage((encoder) => writeUpdate(encoder, update)))
    }
  }

  /** To the server and to the siblings. */
  #say(message: Uint8Array): void {
    this.#send(message)
    this.#world.tellSiblings(this, message)
  }

  #send(message: Uint8Array): void {
    if (this.connected) this.#link?.send(message)
  }
}

interface Changes {
  readonly added: number[]
  readonly updated: number[]
  readonly removed: number[]
}

/** What was sent over one connection. Of what waits in a document nothing is claimed. */
class SentClaim {
  readonly #clocks = new Map<number, number>()
  #deletes: DeleteRange[] = []

  update(update: Uint8Array): void {
    const { structs, ds } = Y.decodeUpdate(update)
    for (const { id, length } of structs) this.#reached(id.client, id.clock + length)
    this.#deletes.push(...rangesOf(ds))
  }

  everythingOf(doc: Y.Doc): void {
    for (const [client, clock] of Y.decodeStateVector(Y.encodeStateVector(doc)))
      this.#reached(client, clock)
    this.#deletes = rangesOf(Y.createDeleteSetFromStructStore(doc.store))
  }

  claim(): Claim {
    return { clocks: new Map(this.#clocks), deletes: [...this.#deletes] }
  }

  #reached(client: number, clock: number): void {
    if ((this.#clocks.get(client) ?? 0) < clock) this.#clocks.set(client, clock)
  }
}

function syncMessage(write: (encoder: encoding.Encoder) => void): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, SYNC)
    write(encoder)
  })
}

function awarenessMessage(awareness: Awareness, ids: readonly number[]): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, AWARENESS)
    encoding.writeVarUint8Array(encoder, encodeAwarenessUpdate(awareness, [...ids]))
  })
}
