import { expect, test } from 'vitest'
import { checkUpdate } from '../../src/crdt/check.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'
import type { Peer } from './sessions/peer.ts'
import { runSession } from './sessions/session.ts'
import { Yjs13Peer } from './sessions/yjs-13.ts'
import { Yjs14Peer } from './sessions/yjs-14.ts'
import { YwasmPeer } from './sessions/ywasm.ts'

/** Sessions of each kind, and operations in each. Raise them by hand for a longer run. */
const SESSIONS = 1_000
const OPERATIONS = 20

const kinds: Record<string, (random: Seeded) => Peer[]> = {
  'yjs 13.6': (random) => [new Yjs13Peer(random), new Yjs13Peer(random), new Yjs13Peer(random)],
  'yjs 14': (random) => [new Yjs14Peer(random), new Yjs14Peer(random), new Yjs13Peer(random)],
  ywasm: (random) => [new YwasmPeer(random), new YwasmPeer(random), new Yjs13Peer(random, true)],
}

for (const [kind, makePeers] of Object.entries(kinds)) {
  test(`[C1] everything that ${SESSIONS} random sessions of ${kind} emit is accepted`, () => {
    const seed = seedOfRun()
    let updates = 0
    for (let i = 0; i < SESSIONS; i++) {
      const random = new Seeded(seed + i)
      const peers = makePeers(random)
      const { emitted, operations } = runSession(random, peers, OPERATIONS)
      for (const peer of peers) peer.free()
      for (const { by, bytes } of emitted) {
        updates++
        const fault = faultOf(bytes)
        const hex = Buffer.from(bytes).toString('hex')
        expect(fault, `SEED=${seed + i} ${by}: ${hex}\n${operations.join('\n')}`).toBeNull()
      }
    }
    expect(updates).toBeGreaterThan(SESSIONS)
  }, 60_000)
}

function faultOf(bytes: Uint8Array): string | null {
  try {
    checkUpdate(bytes)
    return null
  } catch (error) {
    return String(error)
  }
}
