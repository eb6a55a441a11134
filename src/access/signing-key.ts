import type { CryptoKey } from 'jose'
import type { Tenant } from '../core/ids.ts'

/** One for each type of key: a secret, RSA, P-256, Ed25519. */
export const ALGORITHMS = ['HS256', 'RS256', 'ES256', 'EdDSA'] as const
export type Algorithm = (typeof ALGORITHMS)[number]

/** A key that tokens are verified with. */
export interface SigningKey {
  /**
   * Fixed by the type of the key. Would the token choose, anybody could sign with what is public:
   * HS256 with the text of an RSA key as the secret.
   */
  readonly alg: Algorithm
  /** `null`: it has no name, and may have signed any token. */
  readonly kid: string | null
  /** The only tenant it signs for; `null`: for every one. */
  readonly tenant: Tenant | null
  readonly key: CryptoKey
}

/** @param secret At least 32 bytes, as the check of its option has it. */
export async function secretKey(secret: string): Promise<SigningKey> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const bytes = new TextEncoder().encode(secret)
  const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['verify'])
  return { alg: 'HS256', kid: null, tenant: null, key }
}
