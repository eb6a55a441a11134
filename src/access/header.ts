import { decodeJwt, decodeProtectedHeader } from 'jose'
import { z } from 'zod'
import { DEFAULT_TENANT } from '../core/ids.ts'
import { unauthenticated } from './refusal.ts'
import { ALGORITHMS, type Algorithm } from './signing-key.ts'

/** Longer tokens are refused before anything reads them. In bytes, of which base64url has one each. */
export const MAX_TOKEN_BYTES = 8_192

/** What a token says of itself, and anybody could have written: it only picks keys to try. */
export interface Unverified {
  readonly alg: Algorithm
  /** `null` when it names none. */
  readonly kid: string | null
  readonly tenant: string
}

/** Three parts, none of them empty: an encrypted token has five, one signed with `none` two. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/
/** A token of another kind, a logout say, is not one for us, even with a sound signature. */
const TYPES = /^(?:application\/)?(?:at\+)?jwt$/i

/** Members that are not here (`jku`, `jwk`, `x5u`, `x5c` …) are never looked at. */
const headerSchema = z.object({
  alg: z.enum(ALGORITHMS),
  kid: z.string().optional(),
  typ: z.string().regex(TYPES).optional(),
  // Both change what the signature means. jose knows `b64`; nobody needs it in a token.
  crit: z.undefined().optional(),
  b64: z.undefined().optional(),
})
const payloadSchema = z.object({ tenant: z.string().default(DEFAULT_TENANT) })

/** @throws {TributaryError} `unauthenticated` when it is too long, or no signed JWT of ours. */
export function readUnverified(token: string): Unverified {
  if (token.length > MAX_TOKEN_BYTES) {
    throw unauthenticated(`the token has more than ${MAX_TOKEN_BYTES} bytes`)
  }
  const header = COMPACT.test(token) ? parsed(() => decodeProtectedHeader(token)) : null
  const payload = header === null ? null : parsed(() => decodeJwt(token))
  if (header === null || payload === null) throw unauthenticated('the token is no signed JWT')
  const head = headerSchema.safeParse(header)
  if (!head.success) throw unauthenticated('the token is signed in a way that is not taken')
  const body = payloadSchema.safeParse(payload)
  if (!body.success) throw unauthenticated('the claim "tenant" is not what it must be')
  return { alg: head.data.alg, kid: head.data.kid ?? null, tenant: body.data.tenant }
}

function parsed(decode: () => unknown): unknown {
  try {
    return decode()
  } catch {
    // jose's error would do, but it may hold what it could not read.
    return null
  }
}
