import type { Unverified } from './header.ts'
import { importJwk } from './import-jwk.ts'
import type { SigningKey } from './signing-key.ts'

/** So many keys are tried on one token. */
const MAX_TRIED = 8

/**
 * The keys of one issuer, from one place: a set is made for each answer of an endpoint and serves
 * nobody else, so that name and algorithm are enough to pick by. Several may share a name, since two
 * tenants that each name their only key `1` know nothing of each other.
 */
export class KeySet {
  readonly #keys: readonly SigningKey[]

  constructor(keys: readonly SigningKey[]) {
    this.#keys = keys
  }

  /**
   * Those that may have signed a token, at most 8, its namesakes first. What is picked by the
   * token's own words is sound: the signature is over the same words.
   */
  candidates({ alg, kid, tenant }: Unverified): SigningKey[] {
    return this.#keys
      .filter((key) => key.alg === alg)
      .filter((key) => key.tenant === null || key.tenant === tenant)
      .filter((key) => kid === null || key.kid === null || key.kid === kid)
      .sort((a, b) => Number(b.kid === kid) - Number(a.kid === kid))
      .slice(0, MAX_TRIED)
  }
}

export interface KeySetReading {
  readonly keys: readonly SigningKey[]
  /** Why each of the others does not count, by its place: `key 2 is a secret …`. */
  readonly ignored: readonly string[]
}

/** More are not read: the bytes of a key set are bounded, the work that they cause should be too. */
const MAX_KEYS = 256

/**
 * @param content A JWK set, or a single JWK.
 * @throws {TypeError} When it is neither; the message completes "it …".
 * @example const { keys, ignored } = await readKeySet({ keys: [{ kty: 'EC', … }] })
 */
export async function readKeySet(content: unknown): Promise<KeySetReading> {
  const keys: SigningKey[] = []
  const ignored: string[] = []
  for (const [at, jwk] of membersOf(content).entries()) {
    const key = await importJwk(jwk)
    if (typeof key === 'string') ignored.push(`key ${at + 1} ${key}`)
    else keys.push(key)
  }
  return { keys, ignored }
}

function membersOf(content: unknown): readonly unknown[] {
  if (typeof content === 'object' && content !== null) {
    if ('keys' in content && Array.isArray(content.keys)) {
      if (content.keys.length > MAX_KEYS) throw new TypeError(`holds more than ${MAX_KEYS} keys`)
      return content.keys
    }
    if ('kty' in content) return [content]
  }
  throw new TypeError('holds no JWK set and no JWK')
}
