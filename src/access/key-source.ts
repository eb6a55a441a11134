import type { Unverified } from './header.ts'
import type { KeySet } from './key-set.ts'
import type { SigningKey } from './signing-key.ts'

/** Where the keys come from: a secret, a file, an endpoint. */
export interface KeySource {
  /**
   * The keys that may have signed a token; none when no key counts for it.
   *
   * @throws {TributaryError} `not-available` when it cannot be known now.
   */
  keysFor(token: Unverified): Promise<readonly SigningKey[]>
  /** What is wrong with the keys now. */
  readonly warnings: readonly string[]
  close(): void
}

/** Keys that stay what they were at the start. */
export function fixedKeys(set: KeySet): KeySource {
  return { keysFor: async (token) => set.candidates(token), warnings: [], close() {} }
}
