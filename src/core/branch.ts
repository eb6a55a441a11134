import { type Epoch, ORIGIN, type Position, samePosition } from './position.ts'

/** A place in one history. */
export interface Place {
  readonly offset: number
  /** 16 hex digits. */
  readonly check: string
}

/** What a log is, without its entries. */
export interface Branch {
  readonly epoch: Epoch
  /** Everything at or below it has been trimmed. */
  readonly base: Place
  readonly head: Place
}

/** The branch of an entity that has no log. */
export const NO_BRANCH: Branch = { epoch: ORIGIN.epoch, base: ORIGIN, head: ORIGIN }

export const positionAt = (epoch: Epoch, { offset, check }: Place): Position => ({
  epoch,
  offset,
  check,
})

export const headOf = (branch: Branch): Position => positionAt(branch.epoch, branch.head)

/**
 * Whether a log goes through a position, so that it can be read on from there: the one comparison
 * behind every read, subscription and commit of a snapshot. Epoch and offset alone would take the
 * other branch of a fork for one's own.
 *
 * @param checkAt The check of the entry at an offset above the base and up to the head.
 */
export function goesThrough(
  branch: Branch,
  position: Position,
  checkAt: (offset: number) => string | null,
): boolean {
  const { epoch, base, head } = branch
  if (samePosition(position, ORIGIN)) return base.offset === 0
  if (position.epoch !== epoch) return false
  if (position.offset < base.offset || position.offset > head.offset) return false
  if (position.offset === base.offset) return position.check === base.check
  return position.check === checkAt(position.offset)
}

/**
 * Whether a snapshot at a position may become the newest: it replaces the one that is, and is not
 * older. The same for every store. [L21]
 *
 * @param newest Where the newest one ends that is whole, `null` without one.
 * @param replaces Where the one ends that it was made from.
 */
export const isNextSnapshot = (
  position: Position,
  newest: Position | null,
  replaces: Position | null,
): boolean =>
  newest === null || replaces === null
    ? newest === replaces && position.offset > 0
    : samePosition(newest, replaces) && position.offset >= newest.offset
