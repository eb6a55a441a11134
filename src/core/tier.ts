/** How safe an acknowledged entry is, from least to most. */
export const TIERS = ['memory', 'process', 'disk'] as const

/** `memory`: in the memory of a store. `process`: survives a kill of any process. `disk`: fsynced. */
export type Tier = (typeof TIERS)[number]
