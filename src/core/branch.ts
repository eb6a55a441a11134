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
