import * as encoding from 'lib0/encoding'

export type Id = readonly [client: number, clock: number]

/** One struct, as any peer could write it. Without a place it is a child of the root type `text`. */
export interface Struct {
  readonly is: 'text' | 'json' | 'type' | 'deleted' | 'gc' | 'skip'
  /** Clocks; a type has one. */
  readonly length?: number
  readonly origin?: Id
  readonly right?: Id
  readonly parent?: Id
  readonly key?: string
}

export interface Section {
  readonly client: number
  readonly clock: number
  readonly structs: readonly Struct[]
}

export type Delete = readonly [client: number, clock: number, length: number]

const REFERENCE = { gc: 0, deleted: 1, json: 2, text: 4, type: 7, skip: 10 }

/** The bytes of an update of just these structs, sound or not. Deletes of one client come together. */
export function forge(sections: readonly Section[], deletes: readonly Delete[] = []): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, sections.length)
    for (const { client, clock, structs } of sections) {
      encoding.writeVarUint(encoder, structs.length)
      encoding.writeVarUint(encoder, client)
      encoding.writeVarUint(encoder, clock)
      for (const struct of structs) writeStruct(encoder, struct)
    }
    const clients = [...new Set(deletes.map(([client]) => client))]
    encoding.writeVarUint(encoder, clients.length)
    for (const client of clients) {
      const ranges = deletes.filter(([of]) => of === client)
      encoding.writeVarUint(encoder, client)
      encoding.writeVarUint(encoder, ranges.length)
      for (const [, clock, length] of ranges) {
        encoding.writeVarUint(encoder, clock)
        encoding.writeVarUint(encoder, length)
      }
    }
  })
}

function writeStruct(encoder: encoding.Encoder, struct: Struct): void {
  const { is, length = 1, origin, right, parent, key } = struct
  if (is === 'gc' || is === 'skip') {
    encoding.writeUint8(encoder, REFERENCE[is])
    encoding.writeVarUint(encoder, length)
    return
  }
  const flags = (origin ? 0x80 : 0) | (right ? 0x40 : 0) | (key === undefined ? 0 : 0x20)
  encoding.writeUint8(encoder, flags | REFERENCE[is])
  if (origin) writeId(encoder, origin)
  if (right) writeId(encoder, right)
  if (!origin && !right) {
    encoding.writeVarUint(encoder, parent ? 0 : 1)
    if (parent) writeId(encoder, parent)
    else encoding.writeVarString(encoder, 'text')
    if (key !== undefined) encoding.writeVarString(encoder, key)
  }
  if (is === 'text') encoding.writeVarString(encoder, 'x'.repeat(length))
  else if (is === 'deleted') encoding.writeVarUint(encoder, length)
  else if (is === 'json') {
    encoding.writeVarUint(encoder, length)
    for (let left = length; left > 0; left--) encoding.writeVarString(encoder, '{"old":true}')
  } else encoding.writeVarUint(encoder, REFERENCE_OF_MAP)
}

const REFERENCE_OF_MAP = 1

function writeId(encoder: encoding.Encoder, [client, clock]: Id): void {
  encoding.writeVarUint(encoder, client)
  encoding.writeVarUint(encoder, clock)
}
