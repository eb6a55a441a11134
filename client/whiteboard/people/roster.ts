import { type ReadonlySignal, signal } from '@preact/signals-core'
import type { Awareness } from 'y-protocols/awareness'
import type { Cancel } from '../../../src/core/clock.ts'
import type { Box } from '../geometry/box.ts'
import type { Board, ShapeChange } from '../model/board.ts'
import type { ShapeId } from '../model/shape.ts'
import type { Pace } from './pace.ts'
import type { Peer } from './peer.ts'
import { type Read, readPresence } from './read-presence.ts'

/** Beyond so many nobody is shown: a board full of cursors tells nothing, and costs everybody. */
const MOST_PEERS = 256

const names = new Intl.Collator()

/** Somebody else, and what the layers need not know. */
export interface Member {
  readonly peer: Peer
  /** The client whose view they follow. */
  readonly follows: number | null
  readonly isBot: boolean
}

/** What became of one client: `null` where it was not here, or is not any more. */
export interface MemberChange {
  readonly client: number
  readonly before: Member | null
  readonly after: Member | null
}

type Tell = (changes: readonly MemberChange[]) => void

export interface RosterParts {
  readonly awareness: Awareness
  readonly board: Board
  readonly pace: Pace
}

/**
 * Who else is here, as the awareness has it.
 *
 * A stretch that somebody lets go comes twice: as shapes that have moved, and as the end of their
 * stretch, in whatever order. So it is over as soon as a shape in it has moved in the document, and
 * what they still say about a stretch from the same place is not heard.
 */
export class Roster {
  readonly #peers = signal<readonly Peer[]>([])
  readonly #unseen = signal(0)
  readonly #awareness: Awareness
  readonly #pace: Pace
  readonly #members = new Map<number, Member>()
  /** Clients by name. */
  #order: number[] = []
  #isSorted = true
  /** Where stretches began that are over. */
  readonly #over = new Map<number, Box>()
  readonly #tells = new Set<Tell>()
  #showing: Cancel | null = null
  readonly #stop: () => void

  constructor({ awareness, board, pace }: RosterParts) {
    this.#awareness = awareness
    this.#pace = pace
    this.#hear([...awareness.getStates().keys()])
    this.#show()
    // Not 'update': that also comes every 15 s from those who only say that they are still there.
    awareness.on('change', this.#changed)
    const stopBoard = board.observe(this.#boardChanged)
    this.#stop = () => {
      awareness.off('change', this.#changed)
      stopBoard()
    }
  }

  /** By name. New at most once per frame. */
  get peers(): ReadonlySignal<readonly Peer[]> {
    return this.#peers
  }

  /** How many more are here than `peers` shows. */
  get unseen(): ReadonlySignal<number> {
    return this.#unseen
  }

  get(client: number): Member | null {
    return this.#members.get(client) ?? null
  }

  /** Calls `tell` at once with every change, not once per frame. Returns the way out. */
  observe(tell: Tell): () => void {
    this.#tells.add(tell)
    return () => this.#tells.delete(tell)
  }

  close(): void {
    this.#stop()
    this.#showing?.()
  }

  readonly #changed = ({ added, updated, removed }: Record<string, number[]>): void => {
    this.#hear([...(added ?? []), ...(updated ?? []), ...(removed ?? [])])
    this.#showing ??= this.#pace.frame(this.#show)
  }

  #hear(clients: readonly number[]): void {
    const changes: MemberChange[] = []
    for (const client of clients) {
      const before = this.#members.get(client) ?? null
      const after = this.#read(client, before)
      if (after === null) this.#forget(client)
      else this.#members.set(client, after)
      if (before?.peer.name !== after?.peer.name) this.#isSorted = false
      if (before !== null || after !== null) changes.push({ client, before, after })
    }
    if (
      this.#members.size < MOST_PEERS &&
      this.#members.size < this.#awareness.getStates().size - 1
    )
      changes.push(...this.#fill())
    for (const tell of this.#tells) tell(changes)
  }

  #read(client: number, before: Member | null): Member | null {
    const state: unknown = this.#awareness.getStates().get(client)
    if (state === undefined || client === this.#awareness.clientID) return null
    if (before === null && this.#members.size >= MOST_PEERS) return null
    const { follows, isBot, ...read } = readPresence(state, client)
    const stretch = this.#isOver(client, read) ? null : read.stretch
    const peer = { ...read, client, stretch, changedAt: this.#pace.monotonic() }
    return { peer, follows, isBot }
  }

  #isOver(client: number, { stretch }: Pick<Read, 'stretch'>): boolean {
    const from = this.#over.get(client)
    if (from === undefined) return false
    if (stretch !== null && isSame(from, stretch.from)) return true
    this.#over.delete(client)
    return false
  }

  #forget(client: number): void {
    this.#members.delete(client)
    this.#over.delete(client)
  }

  /** Somebody has left: there is room for those who were too many. */
  #fill(): MemberChange[] {
    const changes: MemberChange[] = []
    for (const client of this.#awareness.getStates().keys()) {
      if (this.#members.size >= MOST_PEERS) break
      if (this.#members.has(client)) continue
      const after = this.#read(client, null)
      if (after === null) continue
      this.#members.set(client, after)
      this.#isSorted = false
      changes.push({ client, before: null, after })
    }
    return changes
  }

  readonly #boardChanged = (changes: readonly ShapeChange[]): void => {
    let stretching: [number, Member][] | null = null
    let isAnyOver = false
    for (const { id, before, after } of changes) {
      if (before === null || !hasMoved(before, after)) continue
      stretching ??= [...this.#members].filter(([, { peer }]) => peer.stretch !== null)
      if (stretching.length === 0) return
      for (const [client, member] of stretching)
        isAnyOver = this.#end(client, member, id) || isAnyOver
    }
    // At once: a frame that is drawn before would show the shapes moved twice.
    if (isAnyOver) this.#show()
  }

  #end(client: number, member: Member, moved: ShapeId): boolean {
    const { stretch, selection } = member.peer
    if (stretch === null || this.#over.has(client) || !selection.has(moved)) return false
    this.#over.set(client, stretch.from)
    this.#members.set(client, { ...member, peer: { ...member.peer, stretch: null } })
    return true
  }

  readonly #show = (): void => {
    this.#showing?.()
    this.#showing = null
    if (!this.#isSorted) {
      this.#order = [...this.#members.values()]
        .sort((a, b) => names.compare(a.peer.name, b.peer.name) || a.peer.client - b.peer.client)
        .map(({ peer }) => peer.client)
      this.#isSorted = true
    }
    this.#peers.value = this.#order.flatMap((client) => this.#members.get(client)?.peer ?? [])
    const { size } = this.#awareness.getStates()
    const others = size - (this.#awareness.getLocalState() === null ? 0 : 1)
    this.#unseen.value = Math.max(0, others - this.#members.size)
  }
}

const isSame = (a: Box, b: Box): boolean =>
  a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height

function hasMoved(before: Place, after: Place | null): boolean {
  return (
    after !== null &&
    (before.at[0] !== after.at[0] ||
      before.at[1] !== after.at[1] ||
      before.size[0] !== after.size[0] ||
      before.size[1] !== after.size[1])
  )
}

interface Place {
  readonly at: readonly [number, number]
  readonly size: readonly [number, number]
}
