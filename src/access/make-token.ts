import { SignJWT } from 'jose'
import type { Clock } from '../core/clock.ts'
import { TributaryError } from '../core/errors.ts'
import type { TokenWish } from '../ops/token-options.ts'
import { MAX_TOKEN_BYTES } from './header.ts'

/**
 * A token for trying out, signed with the secret of the server (HS256).
 *
 * @throws {TributaryError} `bad-request` when no server would take it, being too long.
 * @example await makeToken({ sub: 'ann', grants: [{ entity: 'notes/*', may: 'write' }], … }, clock)
 */
export async function makeToken(wish: TokenWish, clock: Clock): Promise<string> {
  const { sub, tenant, grants, expires, issuer, audience, secret } = wish
  const now = Math.floor(clock.wall() / 1_000)
  const claims = {
    sub,
    tenant,
    grants: [...grants],
    iat: now,
    exp: now + Math.round(expires / 1_000),
    ...(issuer === null ? {} : { iss: issuer }),
    ...(audience === null ? {} : { aud: audience }),
  }
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(secret))
  if (token.length > MAX_TOKEN_BYTES) {
    throw new TributaryError(
      'bad-request',
      `the token would have ${token.length} bytes, the most is ${MAX_TOKEN_BYTES}: give fewer or shorter grants`,
    )
  }
  return token
}
