import { TributaryError } from './errors.ts'

/**
 * Which history a log is: `generation.incarnation`.
 *
 * The generation is an integer that only a removal raises: the higher one wins and drops the lower.
 * The incarnation is random, minted when a log is created: the same generation under another
 * incarnation is a log that was lost and began again.
 */
export type Epoch = `${number}.${string}`

/**
 * A place in an entity's log. An offset alone does not name a history: after a restored backup or a
 * lossy failover the same offset holds another entry. So a position carries the epoch and a check
 * that is chained over every entry up to it.
 */
export interface Position {
  readonly epoch: Epoch
  /** Entries at or below it, from 1; 0 is before the first. Contiguous. */
  readonly offset: number
  /** The first 8 bytes of sha1(previous check + entry id), as 16 hex digits. */
  readonly check: string
}

/** The check before the first entry. */
export const FIRST_CHECK = '0000000000000000'
/** The epoch of an entity of which no log exists yet: its first append mints the incarnation. */
export const NO_EPOCH: Epoch = '0.'
/** Characters of an incarnation. At least 60 bits of randomness: two logs of one name never share an epoch. */
export const INCARNATION_LENGTH = 12
/** The position of an entity that has no log. */
export const ORIGIN: Position = { epoch: NO_EPOCH, offset: 0, check: FIRST_CHECK }

export const samePosition = (a: Position, b: Position): boolean =>
  a.offset === b.offset && a.check === b.check && a.epoch === b.epoch

export const generationOf = (epoch: string): number => Number.parseInt(epoch, 10)

export const epochOf = (generation: number, incarnation: string): Epoch =>
  `${generation}.${incarnation}`

/** How a position looks outside: opaque to everyone but this file. */
export const formatPosition = (at: Position): string => `${at.epoch}:${at.offset}:${at.check}`

const FORMAT = /^(\d{1,15}\.[0-9a-z]{0,32}):(\d{1,15}):([0-9a-f]{16})$/

/** `null` when it is not a text that `formatPosition` made. */
function readPosition(text: string): Position | null {
  const match = FORMAT.exec(text)
  if (match === null) return null
  return { epoch: match[1] as Epoch, offset: Number(match[2]), check: match[3] as string }
}

/**
 * Of which log a position is, and how far down it lies, for whoever holds one that a server gave it:
 * nothing is checked.
 */
export function placeOf(text: string): { readonly epoch: string; readonly offset: number } {
  const [epoch = '', offset = 0] = text.split(':')
  return { epoch, offset: Number(offset) }
}

/** @throws {TributaryError} `bad-request` when it is not a text that `formatPosition` made. */
export function parsePosition(text: string): Position {
  const position = readPosition(text)
  if (position === null) throw new TributaryError('bad-request', 'not a position')
  return position
}
