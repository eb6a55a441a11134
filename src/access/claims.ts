import { z } from 'zod'
import { DEFAULT_TENANT, type EntityId, isName, type Tenant, tenant } from '../core/ids.ts'
import type { May } from './access.ts'
import { matcherOf } from './pattern.ts'
import { unauthenticated } from './refusal.ts'

/** Each includes those before it. */
const MAYS = ['read', 'write', 'admin'] as const satisfies readonly May[]

/** The last second of the year 9999. JSON knows numbers like 1e999, which are Infinity. */
const LAST_SECOND = 253_402_300_799

const tenantSchema = z.string().transform((name, context): Tenant => {
  try {
    return tenant(name)
  } catch {
    context.addIssue('no tenant name')
    return z.NEVER
  }
})

/** Strict about types; what is not named here is passed over. */
export const claimsSchema = z.object({
  sub: z.string().refine(isName),
  tenant: tenantSchema.default(DEFAULT_TENANT),
  grants: z
    .array(z.object({ entity: z.string().refine(isName), may: z.enum(MAYS) }))
    .min(1)
    .max(100),
  exp: z.number().max(LAST_SECOND),
})

/** What a verified token says. */
export type Claims = z.output<typeof claimsSchema>
export type Grant = Claims['grants'][number]

/**
 * @param payload Of a token whose signature, time, issuer and audience are right.
 * @throws {TributaryError} `unauthenticated`; the message names the claim, not its value.
 */
export function readClaims(payload: unknown): Claims {
  const { data, error } = claimsSchema.safeParse(payload)
  if (data !== undefined) return data
  // Only names of ours and places in a list: unknown members are not looked at.
  const claim = error.issues[0]?.path.join('.')
  throw unauthenticated(`the claim "${claim}" is missing or not what it must be`)
}

/** The most that any of the grants allows; `null` when none is for this entity. */
export function mayOf(grants: readonly Grant[], id: EntityId): May | null {
  let most = -1
  for (const { entity, may } of grants) {
    const rank = MAYS.indexOf(may)
    if (rank > most && matcherOf(entity)(id)) most = rank
  }
  return MAYS[most] ?? null
}
