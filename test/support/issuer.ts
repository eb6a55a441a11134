import { createHmac } from 'node:crypto'
import { exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose'
import type { Access } from '../../src/access/access.ts'
import { KeySet, readKeySet } from '../../src/access/key-set.ts'
import { fixedKeys } from '../../src/access/key-source.ts'
import { secretKey } from '../../src/access/signing-key.ts'
import { TokenAccess } from '../../src/access/token-access.ts'
import { entityId } from '../../src/core/ids.ts'
import { ManualClock } from './manual-clock.ts'

/** Tokens count by this clock, in seconds. */
export const NOW = new ManualClock().wall() / 1_000
export const SECRET = 'a secret of the tests, longer than 32 bytes'
export const NOTE = entityId('notes/today')

type Members = Readonly<Record<string, unknown>>

/** Claims that let `ann` write to the note, but for those given; `undefined` leaves one out. */
export const claimsWith = (claims: Members = {}): Members => ({
  sub: 'ann',
  grants: [{ entity: 'notes/*', may: 'write' }],
  exp: NOW + 3_600,
  ...claims,
})

/** Somebody who signs tokens with a real key. */
export interface Issuer {
  /** Public. */
  readonly jwk: JWK
  readonly privateJwk: JWK
  readonly pem: string
  sign(claims?: Members, header?: Members): Promise<string>
}

export async function makeIssuer(alg: string, named: Members = {}): Promise<Issuer> {
  const pair = await generateKeyPair(alg, { extractable: true })
  return {
    jwk: { ...(await exportJWK(pair.publicKey)), ...named },
    privateJwk: { ...(await exportJWK(pair.privateKey)), ...named },
    pem: await exportSPKI(pair.publicKey),
    sign: (claims, header) => {
      const kid = named.kid === undefined ? {} : { kid: String(named.kid) }
      return new SignJWT(claimsWith(claims))
        .setProtectedHeader({ alg, ...kid, ...header })
        .sign(pair.privateKey)
    },
  }
}

/** A token signed with a secret, whatever its header says: jose would not make most of them. */
export function forged(header: Members, claims: unknown = claimsWith(), secret = SECRET): string {
  const part = (value: unknown) => Buffer.from(text(value)).toString('base64url')
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
  const signed = `${part(header)}.${part(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

/** A sound token but for what is given. */
export const signed = (claims: Members = {}): string => forged({ alg: 'HS256' }, claimsWith(claims))

interface Expected {
  readonly issuer?: string
  readonly audience?: string
  readonly clock?: ManualClock
}

/** Takes tokens signed with these keys; with the secret of the tests where there are none. */
export async function accessOf(jwks: readonly JWK[] | null, expected: Expected = {}) {
  const { issuer = null, audience = null, clock = new ManualClock() } = expected
  const keys = jwks === null ? [await secretKey(SECRET)] : (await readKeySet({ keys: jwks })).keys
  return new TokenAccess({ keys: fixedKeys(new KeySet(keys)), clock, issuer, audience })
}

/** How a token is refused for the note, as `code: message`; `admitted` when it is not. */
export async function refusalOf(access: Access, token: string | null, id = NOTE): Promise<string> {
  try {
    await access.admit(token, id)
    return 'admitted'
  } catch (thrown) {
    const { code, message, cause } = thrown as { code: string; message: string; cause: unknown }
    return `${code}: ${message}${cause === undefined ? '' : ' (a cause)'}`
  }
}
