import * as Y from 'yjs'
import type { SetAside } from '../../src/log/log.ts'
import { canonical } from './checker.ts'
import { type Delete, forge } from './forge.ts'
import { ENTITY_BYTES, type Played, UPDATE_BYTES } from './refused-session.ts'

/** What the server took without its content, as it had come, and why. */
type Refused = Pick<SetAside, 'bytes' | 'why'>

/**
 * What is wrong with a session, in words; empty when all is well. What it should have come to is what
 * Yjs makes of everything that was written, when what was refused is deleted from it: a third thing
 * beside the server's code and the provider's.
 *
 * @param refused What the server has put aside of it, as far as it was new there.
 */
export function refusedFaults(played: Played, refused: readonly Refused[]): string[] {
  const faults: string[] = []
  const { copies, authors, seed } = played
  const written = authors.flatMap((author) => author.written)
  const gone = refused.flatMap(({ bytes }) => rangesOf(bytes))
  const most = written.reduce((sum, { length }) => sum + length, 0)
  for (const { bytes, why } of refused) {
    const isTooMuch = why === 'update-too-large' ? bytes.length > UPDATE_BYTES : most > ENTITY_BYTES
    if (!isTooMuch) faults.push(`${bytes.length} bytes were refused without need (${why})`)
  }
  const expected = formOf([...written, forge([], gone)])
  for (const [index, copy] of copies.entries()) {
    if (!formOf([copy]).equals(expected)) faults.push(`copy ${index} is not what Yjs makes of it`)
  }
  const all = docOf(written)
  const structs = canonical(all)
  for (const { client, asides } of authors) {
    if (asides === null) continue
    const kept = asides.flatMap(({ update }) => rangesOf(update))
    for (const range of gone) {
      // Who has deleted it himself misses nothing.
      if (range[0] === client && isAlive(all, range) && !isWithin(range, kept)) {
        faults.push(`${range} of an author was refused, and is not set aside`)
      }
    }
    for (const { update } of asides) {
      const own = rangesOf(update)
      const rest = written.filter((one) => !overlap(rangesOf(one), own))
      if (!formOf([...rest, update]).equals(structs)) faults.push('an original is not what it was')
    }
  }
  return faults.map((fault) => `seed ${seed}: ${fault}`)
}

/** @throws {TypeError} when something is missing in between. */
function docOf(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, Y.mergeUpdates([...updates]))
  const { pendingStructs, pendingDs } = doc.store
  if (pendingStructs !== null || pendingDs !== null) throw new TypeError('structs are missing')
  return doc
}

const formOf = (updates: readonly Uint8Array[]): Buffer => canonical(docOf(updates))

const isAlive = ({ store }: Y.Doc, [client, clock]: Delete): boolean =>
  !Y.getItem(store, Y.createID(client, clock)).deleted

const rangesOf = (update: Uint8Array): Delete[] =>
  Y.decodeUpdate(update)
    .structs.filter((struct) => !(struct instanceof Y.Skip))
    .map(({ id, length }) => [id.client, id.clock, length] as const)

const touches = ([client, clock, length]: Delete, [other, from, size]: Delete): boolean =>
  client === other && clock < from + size && from < clock + length

const overlap = (some: readonly Delete[], others: readonly Delete[]): boolean =>
  some.some((one) => others.some((other) => touches(one, other)))

/** Each clock of it is in one of them. */
function isWithin([client, clock, length]: Delete, all: readonly Delete[]): boolean {
  for (let at = clock; at < clock + length; ) {
    const around = all.find(([of, from, size]) => of === client && from <= at && at < from + size)
    if (around === undefined) return false
    at = around[1] + around[2]
  }
  return true
}
