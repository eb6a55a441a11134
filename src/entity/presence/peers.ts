import type { NodeName } from '../../bus/bus.ts'
import type { Clock } from '../../core/clock.ts'
import type { Member } from '../member.ts'

/** Who brings news of a client: a session of this node, or another node for the sessions there. */
export type Speaker = Member | NodeName

/** What is known of one client id. */
export interface Peer {
  /** The clock last passed on, and when that was, on the monotonic clock. */
  clock: number
  passedAt: number
  /** JSON bytes as they came; `null` when it has left. */
  state: Uint8Array | null
  /** Sessions that opened with a claim to this id, each with its own last clock for it. */
  owners: Map<Member, number> | null
  /** Other nodes on which a session did. */
  nodes: Set<NodeName> | null
  /** For an id without owner on any node: who last brought news of it. */
  speaker: Speaker | null
  /** When the state became `null`, on the monotonic clock. */
  goneAt: number
}

/** How long the clock of someone who left is remembered, and of how many. */
const GONE_MS = 600_000
const GONE_MOST = 10_000

/** The client ids of an entity, and who speaks for which. */
export class Peers {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #peers = new Map<number, Peer>()
  readonly #spokenFor = new Map<Speaker, Set<number>>()
  #gone = 0

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** Gone ones included. */
  get size(): number {
    return this.#peers.size
  }

  get(id: number): Peer | undefined {
    return this.#peers.get(id)
  }

  [Symbol.iterator](): IterableIterator<[number, Peer]> {
    return this.#peers.entries()
  }

  add(id: number): Peer {
    const peer: Peer = {
      clock: 0,
      passedAt: 0,
      state: null,
      owners: null,
      nodes: null,
      speaker: null,
      goneAt: 0,
    }
    this.#peers.set(id, peer)
    return peer
  }

  /** What is passed on from now on. */
  set(peer: Peer, clock: number, state: Uint8Array | null): void {
    const now = this.#clock.monotonic()
    if (state === null && peer.state !== null) {
      peer.goneAt = now
      this.#gone++
    } else if (state !== null && peer.state === null && peer.goneAt > 0) {
      this.#gone--
    }
    peer.clock = clock
    peer.passedAt = now
    peer.state = state
  }

  /** Whether it is one of those that somebody speaks for, who may speak for `most`. */
  allow(speaker: Speaker, id: number, most: number): boolean {
    let ids = this.#spokenFor.get(speaker)
    if (ids === undefined) {
      ids = new Set()
      this.#spokenFor.set(speaker, ids)
    }
    if (!ids.has(id) && ids.size >= most) return false
    ids.add(id)
    return true
  }

  idsOf(speaker: Speaker): Iterable<number> {
    return this.#spokenFor.get(speaker) ?? []
  }

  /** Other nodes that speak for somebody. */
  *nodes(): Iterable<NodeName> {
    for (const speaker of this.#spokenFor.keys()) if (typeof speaker === 'string') yield speaker
  }

  /**
   * An id without owner has another speaker now, or none because it has an owner.
   *
   * @param by Whose doing it is: what they speak for otherwise stays theirs.
   */
  displace(id: number, peer: Peer, speaker: Speaker | null, by: Speaker): void {
    if (peer.speaker !== null && peer.speaker !== by) {
      this.#spokenFor.get(peer.speaker)?.delete(id)
    }
    peer.speaker = speaker
  }

  /** Somebody speaks for nobody any more. @returns the ids that were theirs. */
  leave(speaker: Speaker): Iterable<number> {
    const ids = this.idsOf(speaker)
    this.#spokenFor.delete(speaker)
    for (const id of ids) {
      const peer = this.#peers.get(id)
      if (peer !== undefined) unspoken(peer, speaker)
    }
    return ids
  }

  /** Somebody speaks for this one no more. @returns whether they did. */
  release(speaker: Speaker, id: number, peer: Peer): boolean {
    if (!this.#spokenFor.get(speaker)?.delete(id)) return false
    unspoken(peer, speaker)
    return true
  }

  /** Clocks of the departed are kept for a while, so that a late echo of an old state is not news. */
  forgetGone(): void {
    if (this.#gone === 0) return
    const before = this.#clock.monotonic() - GONE_MS
    for (const [id, peer] of this.#peers) {
      if (peer.state !== null || isOwned(peer)) continue
      if (peer.goneAt > before && this.#gone <= GONE_MOST) continue
      this.#peers.delete(id)
      this.#gone--
    }
  }
}

function unspoken(peer: Peer, speaker: Speaker): void {
  if (typeof speaker === 'string') {
    peer.nodes?.delete(speaker)
    if (peer.nodes?.size === 0) peer.nodes = null
  } else {
    peer.owners?.delete(speaker)
    if (peer.owners?.size === 0) peer.owners = null
  }
  if (peer.speaker === speaker) peer.speaker = null
}

/** By a session of any node. */
export const isOwned = (peer: Peer): boolean => peer.owners !== null || peer.nodes !== null

/** Whether a session of this node speaks for it. */
export const isOurs = (peer: Peer): boolean =>
  peer.owners !== null || (peer.speaker !== null && typeof peer.speaker !== 'string')

export const isSpokenFor = (peer: Peer): boolean => isOwned(peer) || peer.speaker !== null
