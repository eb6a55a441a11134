// The client, for browsers. `node/index.ts` is the same for Node.

export type { Tier } from '../../src/core/tier.ts'
export type { LinkState, SaveState, Status } from './status.ts'
export type { Aside } from './store.ts'
