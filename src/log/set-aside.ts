/** What something set aside counts beside its bytes: many small ones have a bound too. */
const OVERHEAD = 256

/** What it counts against `setAsideBytes`. */
export const costAside = (bytes: Uint8Array): number => bytes.length + OVERHEAD
