import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { KeyEndpoint } from '../../src/access/key-endpoint.ts'
import { TokenAccess } from '../../src/access/token-access.ts'
import { type Issuer, makeIssuer, NOTE, refusalOf } from '../support/issuer.ts'
import { KeyServer, sending } from '../support/key-server.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { RecordedLog } from '../support/recorded-log.ts'

const MINUTE = 60_000
const NO_KEYS = 'there are no keys yet to verify tokens with'
const KNOWN_GO_ON = 'the keys cannot be fetched: the known ones go on'
const NOT_AVAILABLE = 'not-available: the keys to verify the token cannot be had now'

let a: Issuer
let b: Issuer
beforeAll(async () => {
  a = await makeIssuer('ES256', { kid: 'a' })
  b = await makeIssuer('ES256', { kid: 'b' })
})

let clock: ManualClock
let log: RecordedLog
let server: KeyServer
let access: TokenAccess
const setOf = (...issuers: Issuer[]) => ({ keys: issuers.map(({ jwk }) => jwk) })

beforeEach(async () => {
  clock = new ManualClock()
  log = new RecordedLog()
  server = await KeyServer.start(sending(setOf(a)))
})
afterEach(async () => {
  access?.close()
  await server.stop()
})

function open(url = server.url): void {
  const keys = new KeyEndpoint({ url, clock, logger: log })
  access = new TokenAccess({ keys, clock, issuer: null, audience: null })
}

/** Waits for the fetch under way, by a token that needs it. */
const fetched = async () => refusalOf(access, await b.sign({}, { kid: 'nobody' }))
const tokenOf = async (issuer: Issuer) => refusalOf(access, await issuer.sign())
/** Why the last outage began. */
const why = () =>
  log.lines.filter(([, event]) => event === 'the keys cannot be fetched').at(-1)?.[2].why
/** The time moves on, and what falls due is fetched. */
async function pass(ms: number): Promise<void> {
  clock.advance(ms)
  await fetched()
}

describe('[G9] the keys of an endpoint', () => {
  test('are fetched from the start on; who comes meanwhile waits, in one fetch', async () => {
    let answer = () => {}
    server.answer = (response, request) => {
      answer = () => sending(setOf(a))(response, request)
    }
    open()
    expect(access.warnings).toEqual([NO_KEYS])
    const coming = [tokenOf(a), tokenOf(a), tokenOf(a)]
    await server.askedTimes(1)
    answer()
    expect(await Promise.all(coming)).toEqual(['admitted', 'admitted', 'admitted'])
    expect(server.asked).toEqual(['/keys?token=x'])
    expect(access.warnings).toEqual([])
    expect(log.lines).toEqual([])
  })

  test('are fetched again every 10 minutes', async () => {
    open()
    await fetched()
    await pass(10 * MINUTE - 1)
    // The one above has waited for a name that nobody has.
    expect(server.asked.length).toBe(2)
    server.answer = sending(setOf(b))
    clock.advance(10 * MINUTE)
    await server.askedTimes(3)
    expect(await tokenOf(b)).toBe('admitted')
    expect(server.asked.length).toBe(3)
    expect(await tokenOf(a)).toMatch(/^unauthenticated/)
  })

  test('and for an unknown kid, at most every 30 s', async () => {
    open()
    expect(await tokenOf(a)).toBe('admitted')
    server.answer = sending(setOf(a, b))
    expect(await tokenOf(b)).toMatch(/^unauthenticated: .* not signed by a key/)
    clock.advance(29_999)
    expect(await tokenOf(b)).toMatch(/^unauthenticated/)
    expect(server.asked.length).toBe(1)
    clock.advance(1)
    const many = await Promise.all(Array.from({ length: 20 }, () => tokenOf(b)))
    expect(new Set(many)).toEqual(new Set(['admitted']))
    expect(server.asked.length).toBe(2)
    for (let times = 0; times < 20; times++) await fetched()
    expect(server.asked.length).toBe(2)
  })

  test('a known kid never waits', async () => {
    open()
    await fetched()
    server.answer = () => {}
    clock.advance(10 * MINUTE)
    await server.askedTimes(2)
    expect(await tokenOf(a)).toBe('admitted')
  })

  test('a redirect is followed inside the origin', async () => {
    server.answer = (response, request) =>
      request.url === '/other'
        ? sending(setOf(a))(response, request)
        : sending('', 302, { location: '/other' })(response, request)
    open()
    expect(await tokenOf(a)).toBe('admitted')
    expect(server.asked).toEqual(['/keys?token=x', '/other'])
  })

  test('and not to another one, nor for ever', async () => {
    const other = await KeyServer.start(sending(setOf(a)))
    try {
      server.answer = sending('', 302, { location: String(other.url) })
      open()
      expect(await tokenOf(a)).toBe(NOT_AVAILABLE)
      expect(why()).toBe('it redirects to another origin')
      expect(other.asked).toEqual([])
    } finally {
      await other.stop()
    }
    access.close()
    server.answer = sending('', 307, { location: '/keys' })
    open()
    expect(await tokenOf(a)).toBe(NOT_AVAILABLE)
    expect(why()).toBe('it redirects more than 3 times')
    expect(server.asked.length).toBe(1 + 4)
  })

  test('closing ends fetch and timers', async () => {
    server.answer = () => {}
    open()
    await server.askedTimes(1)
    const waiting = tokenOf(a)
    access.close()
    expect(await waiting).toBe(NOT_AVAILABLE)
    expect(clock.pending).toBe(0)
    access.close()
    clock.advance(60 * MINUTE)
    expect(await tokenOf(a)).toBe(NOT_AVAILABLE)
    expect(server.asked.length).toBe(1)
    expect(log.lines).toEqual([])
  })
})

describe('[G10] an endpoint that is', () => {
  test('down: known keys go on, and one line says so, and one when it is over', async () => {
    open()
    expect(await tokenOf(a)).toBe('admitted')
    const { url } = server
    await server.stop()
    clock.advance(10 * MINUTE)
    expect(await tokenOf(b)).toBe(NOT_AVAILABLE)
    for (let times = 0; times < 30; times++) {
      await pass(30_000)
      expect(await tokenOf(a)).toBe('admitted')
    }
    expect(access.warnings).toEqual([KNOWN_GO_ON])
    expect(log.lines).toEqual([
      [
        'warn',
        'the keys cannot be fetched',
        { url: `${url.origin}/keys`, why: expect.stringContaining('ECONNREFUSED') },
      ],
    ])
  })

  test('down from the start: nobody comes in until it is up', async () => {
    server.answer = sending('', 503)
    open()
    expect(await tokenOf(a)).toBe(NOT_AVAILABLE)
    expect(access.warnings).toEqual([NO_KEYS])
    expect(why()).toBe('it answers with 503')
    server.answer = sending(setOf(a))
    expect(await tokenOf(a)).toBe(NOT_AVAILABLE)
    // By itself: nobody has to come for it.
    clock.advance(30_000)
    await server.askedTimes(2)
    expect(await tokenOf(a)).toBe('admitted')
    expect(access.warnings).toEqual([])
    expect(log.events).toEqual(['the keys cannot be fetched', 'the keys can be fetched again'])
  })

  test('slow: after 5 s it counts as down, also in the middle of its answer', async () => {
    open()
    await fetched()
    const token = await b.sign()
    for (const [due, begin] of [
      [10 * MINUTE, ''],
      [30_000, '{"keys":['],
    ] as const) {
      const asked = server.asked.length
      server.answer = (response) => void response.write(begin)
      clock.advance(due)
      await server.askedTimes(asked + 1)
      const waiting = refusalOf(access, token)
      clock.advance(5_000)
      expect(await waiting).toBe(NOT_AVAILABLE)
      expect(access.warnings).toEqual([KNOWN_GO_ON])
      expect(await tokenOf(a)).toBe('admitted')
      expect(why()).toBe('no answer in 5 s')
    }
  })

  test.each<[string, unknown, RegExp]>([
    ['an empty set', { keys: [] }, /^it has no key that can be used$/],
    ['no JSON', 'MARKED {', /^it sends no JSON$/],
    ['a page', '<html>', /^it sends no JSON$/],
    ['a list', [], /^holds no JWK set and no JWK$/],
    ['null', 'null', /^holds no JWK set and no JWK$/],
    ['keys that are none', { keys: [1, null, 'x'] }, /^it has no key that can be used$/],
    ['a secret', { keys: [{ kty: 'oct', k: 'A'.repeat(43) }] }, /^it has no key/],
    ['too many keys', { keys: Array(257).fill({}) }, /^holds more than 256 keys$/],
    ['too much', ' '.repeat(256 * 1024 + 1), /^it sends more than 262144 bytes$/],
  ])('lying, with %s: the known keys go on', async (_, content, reason) => {
    open()
    await fetched()
    server.answer = sending(content)
    await pass(10 * MINUTE)
    expect(why()).toMatch(reason)
    expect(access.warnings).toEqual([KNOWN_GO_ON])
    expect(await tokenOf(a)).toBe('admitted')
    expect(log.events.filter((event) => event !== 'keys ignored')).toEqual([
      'the keys cannot be fetched',
    ])
    expect(JSON.stringify([log.lines, access.warnings])).not.toMatch(/MARKED|token=|AAAA/)
  })

  test('wrong about some keys: they are ignored, in one line for as long as they stay', async () => {
    server.answer = sending({ keys: [{ kty: 'oct', k: 'A'.repeat(43) }, a.jwk] })
    open()
    await fetched()
    for (let times = 0; times < 3; times++) await pass(10 * MINUTE)
    expect((await access.admit(await a.sign(), NOTE)).actor).toBe('ann')
    expect(log.lines).toEqual([
      [
        'warn',
        'keys ignored',
        {
          url: `${server.url.origin}/keys`,
          why: ['key 1 is a secret, which no key set may hold: --auth-secret takes one'],
        },
      ],
    ])
  })
})
