import { type CryptoKey, importJWK, type JWK } from 'jose'
import { z } from 'zod'
import { type Tenant, tenant } from '../core/ids.ts'
import type { Algorithm, SigningKey } from './signing-key.ts'

/** Tokens could be forged below; above, one verification takes milliseconds. In bits. */
const RSA_BITS = { least: 2_048, most: 8_192 }

const jwkSchema = z.object({
  kty: z.string(),
  kid: z.string().optional(),
  alg: z.string().optional(),
  use: z.string().optional(),
  key_ops: z.array(z.string()).optional(),
  // Ours: the only tenant that it signs for.
  tenant: z.string().optional(),
  d: z.undefined().optional(),
})
const rsaSchema = z.object({ kty: z.literal('RSA'), n: z.string(), e: z.string() })
const ecSchema = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
})
const edSchema = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string() })

/** The algorithm of each type of key, what a key of it is made of, and how `alg` may name it. */
const TYPES: readonly [Algorithm, z.ZodType<JWK>, readonly string[]][] = [
  ['RS256', rsaSchema, ['RS256']],
  ['ES256', ecSchema, ['ES256']],
  ['EdDSA', edSchema, ['EdDSA', 'Ed25519']],
]

/** @returns The key, or why it does not count: the words complete "key 1 …". */
export async function importJwk(jwk: unknown): Promise<SigningKey | string> {
  const common = jwkSchema.safeParse(jwk)
  if (!common.success) {
    const isPrivate = common.error.issues.some(({ path }) => path[0] === 'd')
    return isPrivate ? 'is private: only its public half belongs here' : 'is no JWK'
  }
  const { kty, kid = null, alg: named, use, key_ops: uses, tenant: owner } = common.data
  if (kty === 'oct') return 'is a secret, which no key set may hold: --auth-secret takes one'
  const boundTo = owner === undefined ? null : tenantOf(owner)
  // It must not become a key for all of them.
  if (boundTo === undefined) return 'is for a tenant that cannot be'
  if ((use !== undefined && use !== 'sig') || uses?.includes('verify') === false) {
    return 'is not for signatures'
  }
  for (const [alg, schema, names] of TYPES) {
    const material = schema.safeParse(jwk)
    if (!material.success) continue
    if (named !== undefined && !names.includes(named)) return 'is for another algorithm'
    const key = await imported(material.data, alg)
    return typeof key === 'string' ? key : { alg, kid, tenant: boundTo, key }
  }
  return 'is of another type than RSA, P-256 and Ed25519'
}

async function imported(jwk: JWK, alg: Algorithm): Promise<CryptoKey | string> {
  let key: CryptoKey | Uint8Array
  try {
    key = await importJWK(jwk, alg)
  } catch {
    return 'is damaged'
  }
  if (key instanceof Uint8Array) return 'is a secret'
  const { modulusLength: bits } = key.algorithm as { modulusLength?: number }
  return bits !== undefined && (bits < RSA_BITS.least || bits > RSA_BITS.most)
    ? `has ${bits} bits: RSA keys have ${RSA_BITS.least} to ${RSA_BITS.most}`
    : key
}

function tenantOf(name: string): Tenant | undefined {
  try {
    return tenant(name)
  } catch {
    return undefined
  }
}
