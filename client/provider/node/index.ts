// The client, for Node, which has no WebSocket of its own in version 20, and no IndexedDB.

export type { Tier } from '../../../src/core/tier.ts'
export type { LinkState, SaveState, Status } from '../status.ts'
export type { Aside } from '../store.ts'
