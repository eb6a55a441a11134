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
  const structs = formOf(written)
  for (const { asides } of authors) {
    if (asides === null) continue
    for (const { update } of asides) {
      const own = rangesOf(update)
      const rest = written.filter((one) => !overlap(rangesOf(one), own))
      if (!formOf([...rest, update]).equals(structs)) faults.push('an original is not what it was')
    }
  }
  return faults.map((fault) => `seed ${seed}: ${fault}`)
}

/** @throws {TypeError} when something is missing in between. */
function formOf(updates: readonly Uint8Array[]): Buffer {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, Y.mergeUpdates([...updates]))
  const { pendingStructs, pendingDs } = doc.store
  if (pendingStructs !== null || pendingDs !== null) throw new TypeError('structs are missing')
  return canonical(doc)
}

const rangesOf = (update: Uint8Array): Delete[] =>
  Y.decodeUpdate(update)
    .structs.filter((struct) => !(struct instanceof Y.Skip))
    .map(({ id, length }) => [id.client, id.clock, length] as const)

const touches = ([client, clock, length]: Delete, [other, from, size]: Delete): boolean =>
  client === other && clock < from + size && from < clock + length

const overlap = (some: readonly Delete[], others: readonly Delete[]): boolean =>
  some.some((one) => others.some((other) => touches(one, other)))
