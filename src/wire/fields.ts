import {
  createDecoder,
  type Decoder,
  readTailAsUint8Array,
  readVarString,
  readVarUint,
  readVarUint8Array,
} from 'lib0/decoding'
import {
  createEncoder,
  type Encoder,
  toUint8Array,
  writeUint8Array,
  writeVarString,
  writeVarUint,
  writeVarUint8Array,
} from 'lib0/encoding'

/**
 * How one field of a message is read and written. Reading throws on what no such field can be. What
 * reads and writes are functions of lib0, which a page has anyway: Yjs brings it.
 */
export interface Field<Value> {
  read(from: Decoder): Value
  write(to: Encoder, value: Value): void
}

export const UINT: Field<number> = {
  read(from) {
    const value = readVarUint(from)
    if (value > Number.MAX_SAFE_INTEGER) throw from
    return value
  },
  write: writeVarUint,
}
/** UTF-8, with its length before it. */
export const TEXT: Field<string> = {
  read: readVarString,
  write: writeVarString,
}
/** With their length before them. Read, they are a view into the message. */
export const BYTES: Field<Uint8Array> = {
  read: readVarUint8Array,
  write: writeVarUint8Array,
}
/** To the end of the message. */
export const REST: Field<Uint8Array> = {
  read: readTailAsUint8Array,
  write: writeUint8Array,
}
/** `null` is 0, any other number one more than it is, rounded up. */
export const UINT_OR_NONE: Field<number | null> = {
  read(from) {
    const value = UINT.read(from)
    return value === 0 ? null : value - 1
  },
  write: (to, value) => writeVarUint(to, value === null ? 0 : Math.ceil(value) + 1),
}
/** One of these, by its place among them. */
export const oneOf = <Value>(values: readonly Value[]): Field<Value> => ({
  read(from) {
    const value = values[UINT.read(from)]
    if (value === undefined) throw from
    return value
  },
  write: (to, value) => writeVarUint(to, values.indexOf(value)),
})

export const FLAG = oneOf([false, true])

interface Message {
  readonly is: string
}
type Named<Any extends Message, Is> = Any extends Message
  ? Is extends Any['is']
    ? Any
    : never
  : never

/**
 * The fields of each message in the order they are written in. The messages are in the order of
 * their numbers, from 0x01 on.
 */
export type Table<Any extends Message> = {
  readonly [Is in Any['is']]: {
    readonly [Key in Exclude<keyof Named<Any, Is>, 'is'>]: Field<Named<Any, Is>[Key]>
  }
}

/** What is no message. */
export type Unread =
  /** Of a later version: it is passed over. */
  | { readonly is: 'unknown'; readonly type: number }
  /** A known type whose body is not what it must be. */
  | { readonly is: 'malformed'; readonly type: number }

type Fields = Readonly<Record<string, Field<unknown>>>

/** @returns where to write on: the number of the message is written. */
export function begin<Any extends Message>(table: Table<Any>, is: Any['is']): Encoder {
  const to = createEncoder()
  writeVarUint(to, Object.keys(table).indexOf(is) + 1)
  return to
}

export function write<Any extends Message>(
  table: Table<Any>,
  message: Any,
): Uint8Array<ArrayBuffer> {
  const to = begin(table, message.is)
  const fields: Fields = table[message.is as Any['is']]
  for (const key in fields) fields[key]?.write(to, message[key as keyof Any])
  return toUint8Array(to) as Uint8Array<ArrayBuffer>
}

/** Never throws. */
export function read<Any extends Message>(table: Table<Any>, bytes: Uint8Array): Any | Unread {
  const from = createDecoder(bytes)
  let type = -1
  try {
    type = UINT.read(from)
    const is = Object.keys(table)[type - 1]
    if (is === undefined) return { is: 'unknown', type }
    const fields: Fields = table[is as Any['is']]
    const message: Record<string, unknown> = { is }
    for (const key in fields) message[key] = fields[key]?.read(from)
    if (from.pos === bytes.length) return message as unknown as Any
  } catch {
    // It ends too early, or a field has a value that it cannot have.
  }
  return { is: 'malformed', type }
}
