import { type ReadonlySignal, signal } from '@preact/signals-core'
import type { Editor } from '../editor/editor.ts'
import { Glide, type GlideParts } from './glide.ts'
import type { PeerView } from './peer.ts'
import type { MemberChange, Roster } from './roster.ts'

/** A chain of people who follow each other is not looked at beyond so many. */
const LONGEST_CHAIN = 64

export interface FollowingParts extends Omit<GlideParts, 'taken'> {
  readonly roster: Roster
  /** The Yjs client id of this page. */
  readonly own: number
}

/**
 * Keeps this person's view on what another one sees: all of it, around the same centre. Ends when
 * the hand moves the camera itself, and when the other leaves.
 *
 * People who follow each other in a circle would zoom out for ever, each to see all that the next
 * one sees. So nobody can follow who follows them already; and when it happens at the same moment,
 * the one of the circle with the lowest client id stops.
 */
export class Following {
  readonly #target = signal<number | null>(null)
  readonly #editor: Editor
  readonly #roster: Roster
  readonly #own: number
  readonly #glide: Glide
  #view: PeerView | null = null
  readonly #stop: () => void

  constructor({ roster, own, ...parts }: FollowingParts) {
    this.#editor = parts.editor
    this.#roster = roster
    this.#own = own
    this.#glide = new Glide({ ...parts, taken: () => this.follow(null) })
    const stops = [
      roster.observe(this.#peersChanged),
      parts.editor.view.subscribe(() => this.#head()),
      () => this.#glide.close(),
    ]
    this.#stop = () => {
      for (const stop of stops) stop()
    }
  }

  get target(): ReadonlySignal<number | null> {
    return this.#target
  }

  follow(client: number | null): void {
    if (client === this.#target.peek()) return
    if (client !== null) {
      const name = this.#roster.get(client)?.peer.name
      if (name === undefined || client === this.#own) return
      if (this.#circleFrom(client) !== null) {
        this.#editor.announcement.value = `${name} follows you already`
        return
      }
      this.#editor.announcement.value = `Following ${name}`
    } else {
      this.#glide.stop()
      this.#editor.announcement.value = 'No longer following'
    }
    this.#target.value = client
    this.#view = null
    this.#see()
  }

  /** Shows where somebody is, once. */
  goTo(client: number, place: readonly [number, number] | null): void {
    const middle = place ?? this.#roster.get(client)?.peer.view?.centre
    if (middle === undefined) return
    this.follow(null)
    this.#glide.head(middle, this.#editor.camera.peek().zoom)
  }

  close(): void {
    this.#stop()
  }

  readonly #peersChanged = (changes: readonly MemberChange[]): void => {
    const target = this.#target.peek()
    if (target === null) return
    if (changes.some(({ client, after }) => client === target && after === null)) {
      this.follow(null)
      return
    }
    const circle = this.#circleFrom(target)
    if (circle !== null && this.#own === Math.min(...circle)) this.follow(null)
    else if (changes.some(({ client }) => client === target)) this.#see()
  }

  /** Looks where the other one looks, unless that is where they looked before. */
  #see(): void {
    const target = this.#target.peek()
    const view = target === null ? null : (this.#roster.get(target)?.peer.view ?? null)
    if (view === null || isSame(view, this.#view)) return
    this.#view = view
    this.#head()
  }

  #head(): void {
    const view = this.#view
    const { width, height } = this.#editor.view.peek()
    if (view === null || this.#target.peek() === null || width === 0 || height === 0) return
    this.#glide.head(view.centre, Math.min(width / view.width, height / view.height))
  }

  /** Everybody in the chain of followed people that begins with `client` and leads back to us. */
  #circleFrom(client: number): number[] | null {
    const chain = [this.#own]
    let next: number | null = client
    while (next !== null && next !== this.#own && chain.length < LONGEST_CHAIN) {
      chain.push(next)
      next = this.#roster.get(next)?.follows ?? null
    }
    return next === this.#own ? chain : null
  }
}

const isSame = (a: PeerView, b: PeerView | null): boolean =>
  b !== null &&
  a.width === b.width &&
  a.height === b.height &&
  a.centre[0] === b.centre[0] &&
  a.centre[1] === b.centre[1]
