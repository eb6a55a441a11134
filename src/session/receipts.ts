import { ORIGIN, type Position, samePosition } from '../core/position.ts'
import type { Entity } from '../entity/entity.ts'
import type { Member } from '../entity/member.ts'
import { Confirmations } from './confirmations.ts'
import type { Outlet } from './outlet.ts'

/**
 * Tells a client what is durable: the markers it sent, the numbers of its updates, and up to where in
 * the log it was sent everything.
 */
export class Receipts {
  readonly #entity: Entity
  readonly #outlet: Outlet
  readonly #member: Member
  #markers: Confirmations<Uint8Array> | null = null
  #acks: Confirmations<number> | null = null
  #toldAt: Position = ORIGIN

  constructor(entity: Entity, outlet: Outlet, member: Member) {
    this.#entity = entity
    this.#outlet = outlet
    this.#member = member
  }

  /** @param seq The batch that must be durable; `null` while an answer is awaited first. */
  marker(version: Uint8Array, seq: number | null): void {
    this.#markers ??= new Confirmations(false)
    this.#markers.push(version, seq)
    this.#tellMarkers()
  }

  /** The same for a number. */
  ack(batch: number, seq: number | null): void {
    this.#acks ??= new Confirmations(true)
    this.#acks.push(batch, seq)
    this.#tellAcks()
  }

  /** What was awaited has come, in that batch. */
  answered(seq: number): void {
    this.#markers?.answered(seq)
    this.#acks?.answered(seq)
    this.tell()
  }

  tell(): void {
    this.#tellMarkers()
    this.#tellAcks()
  }

  #tellMarkers(): void {
    if (this.#markers === null) return
    for (const version of this.#markers.take(this.#entity.durableSeq)) this.#outlet.marker(version)
    if (this.#markers.waitsForLog) this.#entity.whenDurable(this.#member)
  }

  #tellAcks(): void {
    if (this.#acks === null) return
    const newest = this.#acks.take(this.#entity.durableSeq).at(-1)
    if (newest !== undefined) this.#outlet.ack(newest, this.#entity.saved, this.#entity.position)
    if (this.#acks.waitsForLog) this.#entity.whenDurable(this.#member)
  }

  /** All that the client was sent is in the log by now: it need not be sent again. */
  tellPlace(): void {
    const at = this.#entity.toldTo
    if (at === null || samePosition(at, this.#toldAt)) return
    this.#toldAt = at
    this.#outlet.at(at)
  }
}
