/** At `at`, `remove` UTF-16 units give way to `insert`. */
export interface Splice {
  readonly at: number
  readonly remove: number
  readonly insert: string
}

/** One step of a change as Yjs tells it; whatever is inserted that is not text has length 1. */
export interface Step {
  readonly retain?: number
  readonly delete?: number
  readonly insert?: unknown
}

/** From `from` up to, not including, `to`. */
export interface Range {
  readonly from: number
  readonly to: number
}

const isHigh = (unit: number) => unit >= 0xd800 && unit <= 0xdbff
const isLow = (unit: number) => unit >= 0xdc00 && unit <= 0xdfff

/**
 * The smallest single splice that makes `before` into `after`, or `null` when they are equal.
 *
 * Two things it takes care of. Typing an `a` into `aaaa` can be read as four splices: `caret`, where
 * the caret stands in `after`, tells which one it was, and others see it there. And it never cuts a
 * surrogate pair: 😀 and 😁 share their first half, but half a pair in a shared text makes replicas
 * differ for good.
 *
 * @example difference('aa', 'aaa', 1) // { at: 0, remove: 0, insert: 'a' }
 */
export function difference(before: string, after: string, caret: number): Splice | null {
  if (before === after) return null
  const room = Math.min(before.length, after.length)
  const sameFromEnd = (from: number, most: number) => {
    let n = from
    while (
      n < most &&
      before.charCodeAt(before.length - 1 - n) === after.charCodeAt(after.length - 1 - n)
    ) {
      n += 1
    }
    return n
  }
  // What stands after the caret was there before, so it is matched first; then the front; then the
  // end again, for the rare edit that was not made at the caret.
  let tail = sameFromEnd(0, Math.min(room, after.length - caret))
  let head = 0
  while (head < room - tail && before.charCodeAt(head) === after.charCodeAt(head)) head += 1
  tail = sameFromEnd(tail, room - head)

  if (head > 0 && isHigh(before.charCodeAt(head - 1))) head -= 1
  if (tail > 0 && isLow(before.charCodeAt(before.length - tail))) tail -= 1
  return {
    at: head,
    remove: before.length - tail - head,
    insert: after.slice(head, after.length - tail),
  }
}

/**
 * Where `index` is after the change. Text inserted exactly at `index` goes in front of it
 * (`'right'`) or behind it (`'left'`): a caret sticks to the letter on its left, so that two people
 * who type at one spot both write whole words.
 */
export function carry(index: number, change: readonly Step[], stick: 'left' | 'right'): number {
  let old = 0
  let moved = index
  for (const step of change) {
    if (old > index || (old === index && stick === 'left')) break
    if (step.retain !== undefined) old += step.retain
    else if (step.insert !== undefined) moved += lengthOf(step.insert)
    else if (step.delete !== undefined) {
      moved -= Math.min(step.delete, index - old)
      old += step.delete
    }
  }
  return moved
}

/**
 * What is left of `range` after the change, in pieces: text that others inserted inside of it is
 * not part of it, so that deleting the pieces deletes what its author saw and nothing else.
 */
export function carryRange(range: Range, change: readonly Step[]): Range[] {
  const pieces: Range[] = []
  let old = 0
  let now = 0
  const keep = (length: number) => {
    const from = now + Math.max(0, range.from - old)
    const to = now + Math.min(length, range.to - old)
    if (from < to) pieces.push({ from, to })
    old += length
    now += length
  }
  for (const step of change) {
    if (step.retain !== undefined) keep(step.retain)
    else if (step.insert !== undefined) now += lengthOf(step.insert)
    else if (step.delete !== undefined) old += step.delete
  }
  keep(Number.POSITIVE_INFINITY)
  return pieces
}

/** Where the last thing that the change did ends. */
export function endOf(change: readonly Step[]): number {
  let now = 0
  let end = 0
  for (const step of change) {
    if (step.retain !== undefined) now += step.retain
    else {
      if (step.insert !== undefined) now += lengthOf(step.insert)
      end = now
    }
  }
  return end
}

const lengthOf = (insert: unknown) => (typeof insert === 'string' ? insert.length : 1)
