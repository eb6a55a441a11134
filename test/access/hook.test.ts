import { beforeEach, describe, expect, test } from 'vitest'
import type { Authorise } from '../../src/access/access.ts'
import { createAccess } from '../../src/access/create-access.ts'
import { TributaryError } from '../../src/core/errors.ts'
import { DEFAULT_CONFIG } from '../../src/ops/options.ts'
import { NOTE, refusalOf } from '../support/issuer.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { RecordedLog } from '../support/recorded-log.ts'

const NOT_AVAILABLE = 'not-available: who you are cannot be found out now'
const clock = new ManualClock()
let logger: RecordedLog
beforeEach(() => {
  logger = new RecordedLog()
})
const accessBy = (authorise: Authorise) =>
  createAccess(DEFAULT_CONFIG, { clock, logger, authorise })
/** A hook in JavaScript may answer anything. */
const answering = (answer: unknown) => accessBy(async () => answer as null)

describe('[G11] a hook', () => {
  test('is asked with token and entity, and decides', async () => {
    const asked: unknown[] = []
    const access = await accessBy(async (token, entity) => {
      asked.push([token, entity])
      return { actor: 'ann', may: 'read' }
    })
    expect(access.open).toBe(false)
    const admission = { actor: 'ann', tenant: 'default', may: 'read', expiresAt: null }
    expect(await access.admit('any form', NOTE)).toEqual(admission)
    expect(await access.admit(null, NOTE)).toEqual(admission)
    expect(asked).toEqual([
      ['any form', NOTE],
      [null, NOTE],
    ])
    const more = await answering({ actor: 'a', tenant: 'acme', may: 'admin', expiresAt: 5, x: 1 })
    expect(await more.admit(null, NOTE)).toEqual({
      actor: 'a',
      tenant: 'acme',
      may: 'admin',
      expiresAt: 5,
    })
    expect(clock.pending).toBe(0)
  })

  test('says no by null, or in so many words', async () => {
    const no = await answering(null)
    expect(await refusalOf(no, null)).toBe(
      'unauthenticated: a token is needed: ask whoever runs this server for one',
    )
    expect(await refusalOf(no, 'x')).toBe(
      'forbidden: there is no grant for this entity: ask for a token that has one',
    )
    const thrower = (code: 'unauthenticated' | 'forbidden') =>
      accessBy(async (token) => {
        throw new TributaryError(code, `no ${token}`)
      })
    expect(await refusalOf(await thrower('unauthenticated'), 'x')).toBe(
      'unauthenticated: the token does not count',
    )
    expect(await refusalOf(await thrower('forbidden'), 'x')).toMatch(/^forbidden: there/)
    expect(logger.lines).toEqual([])
  })

  test('is not asked about a token that is too long', async () => {
    let asked = false
    const access = await accessBy(async () => {
      asked = true
      return null
    })
    expect(await refusalOf(access, 'x'.repeat(8_193))).toMatch(/more than 8192 bytes$/)
    expect(asked).toBe(false)
  })

  test('has 5 s', async () => {
    const access = await accessBy(() => new Promise(() => {}))
    const waiting = refusalOf(access, 'x')
    clock.advance(4_999)
    expect(logger.lines).toEqual([])
    clock.advance(1)
    expect(await waiting).toBe(NOT_AVAILABLE)
    expect(logger.lines).toMatchObject([['error', 'the hook failed', {}]])
    expect(clock.pending).toBe(0)
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['yes', true],
    ['no actor', { may: 'read' }],
    ['an empty actor', { actor: '', may: 'read' }],
    ['another may', { actor: 'a', may: 'all' }],
    ['a tenant that cannot be', { actor: 'a', may: 'read', tenant: 'a/b' }],
    ['a time that is none', { actor: 'a', may: 'read', expiresAt: Number.NaN }],
    ['a date', { actor: 'a', may: 'read', expiresAt: new Date() }],
  ])('that answers %s has failed', async (_, answer) => {
    const access = await answering(answer)
    expect(await refusalOf(access, 'x')).toBe(NOT_AVAILABLE)
    expect(logger.events).toEqual(['the hook failed'])
  })

  test('that fails says so once, until it works again, and without the token', async () => {
    let works = false
    const access = await accessBy(async (token) => {
      if (!works) throw new Error(`no session for ${token}`)
      return { actor: 'ann', may: 'read' }
    })
    for (let times = 0; times < 5; times++) {
      expect(await refusalOf(access, 'MARKED')).toBe(NOT_AVAILABLE)
    }
    expect(access.warnings).toEqual(['the hook that decides who may come in has failed'])
    works = true
    expect(await refusalOf(access, 'MARKED')).toBe('admitted')
    expect(access.warnings).toEqual([])
    expect(logger.events).toEqual(['the hook failed', 'the hook works again'])
    const { message, stack } = logger.lines.map(([, , fields]) => fields.error)[0] as Error
    expect(message).toBe('no session for (token)')
    expect(stack).toMatch(/hook\.test\.ts/)
    expect(stack).not.toContain('MARKED')
  })

  test('that throws at once has failed too, and after the end nobody is asked', async () => {
    const access = await accessBy(() => {
      throw new Error('at once')
    })
    expect(await refusalOf(access, 'x')).toBe(NOT_AVAILABLE)
    expect(clock.pending).toBe(0)
    access.close()
    expect(await refusalOf(access, 'x')).toBe('not-available: the server is stopping')
  })
})
