import { errors, type JWTVerifyOptions, jwtVerify } from 'jose'
import type { Clock } from '../core/clock.ts'
import type { EntityId } from '../core/ids.ts'
import type { Access, Admission } from './access.ts'
import { mayOf, readClaims } from './claims.ts'
import { readUnverified } from './header.ts'
import type { KeySource } from './key-source.ts'
import { forbidden, unauthenticated } from './refusal.ts'
import type { SigningKey } from './signing-key.ts'

export interface TokenAccessOptions {
  readonly keys: KeySource
  readonly clock: Clock
  /** What `iss` must be; `null`: it is not looked at. */
  readonly issuer: string | null
  /** What `aud` must be or hold; `null`: it is not looked at. */
  readonly audience: string | null
}

/** How far apart the clocks of issuer and server may be. */
const LEEWAY_S = 60

/** Why a token with a sound signature does not count. jose's own words may hold what it says. */
const WRONG_CLAIMS: ReadonlyMap<string, string> = new Map([
  ['exp', 'the token does not say when it expires'],
  ['nbf', 'the token does not count yet'],
  ['iss', 'the token is of another issuer'],
  ['aud', 'the token is for another audience'],
])

/**
 * Tokens: JWS in compact form, verified by the keys that its header picks, of which nothing but
 * `alg`, `kid` and `typ` is read. Grants are looked at last, so that who has none is told so only
 * when it is clear who it is.
 *
 * @example new TokenAccess({ keys: fixedKeys(new KeySet([key])), clock, issuer: 'us', audience: null })
 */
export class TokenAccess implements Access {
  readonly open = false
  readonly #keys: KeySource
  readonly #clock: Clock
  readonly #expected: JWTVerifyOptions

  constructor({ keys, clock, issuer, audience }: TokenAccessOptions) {
    this.#keys = keys
    this.#clock = clock
    this.#expected = {
      requiredClaims: ['exp'],
      clockTolerance: LEEWAY_S,
      ...(issuer === null ? {} : { issuer }),
      ...(audience === null ? {} : { audience }),
    }
  }

  get warnings(): readonly string[] {
    return this.#keys.warnings
  }

  async admit(token: string | null, id: EntityId): Promise<Admission> {
    if (token === null)
      throw unauthenticated('a token is needed: ask whoever runs this server for one')
    const keys = await this.#keys.keysFor(readUnverified(token))
    const claims = readClaims(await this.#verify(token, keys))
    const may = mayOf(claims.grants, id)
    if (may === null) throw forbidden()
    // jose counts whole seconds: it refuses from here on.
    const expiresAt = Math.ceil(claims.exp + LEEWAY_S) * 1_000
    return { actor: claims.sub, tenant: claims.tenant, may, expiresAt }
  }

  close(): void {
    this.#keys.close()
  }

  /** The claims, if one of the keys signed them. */
  async #verify(token: string, keys: readonly SigningKey[]): Promise<unknown> {
    for (const { key, alg } of keys) {
      try {
        const currentDate = new Date(this.#clock.wall())
        const options = { ...this.#expected, algorithms: [alg], currentDate }
        return (await jwtVerify(token, key, options)).payload
      } catch (thrown) {
        if (!(thrown instanceof errors.JWSSignatureVerificationFailed)) throw refusalOf(thrown)
      }
    }
    throw unauthenticated('the token is not signed by a key that counts here')
  }
}

/** Without the cause: jose keeps the claims in its errors, and errors are logged. */
function refusalOf(thrown: unknown): Error {
  if (thrown instanceof errors.JWTExpired)
    return unauthenticated('the token has expired: come back with a new one')
  if (thrown instanceof errors.JWTClaimValidationFailed) {
    return unauthenticated(WRONG_CLAIMS.get(thrown.claim) ?? 'a claim is not what it must be')
  }
  if (thrown instanceof errors.JOSEError) return unauthenticated('the token is no signed JWT')
  return thrown instanceof Error ? thrown : new TypeError('verifying failed')
}
