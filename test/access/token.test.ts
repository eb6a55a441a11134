import type { JWK } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { KeySet, readKeySet } from '../../src/access/key-set.ts'
import { openAccess } from '../../src/access/open-access.ts'
import { secretKey } from '../../src/access/signing-key.ts'
import { entityId } from '../../src/core/ids.ts'
import {
  accessOf,
  claimsWith,
  forged,
  type Issuer,
  makeIssuer,
  NOTE,
  NOW,
  refusalOf,
  SECRET,
  signed,
} from '../support/issuer.ts'
import { ManualClock } from '../support/manual-clock.ts'

const WAY = 'unauthenticated: the token is signed in a way that is not taken'
const NO_JWT = 'unauthenticated: the token is no signed JWT'
const NO_KEY = 'unauthenticated: the token is not signed by a key that counts here'
const EXPIRED = 'unauthenticated: the token has expired: come back with a new one'

const issuers = new Map<string, Issuer>()
const of = (alg: string): Issuer => issuers.get(alg) as Issuer
beforeAll(async () => {
  for (const alg of ['RS256', 'ES256', 'EdDSA']) issuers.set(alg, await makeIssuer(alg))
})

describe('[G1] without keys', () => {
  test('everybody is anonymous and may write', async () => {
    const access = openAccess()
    expect([access.open, access.warnings]).toEqual([true, []])
    expect(await access.admit(null, NOTE)).toEqual({
      actor: 'anonymous',
      tenant: 'default',
      may: 'write',
      expiresAt: null,
    })
    expect((await access.admit('anything', NOTE)).actor).toBe('anonymous')
  })

  test('and with them nobody without a token', async () => {
    const access = await accessOf(null)
    expect(access.open).toBe(false)
    expect(await refusalOf(access, null)).toBe(
      'unauthenticated: a token is needed: ask whoever runs this server for one',
    )
    expect(await refusalOf(access, '')).toBe(NO_JWT)
  })
})

describe('[G2] the form of a token', () => {
  test('of 8,192 bytes is taken, one more is not', async () => {
    const access = await accessOf(null)
    const bare = signed({ filler: '' }).length
    const long = (bytes: number): string => {
      // Base64url has four letters for three bytes: one of these lengths is it.
      for (let fill = Math.floor(((bytes - bare) * 3) / 4) - 3; ; fill++) {
        const token = signed({ filler: 'x'.repeat(fill) })
        if (token.length >= bytes) return token
      }
    }
    const [most, more] = [long(8_191), long(8_193)]
    expect([8_191, 8_192]).toContain(most.length)
    expect(await refusalOf(access, most)).toBe('admitted')
    expect(await refusalOf(access, more)).toBe(
      'unauthenticated: the token has more than 8192 bytes',
    )
    expect(await refusalOf(access, '.'.repeat(100_000))).toMatch(/more than 8192 bytes/)
  })

  const header = { alg: 'HS256' }
  test.each<[string, string, string]>([
    ['none', forged({ alg: 'none' }), WAY],
    ['none without a signature', forged({ alg: 'none' }).replace(/[^.]+$/, ''), NO_JWT],
    ['nOnE', forged({ alg: 'nOnE' }), WAY],
    ['no algorithm', forged({ typ: 'JWT' }), WAY],
    ['HS512', forged({ alg: 'HS512' }), WAY],
    ['PS256', forged({ alg: 'PS256' }), WAY],
    ['a list of algorithms', forged({ alg: ['HS256'] }), WAY],
    ['crit', forged({ ...header, crit: ['exp'], exp: 1 }), WAY],
    ['an empty crit', forged({ ...header, crit: [] }), WAY],
    ['b64', forged({ ...header, b64: true }), WAY],
    ['b64 as critical', forged({ ...header, b64: false, crit: ['b64'] }), WAY],
    ['another type', forged({ ...header, typ: 'logout+jwt' }), WAY],
    ['a kid that is no text', forged({ ...header, kid: 1 }), WAY],
    ['five parts', `${signed()}.AAAA.AAAA`, NO_JWT],
    ['two parts', signed().replace(/\.[^.]+$/, ''), NO_JWT],
    ['a space', ` ${signed()}`, NO_JWT],
    ['padding', `${signed()}=`, NO_JWT],
    ['a header that is no JSON', forged('{' as never), NO_JWT],
    ['a header that is a list', forged([] as never), NO_JWT],
    ['claims that are no JSON', forged(header, '{'), NO_JWT],
    ['claims that are a list', forged(header, []), NO_JWT],
    ['claims that are null', forged(header, null), NO_JWT],
  ])('%s is refused', async (_, token, why) => {
    expect(await refusalOf(await accessOf(null), token)).toBe(why)
  })

  test.each(['JWT', 'jwt', 'at+jwt', 'application/at+jwt'])('the type %s is one', async (typ) => {
    expect(await refusalOf(await accessOf(null), forged({ ...header, typ }))).toBe('admitted')
  })

  test('no token brings its own key', async () => {
    const stranger = await makeIssuer('ES256')
    const url = 'http://127.0.0.1:1/keys'
    const own = { jwk: stranger.jwk, jku: url, x5u: url, x5c: ['AAAA'], x5t: 'AAAA' }
    const access = await accessOf([of('ES256').jwk])
    expect(await refusalOf(access, await stranger.sign({}, own))).toBe(NO_KEY)
    expect(await refusalOf(access, await of('ES256').sign({}, own))).toBe('admitted')
  })
})

describe('[G3] a key is for one algorithm', () => {
  test.each(['RS256', 'ES256', 'EdDSA'])('%s', async (alg) => {
    const { jwk, sign } = of(alg)
    const token = await sign()
    expect(await refusalOf(await accessOf([jwk]), token)).toBe('admitted')
    expect(await refusalOf(await accessOf([{ ...jwk, alg }]), token)).toBe('admitted')
    for (const other of ['RS256', 'ES256', 'EdDSA'].filter((one) => one !== alg)) {
      expect(await refusalOf(await accessOf([of(other).jwk]), token)).toBe(NO_KEY)
    }
  })

  test('HS256 with the public key of RSA as the secret is refused', async () => {
    const { jwk, pem } = of('RS256')
    const access = await accessOf([jwk])
    for (const secret of [pem, pem.trim(), JSON.stringify(jwk), String(jwk.n)]) {
      expect(await refusalOf(access, forged({ alg: 'HS256' }, claimsWith(), secret))).toBe(NO_KEY)
      // The other way round: our HMAC, called RS256.
      expect(await refusalOf(access, forged({ alg: 'RS256' }, claimsWith(), secret))).toBe(NO_KEY)
    }
  })

  test('another secret, and the secret for another algorithm', async () => {
    const access = await accessOf(null)
    expect(await refusalOf(access, signed())).toBe('admitted')
    expect(await refusalOf(access, forged({ alg: 'HS256' }, claimsWith(), `${SECRET}.`))).toBe(
      NO_KEY,
    )
    expect(await refusalOf(access, await of('RS256').sign())).toBe(NO_KEY)
  })

  test('what was changed behind the signature is refused', async () => {
    const access = await accessOf(null)
    const [head, , signature] = signed().split('.')
    const [, claims] = signed({ sub: 'eve' }).split('.')
    expect(await refusalOf(access, `${head}.${claims}.${signature}`)).toBe(NO_KEY)
  })
})

describe('[G4] time, issuer and audience', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['no exp', { exp: undefined }, 'unauthenticated: the token does not say when it expires'],
    ['exp is a text', { exp: `${NOW}` }, 'unauthenticated: the token does not say when it expires'],
    ['expired, 59 s ago', { exp: NOW - 59 }, 'admitted'],
    ['expired, 60 s ago', { exp: NOW - 60 }, EXPIRED],
    ['expired, long ago', { exp: 0 }, EXPIRED],
    ['not yet, for 60 s', { nbf: NOW + 60 }, 'admitted'],
    ['not yet, for 61 s', { nbf: NOW + 61 }, 'unauthenticated: the token does not count yet'],
    ['the year 9999', { exp: 253_402_300_799 }, 'admitted'],
    [
      'the year 10000',
      { exp: 253_402_300_800 },
      'unauthenticated: the claim "exp" is missing or not what it must be',
    ],
  ])('%s', async (_, claims, outcome) => {
    expect(await refusalOf(await accessOf(null), signed(claims))).toBe(outcome)
  })

  test('a number that JSON takes for Infinity is no time', async () => {
    const claims = JSON.stringify(claimsWith({ exp: 'X' })).replace('"X"', '1e999')
    expect(await refusalOf(await accessOf(null), forged({ alg: 'HS256' }, claims))).toMatch(/"exp"/)
  })

  test.each([NOW + 10, NOW + 10.5])('exp %d is refused from `expiresAt` on', async (exp) => {
    const clock = new ManualClock()
    const access = await accessOf(null, { clock })
    const token = signed({ exp })
    const { expiresAt } = await access.admit(token, NOTE)
    clock.advance((expiresAt as number) - clock.wall() - 1)
    expect(await refusalOf(access, token)).toBe('admitted')
    clock.advance(1)
    expect(await refusalOf(access, token)).toBe(EXPIRED)
  })

  test('issuer and audience are looked at where configured', async () => {
    const strict = await accessOf(null, { issuer: 'us', audience: 'board' })
    const isFor = async (claims: Record<string, unknown>) => refusalOf(strict, signed(claims))
    const other = ['unauthenticated: the token is of another issuer'] as const
    expect(await isFor({ iss: 'us', aud: 'board' })).toBe('admitted')
    expect(await isFor({ iss: 'us', aud: ['x', 'board'] })).toBe('admitted')
    for (const iss of [undefined, 'them', ['us'], 1, 'US']) {
      expect(await isFor({ iss, aud: 'board' })).toBe(other[0])
    }
    for (const aud of [undefined, 'x', ['x'], [], {}, 'boards']) {
      expect(await isFor({ iss: 'us', aud })).toBe(
        'unauthenticated: the token is for another audience',
      )
    }
    const loose = await accessOf(null)
    expect(await refusalOf(loose, signed({ iss: 'them', aud: 'x' }))).toBe('admitted')
  })
})

describe('[G5] the claims', () => {
  test('say actor, tenant, grant and end', async () => {
    const token = signed({ sub: 'ann@example.org', tenant: 'acme', unknown: { nested: [1] } })
    expect(await (await accessOf(null)).admit(token, NOTE)).toEqual({
      actor: 'ann@example.org',
      tenant: 'acme',
      may: 'write',
      expiresAt: (NOW + 3_660) * 1_000,
    })
  })

  const grant = { entity: 'a', may: 'read' }
  test.each<[string, Record<string, unknown>, string]>([
    ['no sub', { sub: undefined }, 'sub'],
    ['an empty sub', { sub: '' }, 'sub'],
    ['a sub of 257 bytes', { sub: `a${'é'.repeat(128)}` }, 'sub'],
    ['a sub with a line feed', { sub: 'a\nb' }, 'sub'],
    ['a sub with a C1 control', { sub: 'a\u0085b' }, 'sub'],
    ['half a surrogate pair', { sub: '\ud800' }, 'sub'],
    ['a sub that is a number', { sub: 1 }, 'sub'],
    ['a tenant with a slash', { tenant: 'a/b' }, 'tenant'],
    ['an empty tenant', { tenant: '' }, 'tenant'],
    ['no grants', { grants: undefined }, 'grants'],
    ['an empty list of grants', { grants: [] }, 'grants'],
    ['101 grants', { grants: Array(101).fill(grant) }, 'grants'],
    ['grants that are no list', { grants: { 0: grant } }, 'grants'],
    ['a grant that is a text', { grants: ['a:read'] }, 'grants.0'],
    ['an unknown may', { grants: [grant, { ...grant, may: 'Write' }] }, 'grants.1.may'],
    ['no may', { grants: [{ entity: 'a' }] }, 'grants.0.may'],
    ['an empty pattern', { grants: [{ ...grant, entity: '' }] }, 'grants.0.entity'],
    [
      'a pattern of 257 bytes',
      { grants: [{ ...grant, entity: 'a'.repeat(257) }] },
      'grants.0.entity',
    ],
    ['a pattern that is a list', { grants: [{ ...grant, entity: ['a'] }] }, 'grants.0.entity'],
  ])('%s refuses the token', async (_, claims, claim) => {
    expect(await refusalOf(await accessOf(null), signed(claims))).toBe(
      `unauthenticated: the claim "${claim}" is missing or not what it must be`,
    )
  })

  test.each([1, null, ['default'], {}])('a tenant of %j refuses the token', async (tenant) => {
    expect(await refusalOf(await accessOf(null), signed({ tenant }))).toBe(
      'unauthenticated: the claim "tenant" is not what it must be',
    )
  })

  test('the highest of all grants that match counts', async () => {
    const access = await accessOf(null)
    const grants = [
      { entity: '**', may: 'read' },
      { entity: 'notes/*', may: 'admin' },
      { entity: 'notes/today', may: 'write' },
      { entity: 'drafts/**', may: 'write' },
    ]
    const mayOn = async (id: string) => (await access.admit(signed({ grants }), entityId(id))).may
    expect(await mayOn('notes/today')).toBe('admin')
    expect(await mayOn('drafts/a/b')).toBe('write')
    expect(await mayOn('drafts')).toBe('read')
  })

  test('without one it is forbidden', async () => {
    const access = await accessOf(null)
    expect(await refusalOf(access, signed(), entityId('other'))).toBe(
      'forbidden: there is no grant for this entity: ask for a token that has one',
    )
  })
})

describe('[G7] the keys that are tried', () => {
  test('are those with the name in the token, all without one', async () => {
    const [a, b] = [
      await makeIssuer('ES256', { kid: 'a' }),
      await makeIssuer('ES256', { kid: 'b' }),
    ]
    const access = await accessOf([a.jwk, b.jwk])
    expect(await refusalOf(access, await b.sign())).toBe('admitted')
    expect(await refusalOf(access, await b.sign({}, { kid: 'a' }))).toBe(NO_KEY)
    expect(await refusalOf(access, await b.sign({}, { kid: 'c' }))).toBe(NO_KEY)
    expect(await refusalOf(access, await b.sign({}, { kid: undefined }))).toBe('admitted')
    expect(await refusalOf(access, await b.sign({}, { kid: '__proto__' }))).toBe(NO_KEY)
  })

  test('two tenants with one kid: each signs for itself alone', async () => {
    const acme = await makeIssuer('ES256', { kid: '1', tenant: 'acme' })
    const bolt = await makeIssuer('ES256', { kid: '1', tenant: 'bolt' })
    const access = await accessOf([acme.jwk, bolt.jwk])
    for (const [own, name, other] of [
      [acme, 'acme', 'bolt'],
      [bolt, 'bolt', 'acme'],
    ] as const) {
      expect((await access.admit(await own.sign({ tenant: name }), NOTE)).tenant).toBe(name)
      for (const kid of ['1', undefined]) {
        const header = { kid }
        expect(await refusalOf(access, await own.sign({ tenant: other }, header))).toBe(NO_KEY)
        expect(await refusalOf(access, await own.sign({}, header))).toBe(NO_KEY)
        expect(await refusalOf(access, await own.sign({ tenant: 'third' }, header))).toBe(NO_KEY)
      }
    }
  })

  test('a key whose tenant cannot be is not one for all of them', async () => {
    const odd = await makeIssuer('ES256', { tenant: 'a/b' })
    expect(await refusalOf(await accessOf([odd.jwk]), await odd.sign())).toBe(NO_KEY)
  })

  test('are at most 8, namesakes first, those of other tenants not counted', async () => {
    const { jwk } = of('ES256')
    const named = (kid: string | undefined, tenant?: string): JWK & { tenant?: string } => ({
      ...jwk,
      ...(kid === undefined ? {} : { kid }),
      ...(tenant === undefined ? {} : { tenant }),
    })
    const many = [
      ...Array.from({ length: 20 }, () => named('1', 'other')),
      ...Array.from({ length: 20 }, () => named(undefined)),
      named('1'),
    ]
    const set = new KeySet((await readKeySet({ keys: many })).keys)
    const token = { alg: 'ES256', kid: '1', tenant: 'default' } as const
    const tried = set.candidates(token)
    expect(tried.map(({ kid }) => kid)).toEqual(['1', ...Array(7).fill(null)])
    expect(set.candidates({ ...token, kid: null })).toHaveLength(8)
  })

  test('a secret has no name: it is tried on every token', async () => {
    const set = new KeySet([await secretKey(SECRET)])
    expect(set.candidates({ alg: 'HS256', kid: 'x', tenant: 'any' })).toHaveLength(1)
  })
})

test('[G12] a refusal holds nothing of the token', async () => {
  const access = await accessOf([of('RS256').jwk], { issuer: 'us' })
  const mark = 'MARKED'
  const tokens = [
    forged({ alg: mark }),
    forged({ alg: 'RS256', kid: mark }, claimsWith({ tenant: mark })),
    forged({ alg: 'HS256', typ: mark }),
    await of('RS256').sign({ iss: mark }),
    await of('RS256').sign({ iss: 'us', tenant: `${mark}/` }),
    await of('RS256').sign({ iss: 'us', sub: `${mark}\n` }),
    await of('RS256').sign({ iss: 'us', grants: [{ entity: mark, may: mark }] }),
    await of('RS256').sign({ iss: 'us', grants: [{ entity: mark, may: 'read' }], [mark]: 1 }),
  ]
  for (const token of tokens) {
    const refusal = await refusalOf(access, token)
    expect(refusal).toMatch(/^(unauthenticated|forbidden): /)
    expect(refusal).not.toContain(mark)
    expect(refusal).not.toContain('(a cause)')
  }
})
