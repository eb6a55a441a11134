import { Writer } from './bytes.mjs'
import { NOTHING } from './updates.mjs'

export const STEP1 = 0
export const STEP2 = 1
export const UPDATE = 2
const SYNC = 0
const AUTH = 2
const QUERY_AWARENESS = 3
const OTHER = -1
/** Of the y-websocket dialect, from y-sweet: it comes back when all before it is durable. */
export const MARKER = 102

/**
 * How one family of clients speaks. `read` leaves the reader at the update of a step2 or an update.
 *
 * @typedef {object} Dialect
 * @property {(entity: string) => string} path Behind the prefix of the target.
 * @property {(entity: string, kind: number, body: Uint8Array) => Uint8Array} sync
 * @property {(entity: string) => Uint8Array[]} greeting What goes before everything else.
 * @property {(entity: string) => Uint8Array} word That somebody is still there: asks who else is, of
 *   which nobody but the server hears.
 * @property {(reader: import('./bytes.mjs').Reader) => number} read
 */

/** @param {string} address @param {number} kind @param {Uint8Array} body */
function sync(address, kind, body) {
  const writer = new Writer(body.length + address.length + 24)
  if (address !== '') writer.text(address)
  writer.byte(SYNC)
  writer.byte(kind)
  writer.bytes(body)
  return writer.done()
}

/** @param {import('./bytes.mjs').Reader} reader */
function readSync(reader) {
  if (reader.byte() !== SYNC) return OTHER
  const kind = reader.byte()
  if (kind !== STEP1) reader.number()
  return kind
}

/** One entity per socket, named by the path. */
const yWebsocket = /** @satisfies {Dialect} */ ({
  path: (entity) => entity,
  sync: (_entity, kind, body) => sync('', kind, body),
  greeting: () => [],
  word: () => Uint8Array.of(QUERY_AWARENESS),
  read: readSync,
})

/** The name of the entity before every message; the path says nothing. */
const hocuspocus = /** @satisfies {Dialect} */ ({
  path: () => '',
  sync,
  greeting(entity) {
    const writer = new Writer(entity.length + 32)
    writer.text(entity)
    writer.byte(AUTH)
    writer.byte(0)
    writer.text('bench')
    writer.text('4.7.0')
    return [writer.done()]
  },
  word(entity) {
    const writer = new Writer(entity.length + 8)
    writer.text(entity)
    writer.byte(QUERY_AWARENESS)
    return writer.done()
  },
  read(reader) {
    reader.passBytes()
    return readSync(reader)
  },
})

/** @type {Record<string, Dialect>} */
export const DIALECTS = { 'y-websocket': yWebsocket, hocuspocus }

/** The answer of a client that has nothing new to a server's step1. @param {Dialect} dialect @param {string} entity */
export function nothingNew(dialect, entity) {
  return dialect.sync(entity, STEP2, NOTHING)
}

/** @param {number} version */
export function marker(version) {
  const writer = new Writer(24)
  writer.byte(MARKER)
  const body = new Writer(12)
  body.number(version)
  writer.bytes(body.done())
  return writer.done()
}
