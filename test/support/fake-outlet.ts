import * as Y from 'yjs'
import { readAwareness } from '../../src/crdt/awareness.ts'
import { decodeStateVector } from '../../src/crdt/state-vector.ts'
import type { Batch } from '../../src/entity/batch.ts'
import type { Member } from '../../src/entity/member.ts'
import type { PresenceBatch } from '../../src/entity/presence/presence-batch.ts'
import type { NotTaken, Outlet } from '../../src/session/outlet.ts'

export type Said =
  | { is: 'update' | 'synced' | 'batch'; update: Uint8Array }
  | { is: 'question'; known: Map<number, number> }
  | { is: 'awareness'; entries: string[] }
  | { is: 'marker'; version: number }
  | { is: 'denied' | 'refused' | 'closed'; why: string }

/** A socket that takes what it is told to take. */
export class FakeOutlet implements Outlet {
  readonly nacks: boolean = false
  said: Said[] = []
  readonly acks: number[] = []
  unsent = 0
  get unsentJoins() {
    return this.unsent
  }
  /** Whether writes pile up. */
  stalled = false

  #write(said: Said, bytes: number) {
    this.said.push(said)
    if (this.stalled) this.unsent += bytes
  }
  batch({ update }: Batch) {
    this.#write({ is: 'batch', update }, update.length)
  }
  update(update: Uint8Array) {
    this.#write({ is: 'update', update }, update.length)
  }
  synced(update: Uint8Array) {
    this.#write({ is: 'synced', update }, update.length)
  }
  question(stateVector: Uint8Array) {
    this.#write({ is: 'question', known: decodeStateVector(stateVector) }, 0)
  }
  presence(batch: PresenceBatch<Member>, reader: Member) {
    this.awareness(batch.frame(reader, (body) => body))
  }
  awareness(body: Uint8Array) {
    const { entries } = readAwareness(body, { bytes: 2 ** 16, depth: 64 })
    const told = entries.map(
      ({ client, clock, state }) =>
        `${client}:${clock}=${state === null ? 'null' : new TextDecoder().decode(state)}`,
    )
    this.#write({ is: 'awareness', entries: told }, body.length)
  }
  marker(version: Uint8Array) {
    this.#write({ is: 'marker', version: version[0] as number }, 0)
  }
  notTaken({ reason }: NotTaken) {
    this.notice(reason)
  }
  notice(why: string) {
    this.#write({ is: 'denied', why }, 0)
  }
  ack(batch: number) {
    this.acks.push(batch)
  }
  at() {}
  rights() {}
  refuse(why: string) {
    this.#write({ is: 'refused', why }, 0)
  }
  close(why: string) {
    this.#write({ is: 'closed', why }, 0)
  }

  kinds = () => this.said.map(({ is }) => is)
  /** A document of all that was sent. */
  doc(gc = true): Y.Doc {
    const doc = new Y.Doc({ gc })
    for (const said of this.said) if ('update' in said) Y.applyUpdate(doc, said.update)
    return doc
  }
  markers = () => this.said.flatMap((said) => (said.is === 'marker' ? [said.version] : []))
}
