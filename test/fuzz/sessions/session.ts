import * as Y from 'yjs'
import { checkUpdate } from '../../../src/crdt/check.ts'
import { NONE, SKIP } from '../../../src/crdt/scan.ts'
import { decodeStateVector } from '../../../src/crdt/state-vector.ts'
import type { Seeded } from '../../support/seeded.ts'
import type { Peer } from './peer.ts'

/** An update that somebody emitted, and the way it came about. */
export interface Emitted {
  readonly bytes: Uint8Array
  readonly by: string
}

/** A random session and everything that left its replicas. */
export interface Session {
  readonly emitted: readonly Emitted[]
  readonly operations: readonly string[]
}

/**
 * Peers that edit at the same time and exchange what they have late, twice, out of order or not at
 * all, so that replicas with pending structs encode too; between them servers that merge and diff.
 */
export function runSession(random: Seeded, peers: readonly Peer[], length: number): Session {
  const emitted: Emitted[] = []
  const operations: string[] = []
  const emit = (by: string, bytes: Uint8Array) => emitted.push({ by, bytes })
  const collect = (index: number, by: string) => {
    for (const update of (peers[index] as Peer).take()) emit(by, update)
  }
  const deliver = (bytes: Uint8Array, to: Peer) => {
    if (!to.onlyClosed || isClosed(bytes, to.stateVector())) to.apply(bytes)
  }
  for (let i = 0; i < length; i++) {
    const index = random.int(0, peers.length - 1)
    const peer = peers[index] as Peer
    const other = random.pick(peers)
    const what = random.int(0, 9)
    if (what < 6) {
      operations.push(`${index} edits: ${peer.edit()}`)
      collect(index, `edit of ${index}`)
    } else if (what < 8 && emitted.length > 0) {
      const update = random.int(0, emitted.length - 1)
      operations.push(`${index} gets ${update}`)
      deliver((emitted[update] as Emitted).bytes, peer)
      collect(index, `${update} delivered to ${index}`)
    } else if (what === 8) {
      operations.push(`${index} sends to ${peers.indexOf(other)} what it lacks`)
      const lacking = peer.encode(other.stateVector())
      emit(`diff of ${index}`, lacking)
      emit(`state of ${index}`, peer.encode())
      deliver(lacking, other)
      collect(peers.indexOf(other), 'diff delivered')
    } else if (emitted.length > 1) {
      operations.push('a server merges and diffs')
      const some = Array.from({ length: random.int(2, 5) }, () => random.pick(emitted).bytes)
      const merged = Y.mergeUpdates(some)
      emit('merge', merged)
      emit('diff of a merge', Y.diffUpdate(merged, peer.stateVector()))
    }
  }
  for (const [index, peer] of peers.entries()) emit(`last state of ${index}`, peer.encode())
  return { emitted, operations }
}

/** Whether everything that the update names is in it or below the state vector. */
function isClosed(bytes: Uint8Array, stateVector: Uint8Array): boolean {
  const scan = checkUpdate(bytes)
  const known = decodeStateVector(stateVector)
  const knows = (client: number, clock: number) => clock < (known.get(client) ?? 0)
  const holds = (client: number, clock: number) => {
    const section = scan.sectionOf(client)
    return section >= 0 && scan.structOf(section, clock) >= 0
  }
  const isThere = (clients: Float64Array, clocks: Uint32Array, row: number) => {
    const [client, clock] = [clients[row] as number, clocks[row] as number]
    return clock === NONE || knows(client, clock) || holds(client, clock)
  }
  for (let section = 0; section < scan.sections; section++) {
    const client = scan.sectionClient[section] as number
    const first = scan.clock[scan.sectionFrom[section] as number] as number
    if (first > 0 && !knows(client, first - 1)) return false
  }
  for (let row = 0; row < scan.structs; row++) {
    if (scan.info[row] === SKIP) return false
    if (!isThere(scan.originClient, scan.originClock, row)) return false
    if (!isThere(scan.rightClient, scan.rightClock, row)) return false
    if (!isThere(scan.parentClient, scan.parentClock, row)) return false
  }
  return Array.from({ length: scan.deletes }, (_, row) => row).every((row) => {
    const client = scan.deleteClient[row] as number
    const last = (scan.deleteClock[row] as number) + (scan.deleteLength[row] as number) - 1
    return knows(client, last) || holds(client, last)
  })
}
