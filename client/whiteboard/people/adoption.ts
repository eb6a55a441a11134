import type { ReadonlySignal } from '@preact/signals-core'
import type { Awareness } from 'y-protocols/awareness'
import type { Cancel } from '../../../src/core/clock.ts'
import type { LiveStrokes } from '../model/board.ts'
import type { Pace } from './pace.ts'
import { readPresence } from './read-presence.ts'

/** An author may be away for so long and come back to the stroke, in ms: a lost link, a restart. */
const PATIENCE_MS = 10_000
/** One page does it. Should that page sleep, the next one does it so much later, in ms. */
const NEXT_MS = 5_000

export interface AdoptionParts {
  readonly awareness: Awareness
  readonly live: LiveStrokes
  /** Without a link nobody knows who is away. */
  readonly isLive: ReadonlySignal<boolean>
  readonly pace: Pick<Pace, 'monotonic' | 'after'>
}

/**
 * Makes shapes of strokes whose author has gone with the pen still down, so that what was drawn
 * stays. Of all pages here the one with the lowest client id does it first. @returns The way out.
 */
export function adoptOrphans({ awareness, live, isLive, pace }: AdoptionParts): () => void {
  /** Since when the authors of strokes are away. */
  const awaySince = new Map<number, number>()
  let waiting: Cancel | null = null

  const look = () => {
    waiting?.()
    waiting = null
    const present = awareness.getStates()
    const away = new Set<number>()
    if (isLive.peek()) for (const { by } of live.strokes()) if (!present.has(by)) away.add(by)
    for (const author of [...awaySince.keys()]) if (!away.has(author)) awaySince.delete(author)
    if (away.size === 0) return

    const now = pace.monotonic()
    const patience = PATIENCE_MS + NEXT_MS * rank(awareness)
    let left = Number.POSITIVE_INFINITY
    /** Whose strokes are let be. */
    const spared = new Set([awareness.clientID, ...present.keys()])
    const others = spared.size
    for (const author of away) {
      const since = awaySince.get(author) ?? now
      awaySince.set(author, since)
      if (now < since + patience) {
        left = Math.min(left, since + patience - now)
        spared.add(author)
      } else {
        // Should it not work out, it is tried again after the same time.
        awaySince.set(author, now)
        left = Math.min(left, patience)
      }
    }
    waiting = pace.after(left, look)
    if (spared.size < others + away.size) live.adopt(spared)
  }

  const changed = ({ added, removed }: Record<'added' | 'removed', readonly number[]>) => {
    // Who only moves is no news. Who comes back may count as moved: `look` finds out in time.
    if (added.length > 0 || removed.length > 0) look()
  }
  awareness.on('change', changed)
  const stops = [
    () => awareness.off('change', changed),
    live.observe((changes) => {
      // Most changes are strokes that grow.
      if (changes.some(({ before, after }) => before === null || after === null)) look()
    }),
    isLive.subscribe(look),
  ]
  return () => {
    for (const stop of stops) stop()
    waiting?.()
  }
}

/** How many of the other pages come before this one. Bots adopt nothing. */
function rank(awareness: Awareness): number {
  let before = 0
  for (const [client, state] of awareness.getStates())
    if (client < awareness.clientID && !readPresence(state, client).isBot) before += 1
  return before
}
