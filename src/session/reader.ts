import type { Limits } from '../core/limits.ts'
import type { SoundUpdate, StateVector } from '../crdt/scan.ts'
import type { Batch } from '../entity/batch.ts'
import type { Entity } from '../entity/entity.ts'
import type { Member } from '../entity/member.ts'
import type { PresenceBatch } from '../entity/presence/presence-batch.ts'
import type { Since } from '../entity/since.ts'
import type { State } from '../entity/states.ts'
import type { Metrics } from '../ops/metrics.ts'
import { bytesLacking, lacking, piecesOfTail } from './lacking.ts'
import type { Outlet } from './outlet.ts'

/**
 * What a client has been sent so far, one of:
 *
 * - `silent`: it has not said what it has. It is sent nothing.
 * - `joining`: pieces of what it lacks are written as the socket takes them. Everything fanned out
 *   after `place` comes behind them.
 * - `live`: it is sent each batch.
 * - `behind`: its socket is full. Nothing is queued: `place` is remembered, and `known`, which is what
 *   it had then. When the socket has drained it is sent what has come since, merged.
 * - `over`: its session has ended, maybe while what it lacks was being loaded. It is sent nothing.
 *
 * silent → joining → live ⇄ behind; behind → joining when the tail has been compacted past `place`;
 * any → joining when the client asks anew; any → over.
 */
type Reading =
  | { readonly is: 'silent' }
  | {
      readonly is: 'joining'
      readonly pieces: Iterator<SoundUpdate>
      /** Sent last, as what makes the client synced; `null` when it is already. */
      readonly last: SoundUpdate | null
      readonly place: number
      /**
       * What the client has once all pieces are through; taken when it has to wait for room. (Later is
       * too late: what a compaction has dropped from the tail would count as known.)
       */
      readonly known: StateVector | null
    }
  | { readonly is: 'live' }
  | { readonly is: 'behind'; readonly place: number; readonly known: StateVector }
  | { readonly is: 'over' }

/** One for all: most readers are one or the other for hours. */
const SILENT: Reading = { is: 'silent' }
const LIVE: Reading = { is: 'live' }
const OVER: Reading = { is: 'over' }

type Before = ((bytes: number) => void) | null

/**
 * The way up to one client: join, live, conflation. A slow reader costs what its socket holds and the
 * soft limit, and slows nobody; one that wakes is sent one merged update, shared with all who stopped
 * at the same place.
 */
export class Reader {
  readonly #entity: Entity
  readonly #outlet: Outlet
  readonly #limits: Limits
  readonly #metrics: Metrics
  readonly #member: Member
  #reading: Reading = SILENT
  /** Presence news that did not fit: the newest of each is sent when there is room. */
  #missed: Set<number> | null = null

  constructor(entity: Entity, outlet: Outlet, limits: Limits, metrics: Metrics, member: Member) {
    this.#entity = entity
    this.#outlet = outlet
    this.#limits = limits
    this.#metrics = metrics
    this.#member = member
  }

  /**
   * Sends what a client lacks that has `known`, and from then on whatever comes.
   *
   * @param before Told how many bytes that is, right before the first of them; not of a session that
   *   has ended meanwhile.
   */
  join(known: StateVector, before: Before = null): Promise<void> | undefined {
    const state = this.#entity.state()
    if (!(state instanceof Promise)) {
      this.#join(state, known, before)
      return
    }
    return state.then((loaded) => {
      if (this.#reading.is === 'over' || this.#entity.closed) return
      // Between the load and now a compaction may have been adopted.
      if (!this.#entity.continues(loaded)) return this.join(known, before)
      this.#join(loaded, known, before)
    })
  }

  #join(state: State, known: StateVector, before: Before): void {
    if (before !== null) {
      // The position that it is told counts what the log has told within this tick.
      this.#entity.flush()
      before(bytesLacking(state, known) + this.#entity.tail().length)
    }
    this.#begin(state, known, true)
  }

  /** Sends what came behind a place where the client stands, and from then on whatever comes. */
  resume({ update, place }: Since): void {
    const isLast = place === this.#entity.lastSeq
    this.#reading = {
      is: 'joining',
      pieces: [].values(),
      last: update,
      place,
      known: isLast ? null : this.#entity.knownBefore(place + 1),
    }
    this.#advance()
  }

  /** Its session has ended: nothing more is sent, whatever is still being loaded for it. */
  close(): void {
    this.#reading = OVER
  }

  /** It is sent each batch as it comes. */
  get isLive(): boolean {
    return this.#reading.is === 'live'
  }

  /** @param answer whether the client waits to be told that it has everything. */
  #begin(state: State, known: StateVector, answer: boolean): void {
    const tail = piecesOfTail(this.#entity.tail())
    const last = answer ? (tail.at(-1) as SoundUpdate) : null
    this.#reading = {
      is: 'joining',
      pieces: inTurn(lacking(state, known), answer ? tail.slice(0, -1) : tail),
      last,
      place: this.#entity.lastSeq,
      known: null,
    }
    this.#advance()
  }

  /** Writes as many pieces as the hard limit allows. */
  #advance(): void {
    if (this.#reading.is !== 'joining') return
    const { pieces, last, place, known } = this.#reading
    while (this.#outlet.unsentJoins < this.#limits.outboxHardBytes) {
      const piece = pieces.next()
      if (piece.done === true) {
        if (last !== null) this.#outlet.synced(last)
        // Nothing can have been fanned out during a join that never waited.
        if (known === null) this.#reading = LIVE
        else this.#fallBehind(place, known)
        return
      }
      this.#outlet.update(piece.value)
      this.#metrics.updatesOut.add()
    }
    if (known === null)
      this.#reading = { ...this.#reading, known: this.#entity.knownBefore(place + 1) }
  }

  deliver(batch: Batch): void {
    if (this.#reading.is !== 'live') return
    if (this.#full) {
      this.#metrics.conflations.add()
      this.#fallBehind(batch.first - 1, this.#entity.knownBefore(batch.first))
      return
    }
    this.#outlet.batch(batch)
    this.#metrics.updatesOut.add()
  }

  /** An own update that comes back; one that does not fit is not missed by anyone. */
  echo(batch: Batch): void {
    if (this.#reading.is === 'live' && !this.#full) this.#outlet.batch(batch)
  }

  presence(batch: PresenceBatch<Member>): void {
    if (this.#missed === null && !this.#full) {
      this.#outlet.presence(batch, this.#member)
      return
    }
    this.#missed ??= new Set()
    for (const id of batch.ids) this.#missed.add(id)
  }

  /** The socket has taken everything. */
  drained(): void {
    if (this.#reading.is === 'joining') this.#advance()
    if (this.#reading.is === 'behind') this.#catchUp(this.#reading.place, this.#reading.known)
    if (this.#missed !== null && !this.#full) {
      this.#outlet.awareness(this.#entity.presence.body(this.#member, this.#missed))
      this.#missed = null
    }
  }

  get #full(): boolean {
    return this.#outlet.unsent > this.#limits.outboxSoftBytes
  }

  #fallBehind(place: number, known: StateVector): void {
    this.#reading = { is: 'behind', place, known }
    if (!this.#full) this.drained()
  }

  #catchUp(place: number, known: StateVector): void {
    if (place === this.#entity.lastSeq) {
      this.#reading = LIVE
      return
    }
    const since = this.#entity.since(place)
    if (since !== null) {
      this.#reading = LIVE
      this.#outlet.update(since)
      this.#metrics.updatesOut.add()
      return
    }
    // Compacted away: it is a client that comes back. Its deletes come with the snapshot's delete set.
    const state = this.#entity.state()
    if (!(state instanceof Promise)) {
      this.#begin(state, known, false)
      return
    }
    state.then(
      (loaded) => {
        if (this.#reading.is !== 'behind' || this.#entity.closed) return
        if (this.#entity.continues(loaded)) this.#begin(loaded, known, false)
        else this.#catchUp(place, known)
      },
      () => this.#member.evict('storage'),
    )
  }
}

function* inTurn<Item>(first: Iterable<Item>, then: Iterable<Item>): Generator<Item, void> {
  yield* first
  yield* then
}
