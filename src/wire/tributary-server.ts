import { toUint8Array } from 'lib0/encoding'
import { TIERS, type Tier } from '../core/tier.ts'
import {
  BYTES,
  begin,
  FLAG,
  oneOf,
  REST,
  read,
  type Table,
  TEXT,
  UINT,
  UINT_OR_NONE,
  type Unread,
  write,
} from './fields.ts'
import { binaryFrame, type Frame } from './frame.ts'

/** Whether to try again, and after how many ms; `null`: not before something has changed. */
export type Again = number | null

/** Why something was not done, in one word of `core/errors.ts` and in words for people. */
export interface Refusal {
  readonly code: string
  readonly reason: string
  readonly again: Again
}

/** How a client that has opened an entity gets what it lacks. */
export type Follows =
  /** All of it comes now, until `synced`. */
  | 'state'
  /** What came after its position comes now, until `synced`. */
  | 'rest'
  /** Its position is not in the log, or too far back: it is to say `sync`. */
  | 'ask'

/** What a server of `tributary.v1` says, a message each. Byte fields are views into their frame. */
export type ServerMessage =
  | {
      readonly is: 'welcome'
      readonly session: string
      /** A message above it ends the socket; an update above it is cut into parts. */
      readonly frameBytes: number
      /** An update above it is neutered. */
      readonly updateBytes: number
    }
  | {
      readonly is: 'opened'
      readonly request: number
      /** The same for everybody on this node who has the entity open. */
      readonly channel: number
      readonly may: 'read' | 'write'
      readonly follows: Follows
      readonly tier: Tier
      /** Bytes of what follows, until `synced`: for showing progress. */
      readonly bytes: number
      /** Of the log; its epoch says whether it is the log that the client knew. */
      readonly position: string
      /** What the entity has: whatever the client has beyond it is to be sent. */
      readonly stateVector: Uint8Array
      /** When the right to be here ends, in ms from now; `null`: never. */
      readonly expires: number | null
    }
  | ({ readonly is: 'refused'; readonly request: number } & Refusal)
  /** The end of one entity on this socket. */
  | ({ readonly is: 'closed'; readonly channel: number } & Refusal)
  /** `synced`: with this the client has everything that it lacked when it opened or asked. */
  | { readonly is: 'update' | 'synced'; readonly channel: number; readonly update: Uint8Array }
  /** Comes before the bytes of the next `update` or `synced` of its channel. */
  | { readonly is: 'part'; readonly channel: number; readonly bytes: Uint8Array }
  /** What does the client have that the entity lacks? */
  | { readonly is: 'ask'; readonly channel: number; readonly stateVector: Uint8Array }
  | { readonly is: 'awareness'; readonly channel: number; readonly body: Uint8Array }
  | {
      /** All batches up to this one are in the log, but for those that were refused. */
      readonly is: 'ack'
      readonly channel: number
      readonly batch: number
      readonly tier: Tier
      /** How many replicas have them beside; 0 where nobody counts. */
      readonly replicas: number
      /** They are in the log at or below it. It says nothing of what the client was sent: see `at`. */
      readonly position: string
    }
  | ({
      readonly is: 'nack'
      readonly channel: number
      readonly batch: number
      /** It was taken without its content: later edits fit, and the original is set aside. */
      readonly neutered: boolean
    } & Refusal)
  /** Everything that was sent on this channel before is in the log at or below this position. */
  | {
      readonly is: 'at'
      readonly channel: number
      readonly tier: Tier
      readonly position: string
    }
  /** What a new token changes. */
  | {
      readonly is: 'rights'
      readonly channel: number
      readonly may: 'read' | 'write'
      readonly expires: number | null
    }
  /** To the user, from the program that runs the server. */
  | { readonly is: 'message'; readonly kind: string; readonly bytes: Uint8Array }
  | { readonly is: 'pong'; readonly number: number }
  /** The end of the socket. */
  | ({ readonly is: 'error' } & Refusal)

const MAY = oneOf(['read', 'write'] as const)
const FOLLOWS = oneOf(['state', 'rest', 'ask'] as const satisfies readonly Follows[])
const TIER = oneOf(TIERS)
const REFUSAL = { code: TEXT, reason: TEXT, again: UINT_OR_NONE }
const UPDATE = { channel: UINT, update: BYTES }

const TABLE: Table<ServerMessage> = {
  welcome: { session: TEXT, frameBytes: UINT, updateBytes: UINT },
  opened: {
    request: UINT,
    channel: UINT,
    may: MAY,
    follows: FOLLOWS,
    tier: TIER,
    bytes: UINT,
    position: TEXT,
    stateVector: BYTES,
    expires: UINT_OR_NONE,
  },
  refused: { request: UINT, ...REFUSAL },
  closed: { channel: UINT, ...REFUSAL },
  update: UPDATE,
  synced: UPDATE,
  part: { channel: UINT, bytes: REST },
  awareness: { channel: UINT, body: BYTES },
  ask: { channel: UINT, stateVector: BYTES },
  ack: { channel: UINT, batch: UINT, tier: TIER, replicas: UINT, position: TEXT },
  nack: { channel: UINT, batch: UINT, neutered: FLAG, ...REFUSAL },
  at: { channel: UINT, tier: TIER, position: TEXT },
  rights: { channel: UINT, may: MAY, expires: UINT_OR_NONE },
  message: { kind: TEXT, bytes: BYTES },
  pong: { number: UINT },
  error: REFUSAL,
}

const EMPTY = new Uint8Array(0)

/** @example serverFrame({ is: 'pong', number: 5 }) // 82 02 0f 05 */
export function serverFrame(message: ServerMessage): Frame {
  // What may be large is shared, not copied: it is the last field, behind its length.
  const { is } = message
  if (is === 'update' || is === 'synced' || is === 'awareness' || is === 'part') {
    const body = is === 'awareness' ? message.body : is === 'part' ? message.bytes : message.update
    const to = begin(TABLE, is)
    UINT.write(to, message.channel)
    if (is !== 'part') UINT.write(to, body.length)
    return binaryFrame(toUint8Array(to), body)
  }
  return binaryFrame(write(TABLE, message), EMPTY)
}

/** @example readServerMessage(Uint8Array.of(0x0f, 5)) // { is: 'pong', number: 5 } */
export const readServerMessage = (frame: Uint8Array): ServerMessage | Unread => read(TABLE, frame)
