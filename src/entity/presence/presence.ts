import type { Cancel, Clock } from '../../core/clock.ts'
import type { Limits } from '../../core/limits.ts'
import { type AwarenessEntry, encodeAwareness } from '../../crdt/awareness.ts'
import type { Member } from '../member.ts'
import type { ReadonlyMembers } from '../members.ts'
import { isOwned, isSpokenFor, type Peer, Peers } from './peers.ts'
import { PresenceAbroad, type Voice } from './presence-abroad.ts'
import { PresenceBatch } from './presence-batch.ts'

export type PresenceLimits = Pick<Limits, 'sessionClients' | 'awarenessBytes' | 'awarenessDepth'>

/** Above what a client says in one round trip; and so few that a tab may reconnect 200,000 times. */
const LEAP = 10_000
/** The checker's bound for the clock of a state. */
const MOST_CLOCK = 2 ** 31 - 1
/** A state that is only repeated is passed on so often, that nobody takes its owner for gone: that is after 30 s. */
const REPEAT_MS = 10_000
/** Joiners get the states in frames of about this size. */
const FRAME_BYTES = 256 * 1024

/**
 * Who is here: awareness as bytes and clocks. The JSON is never parsed, only its clock decides.
 *
 * Stock clients send every remote change they apply back to the server, and a tab whose socket died
 * reports everyone it knew as gone. So an id belongs to the sessions that opened with a claim to it
 * (their first awareness frame); while it has such an owner nobody else is heard about it, and what
 * is not newer is dropped before it reaches anyone. Several sessions may own an id, since a
 * reconnect arrives before the old socket is known to be dead.
 */
export class Presence {
  /** What other nodes are told and tell; `null` where there can be none. */
  readonly abroad: PresenceAbroad | null
  readonly #clock: Clock
  readonly #limits: PresenceLimits
  readonly #readers: ReadonlyMembers
  readonly #peers: Peers
  #news: Set<number> | null = null
  #cancel: Cancel | null = null

  constructor(
    clock: Clock,
    limits: PresenceLimits,
    readers: ReadonlyMembers,
    voice: Voice | null = null,
  ) {
    this.#clock = clock
    this.#limits = limits
    this.#readers = readers
    this.#peers = new Peers(clock)
    const states = { bytes: limits.awarenessBytes, depth: limits.awarenessDepth }
    this.abroad =
      voice === null ? null : new PresenceAbroad(this.#peers, this, voice, clock, states)
  }

  /** Client ids of which something is known, gone ones included. */
  get size(): number {
    return this.#peers.size
  }

  /**
   * The opening claim of a session: the awareness frame directly after its first step1, with one
   * entry that is not null.
   *
   * @returns whether it was heard; not when the session speaks for too many ids.
   */
  claim(member: Member, { client, clock, state }: AwarenessEntry): boolean {
    if (!this.#peers.allow(member, client, this.#limits.sessionClients)) return false
    const known = this.#peers.get(client)
    const peer = known ?? this.#peers.add(client)
    peer.owners ??= new Map()
    peer.owners.set(member, clock)
    this.#peers.displace(client, peer, null, member)
    if (known !== undefined && peer.nodes === null && sameState(peer.state, state)) {
      // No news; but other nodes must know that somebody here speaks for it.
      this.abroad?.tell(client)
      return true
    }
    // Of an id that is new here others may still have the clock: they heard it before a restart. And
    // where it is leaving another node just now, that is heard at one above.
    const above = known === undefined ? clock : peer.clock + (peer.nodes === null ? 0 : 1)
    this.#say(client, peer, Math.max(clock, above + 1), state)
    return true
  }

  /** @returns whether the entry was heard; not when it is not newer, or not this session's to say. */
  hear(member: Member, entry: AwarenessEntry): boolean {
    const peer = this.#peers.get(entry.client)
    if (peer?.owners != null) return this.#hearOwner(member, entry, peer)
    if (peer !== undefined && isOwned(peer)) return false
    if (peer?.speaker === member && entry.state === null) {
      if (peer.state === null || entry.clock < peer.clock) return false
      this.#say(entry.client, peer, Math.max(entry.clock, peer.clock + 1), null)
      return true
    }
    if (entry.state === null || (peer !== undefined && entry.clock <= peer.clock)) return false
    if (!this.#peers.allow(member, entry.client, this.#limits.sessionClients)) return false
    const heard = peer ?? this.#peers.add(entry.client)
    this.#peers.displace(entry.client, heard, member, member)
    this.#say(entry.client, heard, entry.clock, entry.state)
    return true
  }

  #hearOwner(member: Member, entry: AwarenessEntry, peer: Peer): boolean {
    const last = peer.owners?.get(member)
    if (last === undefined) return false
    const newer = entry.clock > last || (entry.clock === last && entry.state === null)
    if (!newer) return false
    peer.owners?.set(member, entry.clock)
    if (entry.state === null && peer.state === null) return false
    if (this.#isRepetition(entry, peer)) return true
    this.#say(entry.client, peer, Math.max(entry.clock, peer.clock + 1), entry.state)
    return true
  }

  /**
   * The owner says again what everyone has just heard: it took over a clock that we raised, or a
   * sibling tab told it of it over BroadcastChannel. Its clock counts, but nobody needs to hear it, and
   * raising it once more would go on for ever.
   */
  #isRepetition(entry: AwarenessEntry, peer: Peer): boolean {
    if (!sameState(entry.state, peer.state)) return false
    if (this.#clock.monotonic() - peer.passedAt >= REPEAT_MS) return false
    peer.clock = Math.max(peer.clock, entry.clock)
    return true
  }

  /**
   * Raises the clock of a session that claimed an id at a clock that is behind the one passed on: null
   * about itself makes a client keep its state, go above that clock and say so. Else the two drift
   * apart with every reconnect, a sibling tab's report of an old state at the higher clock overwrites
   * a newer one, and after a restart of the node, which knows only the client's own clock, the client
   * stays unseen until it has caught up.
   *
   * It is made to leap, above all that it may say before it hears this: else what is passed on stays
   * ahead of it by as much, for good, and an echo of an older state is again above a newer one.
   *
   * @returns the body for that session alone, or `null` when no clock is behind.
   */
  aligning(member: Member): Uint8Array | null {
    return this.#leap(member, (own, passed) => own < passed)
  }

  /**
   * Other nodes may have said that everybody here is gone, at clocks above those of the clients. They
   * are made to leap above these, and to say again who they are.
   */
  realign(): void {
    for (const reader of this.#readers) {
      const body = this.#leap(reader, () => true)
      if (body === null) continue
      // What they say again is a repetition only here.
      for (const id of this.#peers.idsOf(reader)) {
        const peer = this.#peers.get(id)
        if (peer !== undefined) peer.passedAt = Number.NEGATIVE_INFINITY
      }
      reader.align(body)
    }
  }

  #leap(member: Member, isBehind: (own: number, passed: number) => boolean): Uint8Array | null {
    const behind: AwarenessEntry[] = []
    for (const id of this.#peers.idsOf(member)) {
      const peer = this.#peers.get(id)
      const own = peer?.owners?.get(member)
      if (peer === undefined || own === undefined || !isBehind(own, peer.clock)) continue
      behind.push({ client: id, clock: Math.min(peer.clock + LEAP, MOST_CLOCK), state: null })
    }
    return behind.length === 0 ? null : encodeAwareness(behind)
  }

  /**
   * The session is gone: ids that nobody else speaks for leave at once, for everyone to see.
   *
   * @param announce not when the node sends everyone away: they are back in a moment, elsewhere.
   */
  leave(member: Member, announce = true): void {
    if (!announce) {
      // For other nodes this one speaks for them until it is gone.
      this.abroad?.fallSilent()
      return
    }
    let departed = false
    for (const id of this.#peers.leave(member)) {
      const peer = this.#peers.get(id)
      if (peer === undefined || peer.owners !== null || peer.speaker !== null) continue
      this.abroad?.tell(id)
      departed = true
      if (isSpokenFor(peer) || peer.state === null) continue
      this.pass(id, peer, peer.clock + 1, null)
    }
    if (departed) this.flush()
  }

  /** Bodies that tell a joiner who is here: never about its own ids. */
  *greeting(member: Member): Iterable<Uint8Array> {
    let ids: number[] = []
    let bytes = 0
    for (const [id, peer] of this.#peers) {
      if (peer.state === null || peer.owners?.has(member)) continue
      ids.push(id)
      bytes += peer.state.length
      if (bytes < FRAME_BYTES) continue
      yield this.body(member, ids)
      ids = []
      bytes = 0
    }
    if (ids.length > 0) yield this.body(member, ids)
  }

  /** An owner gets its own entry back only at its own clock: a higher one would overwrite its state. */
  withheld(reader: Member, id: number): boolean {
    const peer = this.#peers.get(id)
    const own = peer?.owners?.get(reader)
    return own !== undefined && own !== peer?.clock
  }

  /** The newest of each id, without what is withheld from the reader. */
  body(reader: Member | null, ids: Iterable<number>): Uint8Array {
    const entries: AwarenessEntry[] = []
    for (const id of ids) {
      const peer = this.#peers.get(id)
      if (peer === undefined || (reader !== null && this.withheld(reader, id))) continue
      entries.push({ client: id, clock: peer.clock, state: peer.state })
    }
    return encodeAwareness(entries)
  }

  /** Hands the gathered news to every reader. */
  flush(): void {
    this.#cancel?.()
    this.#cancel = null
    this.abroad?.publish()
    if (this.#news === null) return
    const batch = new PresenceBatch<Member>(this, [...this.#news])
    this.#news = null
    for (const reader of this.#readers) reader.presence(batch)
    this.#peers.forgetGone()
  }

  close(): void {
    this.#cancel?.()
    this.#cancel = null
    this.#news = null
    this.abroad?.close()
  }

  /** A session here says so: other nodes are told too. */
  #say(id: number, peer: Peer, clock: number, state: Uint8Array | null): void {
    this.pass(id, peer, clock, state)
    this.abroad?.tell(id)
  }

  /** The state of an id changes, for everyone on this node to see. */
  pass(id: number, peer: Peer, clock: number, state: Uint8Array | null): void {
    this.#peers.set(peer, clock, state)
    this.#news ??= new Set()
    this.#news.add(id)
    this.arm()
  }

  /** Something is to be told in the next round. */
  arm(): void {
    // y-websocket up to 3.1 answers each frame with one of its own: the more readers, the rarer.
    this.#cancel ??= this.#clock.after(Math.max(16, this.#readers.size / 5), () => {
      this.#cancel = null
      this.flush()
    })
  }
}

function sameState(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null || a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
