import { TIERS, type Tier } from '../core/tier.ts'
import { Cursor } from './cursor.ts'
import { binaryFrame, type Frame } from './frame.ts'
import { Writer } from './writer.ts'

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

export type UnreadServerMessage =
  /** Of a later version: it is passed over. */
  | { readonly is: 'unknown'; readonly type: number }
  | { readonly is: 'malformed'; readonly type: number }

/** In the order of their numbers, from 0x01 on. */
// biome-ignore format: a table is read in rows
const TYPES = [
  'welcome', 'opened', 'refused', 'closed', 'update', 'synced', 'part', 'awareness',
  'ask', 'ack', 'nack', 'at', 'rights', 'message', 'pong', 'error',
] as const satisfies readonly ServerMessage['is'][]

const begin = ({ is }: ServerMessage): Writer => new Writer().uint(TYPES.indexOf(is) + 1)

const MAY = ['read', 'write'] as const
const FOLLOWS = ['state', 'rest', 'ask'] as const satisfies readonly Follows[]

/** `null` is 0, any other number one more than it is. */
const orNone = (value: number | null): number => (value === null ? 0 : Math.ceil(value) + 1)

const EMPTY = new Uint8Array(0)

/** @example serverFrame({ is: 'pong', number: 5 }) // 82 02 0f 05 */
export function serverFrame(message: ServerMessage): Frame {
  switch (message.is) {
    case 'update':
    case 'synced':
    case 'awareness': {
      const body = message.is === 'awareness' ? message.body : message.update
      const prefix = begin(message).uint(message.channel).uint(body.length)
      return binaryFrame(prefix.done(), body)
    }
    case 'part':
      return binaryFrame(begin(message).uint(message.channel).done(), message.bytes)
    default:
      return binaryFrame(written(message).done(), EMPTY)
  }
}

type Small = Exclude<ServerMessage, { readonly is: 'update' | 'synced' | 'awareness' | 'part' }>

function written(message: Small): Writer {
  const writer = begin(message)
  const refusal = ({ code, reason, again }: Refusal) =>
    writer.text(code).text(reason).uint(orNone(again))
  switch (message.is) {
    case 'welcome':
      return writer.text(message.session).uint(message.frameBytes).uint(message.updateBytes)
    case 'opened':
      return writer
        .uint(message.request)
        .uint(message.channel)
        .uint(MAY.indexOf(message.may))
        .uint(FOLLOWS.indexOf(message.follows))
        .uint(TIERS.indexOf(message.tier))
        .uint(message.bytes)
        .text(message.position)
        .bytes(message.stateVector)
        .uint(orNone(message.expires))
    case 'refused':
      writer.uint(message.request)
      return refusal(message)
    case 'closed':
      writer.uint(message.channel)
      return refusal(message)
    case 'ask':
      return writer.uint(message.channel).bytes(message.stateVector)
    case 'ack':
      return writer
        .uint(message.channel)
        .uint(message.batch)
        .uint(TIERS.indexOf(message.tier))
        .uint(message.replicas)
        .text(message.position)
    case 'nack':
      writer
        .uint(message.channel)
        .uint(message.batch)
        .uint(message.neutered ? 1 : 0)
      return refusal(message)
    case 'at':
      return writer.uint(message.channel).uint(TIERS.indexOf(message.tier)).text(message.position)
    case 'rights':
      return writer
        .uint(message.channel)
        .uint(MAY.indexOf(message.may))
        .uint(orNone(message.expires))
    case 'message':
      return writer.text(message.kind).bytes(message.bytes)
    case 'pong':
      return writer.uint(message.number)
    case 'error':
      return refusal(message)
  }
}

/** @example readServerMessage(Uint8Array.of(0x0f, 5)) // { is: 'pong', number: 5 } */
export function readServerMessage(data: Uint8Array): ServerMessage | UnreadServerMessage {
  const body = new Body(data)
  const type = body.varUint()
  if (body.failed) return { is: 'malformed', type: -1 }
  const message = readBody(type, body)
  if (message === null) return { is: 'unknown', type }
  return body.failed || !body.atEnd ? { is: 'malformed', type } : message
}

/** Fields that are read with what they mean. */
class Body extends Cursor {
  orNone(): number | null {
    const value = this.varUint()
    return value === 0 ? null : value - 1
  }

  oneOf<Value>(values: readonly [Value, ...Value[]]): Value {
    const value = values[this.varUint()]
    if (value !== undefined) return value
    this.failed = true
    return values[0]
  }

  refusal(): Refusal {
    return { code: this.varText(), reason: this.varText(), again: this.orNone() }
  }
}

function readBody(type: number, body: Body): ServerMessage | null {
  const is = TYPES[type - 1]
  switch (is) {
    case 'welcome':
      return {
        is,
        session: body.varText(),
        frameBytes: body.varUint(),
        updateBytes: body.varUint(),
      }
    case 'opened':
      return {
        is,
        request: body.varUint(),
        channel: body.varUint(),
        may: body.oneOf(MAY),
        follows: body.oneOf(FOLLOWS),
        tier: body.oneOf(TIERS),
        bytes: body.varUint(),
        position: body.varText(),
        stateVector: body.varBytes(),
        expires: body.orNone(),
      }
    case 'refused':
      return { is, request: body.varUint(), ...body.refusal() }
    case 'closed':
      return { is, channel: body.varUint(), ...body.refusal() }
    case 'update':
    case 'synced':
      return {
        is,
        channel: body.varUint(),
        update: body.varBytes(),
      }
    case 'part':
      return { is, channel: body.varUint(), bytes: body.rest() }
    case 'awareness':
      return { is, channel: body.varUint(), body: body.varBytes() }
    case 'ask':
      return { is, channel: body.varUint(), stateVector: body.varBytes() }
    case 'ack':
      return {
        is,
        channel: body.varUint(),
        batch: body.varUint(),
        tier: body.oneOf(TIERS),
        replicas: body.varUint(),
        position: body.varText(),
      }
    case 'nack':
      return {
        is,
        channel: body.varUint(),
        batch: body.varUint(),
        neutered: body.varUint() === 1,
        ...body.refusal(),
      }
    case 'at':
      return {
        is,
        channel: body.varUint(),
        tier: body.oneOf(TIERS),
        position: body.varText(),
      }
    case 'rights':
      return {
        is,
        channel: body.varUint(),
        may: body.oneOf(MAY),
        expires: body.orNone(),
      }
    case 'message':
      return { is, kind: body.varText(), bytes: body.varBytes() }
    case 'pong':
      return { is, number: body.varUint() }
    case 'error':
      return { is, ...body.refusal() }
    default:
      return null
  }
}
