import type { Cancel, Clock } from '../core/clock.ts'
import type { Limits } from '../core/limits.ts'
import { type AwarenessEntry, encodeAwareness } from '../crdt/awareness.ts'
import type { Member } from './member.ts'
import { PresenceBatch } from './presence-batch.ts'

/** What is known of one client id. */
interface Peer {
  /** The clock last passed on, and when that was, on the monotonic clock. */
  clock: number
  passedAt: number
  /** JSON bytes as they came; `null` when it has left. */
  state: Uint8Array | null
  /** Sessions that opened with a claim to this id, each with its own last clock for it. */
  owners: Map<Member, number> | null
  /** For an id without owner: the session that last brought news of it. */
  speaker: Member | null
  /** When the state became `null`, on the monotonic clock. */
  goneAt: number
}

/** How long the clock of someone who left is remembered, and of how many. */
const GONE_MS = 600_000
const GONE_MOST = 10_000
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
  readonly #clock: Clock
  readonly #limits: Pick<Limits, 'sessionClients'>
  readonly #readers: ReadonlySet<Member>
  readonly #peers = new Map<number, Peer>()
  /** Ids each session owns or spoke for. */
  readonly #spokenFor = new Map<Member, Set<number>>()
  #news: Set<number> | null = null
  #cancel: Cancel | null = null
  #gone = 0

  constructor(clock: Clock, limits: Pick<Limits, 'sessionClients'>, readers: ReadonlySet<Member>) {
    this.#clock = clock
    this.#limits = limits
    this.#readers = readers
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
  claim(member: Member, entry: AwarenessEntry): boolean {
    if (!this.#allow(member, entry.client)) return false
    const known = this.#peers.get(entry.client)
    const peer = known ?? this.#add(entry.client)
    peer.owners ??= new Map()
    peer.owners.set(member, entry.clock)
    if (peer.speaker !== null && peer.speaker !== member) this.#release(peer.speaker, entry.client)
    peer.speaker = null
    if (known !== undefined && sameState(peer.state, entry.state)) return true
    // Of an id that is new here others may still have the clock: they heard it before a restart.
    const above = known === undefined ? entry.clock : peer.clock
    this.#pass(entry.client, peer, Math.max(entry.clock, above + 1), entry.state)
    return true
  }

  /** @returns whether the entry was heard; not when it is not newer, or not this session's to say. */
  hear(member: Member, entry: AwarenessEntry): boolean {
    const peer = this.#peers.get(entry.client)
    if (peer?.owners != null) return this.#hearOwner(member, entry, peer)
    if (peer?.speaker === member && entry.state === null) {
      if (peer.state === null || entry.clock < peer.clock) return false
      this.#pass(entry.client, peer, Math.max(entry.clock, peer.clock + 1), null)
      return true
    }
    if (entry.state === null || (peer !== undefined && entry.clock <= peer.clock)) return false
    if (!this.#allow(member, entry.client)) return false
    const heard = peer ?? this.#add(entry.client)
    if (heard.speaker !== null && heard.speaker !== member)
      this.#release(heard.speaker, entry.client)
    heard.speaker = member
    this.#pass(entry.client, heard, entry.clock, entry.state)
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
    this.#pass(entry.client, peer, Math.max(entry.clock, peer.clock + 1), entry.state)
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
    const behind: AwarenessEntry[] = []
    for (const id of this.#spokenFor.get(member) ?? []) {
      const peer = this.#peers.get(id)
      const own = peer?.owners?.get(member)
      if (peer === undefined || own === undefined || own >= peer.clock) continue
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
    const ids = this.#spokenFor.get(member)
    if (ids === undefined) return
    this.#spokenFor.delete(member)
    let departed = false
    for (const id of ids) {
      const peer = this.#peers.get(id)
      if (peer === undefined) continue
      peer.owners?.delete(member)
      if (peer.owners?.size === 0) peer.owners = null
      if (peer.speaker === member) peer.speaker = null
      if (!announce || peer.owners !== null || peer.speaker !== null) continue
      if (peer.state === null) continue
      this.#pass(id, peer, peer.clock + 1, null)
      departed = true
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
    if (this.#news === null) return
    const batch = new PresenceBatch<Member>(this, [...this.#news])
    this.#news = null
    for (const reader of this.#readers) reader.presence(batch)
    this.#forgetGone()
  }

  close(): void {
    this.#cancel?.()
    this.#cancel = null
    this.#news = null
  }

  #pass(id: number, peer: Peer, clock: number, state: Uint8Array | null): void {
    if (state === null && peer.state !== null) {
      peer.goneAt = this.#clock.monotonic()
      this.#gone++
    } else if (state !== null && peer.state === null && peer.goneAt > 0) {
      this.#gone--
    }
    peer.clock = clock
    peer.passedAt = this.#clock.monotonic()
    peer.state = state
    this.#news ??= new Set()
    this.#news.add(id)
    // y-websocket up to 3.1 answers each frame with one of its own: the more readers, the rarer.
    this.#cancel ??= this.#clock.after(Math.max(16, this.#readers.size / 5), () => {
      this.#cancel = null
      this.flush()
    })
  }

  #add(id: number): Peer {
    const peer: Peer = {
      clock: 0,
      passedAt: 0,
      state: null,
      owners: null,
      speaker: null,
      goneAt: 0,
    }
    this.#peers.set(id, peer)
    return peer
  }

  #allow(member: Member, id: number): boolean {
    let ids = this.#spokenFor.get(member)
    if (ids === undefined) {
      ids = new Set()
      this.#spokenFor.set(member, ids)
    }
    if (!ids.has(id) && ids.size >= this.#limits.sessionClients) return false
    ids.add(id)
    return true
  }

  #release(member: Member, id: number): void {
    this.#spokenFor.get(member)?.delete(id)
  }

  /** Clocks of the departed are kept for a while, so that a late echo of an old state is not news. */
  #forgetGone(): void {
    if (this.#gone === 0) return
    const before = this.#clock.monotonic() - GONE_MS
    for (const [id, peer] of this.#peers) {
      if (peer.state !== null || peer.owners !== null) continue
      if (peer.goneAt > before && this.#gone <= GONE_MOST) continue
      this.#peers.delete(id)
      this.#gone--
    }
  }
}

function sameState(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null || a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
