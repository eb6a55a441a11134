import type { ReadonlySignal } from '@preact/signals-core'
import type { Cancel } from '../../../src/core/clock.ts'
import type { Pace } from './pace.ts'
import type { Member, MemberChange, Roster } from './roster.ts'

/** Who is told in the first moments of a link was there before: no news. In ms. */
const FIRST_MS = 2_000
/** Between two announcements, in ms. Who comes and goes in between is told together. */
const PACE_MS = 3_000
/** Who reloads the page leaves and comes: with a moment's patience neither is news. In ms. */
const PATIENCE_MS = 1_000

export interface ArrivalsParts {
  readonly roster: Roster
  readonly isLive: ReadonlySignal<boolean>
  readonly pace: Pace
  readonly say: (words: string) => void
}

/** Says who comes and who leaves, for those who do not see it. @returns The way out. */
export function announceArrivals({ roster, isLive, pace, say }: ArrivalsParts): () => void {
  /** Names with how many more of them came than left. */
  const news = new Map<string, number>()
  let quietUntil = Number.POSITIVE_INFINITY
  let saidAt = Number.NEGATIVE_INFINITY
  let waiting: Cancel | null = null

  const note = ({ peer, isBot }: Member, by: number) => {
    if (isBot) return
    const balance = (news.get(peer.name) ?? 0) + by
    if (balance === 0) news.delete(peer.name)
    else news.set(peer.name, balance)
  }
  const speak = () => {
    waiting = null
    if (news.size === 0) return
    const came = [...news].filter(([, balance]) => balance > 0).map(([name]) => name)
    const left = [...news].filter(([, balance]) => balance < 0).map(([name]) => name)
    news.clear()
    saidAt = pace.monotonic()
    say(
      [sentence(came, ['is here', 'are here']), sentence(left, ['has left', 'have left'])]
        .filter((part) => part !== '')
        .join('. '),
    )
  }
  const changed = (changes: readonly MemberChange[]) => {
    if (pace.monotonic() < quietUntil) return
    for (const { before, after } of changes) {
      if (before === null && after !== null) note(after, 1)
      if (before !== null && after === null) note(before, -1)
    }
    if (news.size === 0 || waiting !== null) return
    waiting = pace.after(Math.max(PATIENCE_MS, saidAt + PACE_MS - pace.monotonic()), speak)
  }

  const stops = [
    roster.observe(changed),
    isLive.subscribe((live) => {
      // Without a link nobody has left: we have.
      quietUntil = live ? pace.monotonic() + FIRST_MS : Number.POSITIVE_INFINITY
      news.clear()
    }),
  ]
  return () => {
    for (const stop of stops) stop()
    waiting?.()
  }
}

function sentence(names: readonly string[], [one, many]: readonly [string, string]): string {
  const [first, second] = names
  if (first === undefined) return ''
  if (second === undefined) return `${first} ${one}`
  if (names.length === 2) return `${first} and ${second} ${many}`
  return `${names.length} people ${many}`
}
