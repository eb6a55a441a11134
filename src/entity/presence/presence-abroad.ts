import type { NodeName } from '../../bus/bus.ts'
import type { Cancel, Clock } from '../../core/clock.ts'
import type { AwarenessEntry, AwarenessLimits } from '../../crdt/awareness.ts'
import { isOurs, isOwned, isSpokenFor, type Peer, type Peers } from './peers.ts'
import { encodeTidings, readTidings, type Tidings } from './tidings.ts'

/** What nodes say on the topic of an entity. */
export const TIDINGS = 'here'
/** Everything that the node has to say: whom it does not name is not there. */
export const ALL_TIDINGS = 'all-here'
/** A question: each node answers with all of its own. */
export const WHO = 'who-is-here'

/** How presence speaks to other nodes. The entity's. */
export interface Voice {
  say(kind: typeof TIDINGS | typeof ALL_TIDINGS | typeof WHO, bytes: Uint8Array): void
}

/** What is shared with the presence of this node's sessions. */
interface Home {
  /** The state of an id changes, for everyone to see. */
  pass(id: number, peer: Peer, clock: number, state: Uint8Array | null): void
  /** Something is to be told in the next round. */
  arm(): void
  /** The round is now. */
  flush(): void
}

/** So many ids another node may speak for on one entity: it has at most so many sessions. */
const NODE_CLIENTS = 10_000
/** After a gap a node has so long to say whom it speaks for. */
const CONFIRM_MS = 5_000
const NOTHING = new Uint8Array(0)

/**
 * Presence between nodes: ids, clocks and bytes, in the rounds in which they are passed on here.
 *
 * Each node tells of its own sessions and never of what it heard from another. To the others it is an
 * owner, or a speaker, like a session: so that a client which comes back on another node is not said
 * to be gone when its old socket dies, and one node's echo about a client of another is not believed.
 */
export class PresenceAbroad {
  readonly #peers: Peers
  readonly #home: Home
  readonly #voice: Voice
  readonly #clock: Pick<Clock, 'after'>
  readonly #limits: AwarenessLimits
  #untold: Set<number> | null = null
  #tellAll = false
  /** This node stops: what its sessions were is not taken back, they are elsewhere in a moment. */
  #silent = false
  #unconfirmed: Set<NodeName> | null = null
  #cancelConfirm: Cancel | null = null

  constructor(
    peers: Peers,
    home: Home,
    voice: Voice,
    clock: Pick<Clock, 'after'>,
    limits: AwarenessLimits,
  ) {
    this.#peers = peers
    this.#home = home
    this.#voice = voice
    this.#clock = clock
    this.#limits = limits
  }

  // ---- what others are told

  /** What sessions here make of this id is news to the others. */
  tell(id: number): void {
    this.#untold ??= new Set()
    this.#untold.add(id)
    this.#home.arm()
  }

  /** Who is here? The sessions of this node, if there are any. */
  answer(): void {
    for (const _ of this.#allOurs()) {
      this.#sayAll()
      return
    }
  }

  #sayAll(): void {
    this.#tellAll = true
    this.#home.arm()
  }

  fallSilent(): void {
    this.#silent = true
  }

  /** The round is over: what is new goes out, in one message unless it is very much. */
  publish(): void {
    const ids = this.#tellAll ? this.#allOurs() : this.#untold
    const kind = this.#tellAll ? ALL_TIDINGS : TIDINGS
    this.#untold = null
    this.#tellAll = false
    if (ids === null) return
    const bodies = [...encodeTidings(this.#tidings(ids))]
    // Of several no one is everything.
    for (const body of bodies) this.#voice.say(bodies.length > 1 ? TIDINGS : kind, body)
  }

  *#allOurs(): Iterable<number> {
    for (const [id, peer] of this.#peers) if (isOurs(peer) && peer.state !== null) yield id
  }

  #tidings(ids: Iterable<number>): Tidings {
    const owned: AwarenessEntry[] = []
    const spoken: AwarenessEntry[] = []
    const left: AwarenessEntry[] = []
    for (const client of ids) {
      const peer = this.#peers.get(client)
      if (peer === undefined) continue
      const { clock, state } = peer
      if (!isOurs(peer)) left.push({ client, clock, state: null })
      else (peer.owners === null ? spoken : owned).push({ client, clock, state })
    }
    return { owned, spoken, left }
  }

  // ---- what others tell

  heard(kind: string, bytes: Uint8Array, from: NodeName): void {
    const tidings = readTidings(bytes, this.#limits)
    if (tidings === null) return
    this.#unconfirmed?.delete(from)
    const left = kind === ALL_TIDINGS ? this.#unnamed(from, tidings) : tidings.left
    let departed = false
    for (const { client, clock } of left) departed = this.#left(from, client, clock) || departed
    for (const entry of tidings.owned) this.#owned(from, entry)
    for (const entry of tidings.spoken) this.#spoken(from, entry)
    if (departed) this.#home.flush()
  }

  /** A node is gone, and everybody with it for whom nobody else speaks. */
  gone(node: NodeName): void {
    let departed = false
    for (const id of [...this.#peers.leave(node)]) departed = this.#departed(id, 0) || departed
    if (departed) this.#home.flush()
  }

  /** Messages may have been missed: everybody says anew, and who does not is not there. */
  refresh(): void {
    this.#voice.say(WHO, NOTHING)
    this.#sayAll()
    this.#unconfirmed = new Set(this.#peers.nodes())
    this.#cancelConfirm?.()
    this.#cancelConfirm = this.#clock.after(CONFIRM_MS, () => {
      for (const node of this.#unconfirmed ?? []) this.gone(node)
      this.#unconfirmed = null
    })
  }

  /** Nobody here speaks for anybody any more. */
  close(): void {
    this.#cancelConfirm?.()
    if (this.#silent) return
    const left = Array.from(this.#allOurs(), (client) => {
      const clock = (this.#peers.get(client)?.clock ?? 0) + 1
      return { client, clock, state: null }
    })
    if (left.length === 0) return
    for (const body of encodeTidings({ owned: [], spoken: [], left }))
      this.#voice.say(TIDINGS, body)
  }

  #unnamed(node: NodeName, { owned, spoken }: Tidings): AwarenessEntry[] {
    const named = new Set([...owned, ...spoken].map(({ client }) => client))
    return [...this.#peers.idsOf(node)]
      .filter((client) => !named.has(client))
      .map((client) => ({ client, clock: 0, state: null }))
  }

  #owned(node: NodeName, { client, clock, state }: AwarenessEntry): void {
    const known = this.#peers.get(client)
    if (known === undefined && state === null) return
    if (!this.#peers.allow(node, client, NODE_CLIENTS)) return
    const peer = known ?? this.#peers.add(client)
    peer.nodes ??= new Set()
    peer.nodes.add(node)
    this.#peers.displace(client, peer, null, node)
    if (state === null && peer.state === null) return
    const newer = clock > peer.clock || (clock === peer.clock && state === null)
    if (newer) this.#home.pass(client, peer, clock, kept(state))
  }

  #spoken(node: NodeName, { client, clock, state }: AwarenessEntry): void {
    const known = this.#peers.get(client)
    if (known !== undefined) {
      if (isOwned(known)) return
      const takesBack = state === null && known.speaker === node && known.state !== null
      if (takesBack ? clock < known.clock : clock <= known.clock) return
      if (state === null && !takesBack) return
    } else if (state === null) return
    if (!this.#peers.allow(node, client, NODE_CLIENTS)) return
    const peer = known ?? this.#peers.add(client)
    this.#peers.displace(client, peer, node, node)
    this.#home.pass(client, peer, clock, kept(state))
  }

  #left(node: NodeName, client: number, clock: number): boolean {
    const peer = this.#peers.get(client)
    if (peer === undefined || !this.#peers.release(node, client, peer)) return false
    return this.#departed(client, clock)
  }

  #departed(id: number, clock: number): boolean {
    const peer = this.#peers.get(id)
    if (peer === undefined || isSpokenFor(peer) || peer.state === null) return false
    this.#home.pass(id, peer, Math.max(clock, peer.clock + 1), null)
    return true
  }
}

/** What came is a view into a buffer of the connection. */
const kept = (state: Uint8Array | null): Uint8Array | null =>
  state === null ? null : new Uint8Array(state)
