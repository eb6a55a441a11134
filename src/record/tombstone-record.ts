/** What a removal leaves behind for good: client id and next clock of all that was removed. */
export type Tombstone = readonly (readonly [client: number, clock: number])[]
