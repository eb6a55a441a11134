import { type ReadonlySignal, type Signal, signal } from '@preact/signals-core'
import type { Awareness } from 'y-protocols/awareness'
import type { Cancel } from '../../../src/core/clock.ts'
import { cleanName, type Person, randomPerson } from '../../person/person.ts'
import type { Editor } from '../editor/editor.ts'
import type { Point } from '../geometry/point.ts'
import { adoptOrphans } from './adoption.ts'
import { announceArrivals } from './arrivals.ts'
import { Cursors } from './cursors.ts'
import { Following } from './following.ts'
import type { Others } from './others.ts'
import { type Pace, realPace } from './pace.ts'
import type { Peer } from './peer.ts'
import { publish } from './publish.ts'
import { Roster } from './roster.ts'
import { type MakeSmoother, perfect } from './smoother.ts'

/** From this to that idle time somebody fades, in ms. */
const FADES_AFTER_MS = 30_000
const FADED_AFTER_MS = 60_000
const FADED = 0.25
/** How often fading is looked at, in ms. */
const FADE_STEP_MS = 1_000

export interface PeopleParts {
  readonly awareness: Awareness
  readonly editor: Editor
  readonly me?: Person
  /** Whether the link is live: without it nobody knows who is here. */
  readonly isLive?: ReadonlySignal<boolean>
  /** Whether nobody looks at this page. */
  readonly isHidden?: ReadonlySignal<boolean>
  /** Whether this person wants no motion. */
  readonly isStill?: ReadonlySignal<boolean>
  readonly pace?: Pace
  readonly smooth?: MakeSmoother
}

export type Status = 'drawing' | 'moving' | 'idle' | 'here'

/** Everybody on the board: tells the others what this person does, and shows what they do. */
export class People implements Others {
  /** The Yjs client id of this page. */
  readonly own: number
  readonly me: Signal<Person>
  readonly isLive: ReadonlySignal<boolean>
  readonly #pace: Pace
  readonly #roster: Roster
  readonly #cursors: Cursors
  readonly #following: Following
  readonly #stops: (() => void)[]
  #fading: Cancel | null = null

  constructor(parts: PeopleParts) {
    const { awareness, editor, pace = realPace, smooth = perfect } = parts
    const { isLive = signal(true), isHidden = signal(false), isStill = signal(false) } = parts
    this.me = signal(parts.me ?? randomPerson())
    this.isLive = isLive
    this.#pace = pace
    const own = awareness.clientID
    const roster = new Roster({ awareness, board: editor.board, pace })
    this.own = own
    this.#roster = roster
    this.#cursors = new Cursors({ own, roster, live: editor.live, pace, smooth, isStill })
    this.#following = new Following({ own, roster, editor, pace, isStill })
    const { me, following: follows } = this
    const say = (words: string) => {
      editor.announcement.value = words
    }
    this.#stops = [
      publish({ awareness, editor, me, follows, isHidden, pace }),
      announceArrivals({ roster, isLive, pace, say }),
      adoptOrphans({ awareness, live: editor.live, isLive, pace }),
      () => this.#following.close(),
      () => this.#cursors.close(),
      () => roster.close(),
      () => this.#fading?.(),
    ]
    this.#fade()
  }

  get peers(): ReadonlySignal<readonly Peer[]> {
    return this.#roster.peers
  }

  /** How many more are here than `peers` shows. */
  get unseen(): ReadonlySignal<number> {
    return this.#roster.unseen
  }

  get moved(): ReadonlySignal<number> {
    return this.#cursors.moved
  }

  /** Whose view this page follows. */
  get following(): ReadonlySignal<number | null> {
    return this.#following.target
  }

  /** Another name for this person; one with nothing to see of it changes nothing. */
  rename(name: string): void {
    const clean = cleanName(name)
    if (clean !== null && clean !== this.me.peek().name)
      this.me.value = { ...this.me.peek(), name: clean }
  }

  /** Follows the view of somebody; `null` follows nobody. */
  follow(client: number | null): void {
    this.#following.follow(client)
  }

  /** Shows where somebody is, once. */
  goTo(client: number): void {
    this.#following.goTo(client, this.cursorOf(client))
  }

  cursorOf(client: number): Point | null {
    return this.#cursors.cursorOf(client)
  }

  /** Where somebody is: the cursor, else the middle of what they see. */
  placeOf(client: number): Point | null {
    return this.cursorOf(client) ?? this.#roster.get(client)?.peer.view?.centre ?? null
  }

  presenceOf(client: number): number {
    const peer = this.#roster.get(client)?.peer
    if (peer === undefined) return 1
    const idle = this.#pace.monotonic() - Math.max(peer.changedAt, this.#cursors.drewAt(client))
    const part = (idle - FADES_AFTER_MS) / (FADED_AFTER_MS - FADES_AFTER_MS)
    return 1 - (1 - FADED) * Math.min(1, Math.max(0, part))
  }

  statusOf(client: number): Status {
    if (this.#cursors.isDrawing(client)) return 'drawing'
    const peer = this.#roster.get(client)?.peer
    if (peer !== undefined && peer.stretch !== null) return 'moving'
    return this.presenceOf(client) < 1 ? 'idle' : 'here'
  }

  /** Whose view somebody follows. */
  leaderOf(client: number): number | null {
    return this.#roster.get(client)?.follows ?? null
  }

  /** Stops all of it. The awareness is not closed. */
  close(): void {
    for (const stop of this.#stops) stop()
  }

  #fade(): void {
    const fading = this.peers.peek().some(({ client }) => {
      const presence = this.presenceOf(client)
      return presence < 1 && presence > FADED
    })
    if (fading) this.#cursors.stir()
    this.#fading = this.#pace.after(FADE_STEP_MS, () => this.#fade())
  }
}
