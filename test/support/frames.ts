import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'

/**
 * The y-websocket wire, written a second time on lib0: what the tests send and expect must not come
 * from the code under test.
 */
export type Message =
  | { readonly is: 'step1'; readonly bytes: Uint8Array }
  | { readonly is: 'step2'; readonly bytes: Uint8Array }
  | { readonly is: 'update'; readonly bytes: Uint8Array }
  | { readonly is: 'awareness'; readonly entries: readonly AwarenessEntry[] }
  | { readonly is: 'denied'; readonly reason: string }
  | { readonly is: 'query' }
  | { readonly is: 'marker'; readonly version: number }
  | { readonly is: 'other'; readonly type: number }

export interface AwarenessEntry {
  readonly client: number
  readonly clock: number
  /** `null` when the client has left. */
  readonly state: unknown
}

const frame = (write: (encoder: encoding.Encoder) => void): Uint8Array =>
  encoding.encode((encoder) => write(encoder))

const sync = (kind: number, bytes: Uint8Array): Uint8Array =>
  frame((encoder) => {
    encoding.writeVarUint(encoder, 0)
    encoding.writeVarUint(encoder, kind)
    encoding.writeVarUint8Array(encoder, bytes)
  })

/** @param stateVector Of nothing by default: everything is asked for. */
export const step1 = (stateVector: Uint8Array = Uint8Array.of(0)): Uint8Array =>
  sync(0, stateVector)
export const step2 = (update: Uint8Array = Uint8Array.of(0, 0)): Uint8Array => sync(1, update)
export const update = (bytes: Uint8Array): Uint8Array => sync(2, bytes)
export const query = (): Uint8Array => Uint8Array.of(3)

export const marker = (version: number): Uint8Array =>
  frame((encoder) => {
    encoding.writeVarUint(encoder, 102)
    encoding.writeVarUint8Array(
      encoder,
      encoding.encode((inner) => encoding.writeVarUint(inner, version)),
    )
  })

/** An awareness frame around a body that need not be sound. */
export const awarenessBody = (body: Uint8Array): Uint8Array =>
  frame((encoder) => {
    encoding.writeVarUint(encoder, 1)
    encoding.writeVarUint8Array(encoder, body)
  })

/** `json` instead of `state` writes that very text. */
export type AwarenessInput =
  | AwarenessEntry
  | { readonly client: number; readonly clock: number; readonly json: string }

export const awareness = (...entries: readonly AwarenessInput[]): Uint8Array =>
  awarenessBody(
    encoding.encode((encoder) => {
      encoding.writeVarUint(encoder, entries.length)
      for (const entry of entries) {
        encoding.writeVarUint(encoder, entry.client)
        encoding.writeVarUint(encoder, entry.clock)
        encoding.writeVarString(encoder, 'json' in entry ? entry.json : JSON.stringify(entry.state))
      }
    }),
  )

/** @throws {Error} when it is not exactly one message: the server promises one per frame. */
export function parseMessage(bytes: Uint8Array): Message {
  const decoder = decoding.createDecoder(bytes)
  const message = readMessage(decoder)
  if (message.is !== 'other' && decoding.hasContent(decoder)) {
    throw new Error(`more than one message in a frame: ${Buffer.from(bytes).toString('hex')}`)
  }
  return message
}

function readMessage(decoder: decoding.Decoder): Message {
  const type = decoding.readVarUint(decoder)
  switch (type) {
    case 0: {
      const kind = decoding.readVarUint(decoder)
      const is = (['step1', 'step2', 'update'] as const)[kind]
      if (is === undefined) throw new Error(`sync message of kind ${kind}`)
      return { is, bytes: decoding.readVarUint8Array(decoder).slice() }
    }
    case 1:
      return { is: 'awareness', entries: readEntries(decoding.readVarUint8Array(decoder)) }
    case 2:
      if (decoding.readVarUint(decoder) !== 0) throw new Error('an auth message other than denied')
      return { is: 'denied', reason: decoding.readVarString(decoder) }
    case 3:
      return { is: 'query' }
    case 102: {
      const inner = decoding.createDecoder(decoding.readVarUint8Array(decoder))
      return { is: 'marker', version: decoding.readVarUint(inner) }
    }
    default:
      return { is: 'other', type }
  }
}

function readEntries(body: Uint8Array): readonly AwarenessEntry[] {
  const decoder = decoding.createDecoder(body)
  const entries: AwarenessEntry[] = []
  for (let left = decoding.readVarUint(decoder); left > 0; left--) {
    const client = decoding.readVarUint(decoder)
    const clock = decoding.readVarUint(decoder)
    entries.push({ client, clock, state: JSON.parse(decoding.readVarString(decoder)) })
  }
  return entries
}
