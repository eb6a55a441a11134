import { afterEach, describe, expect, test } from 'vitest'
import type { Access } from '../../src/access/access.ts'
import { createAccess } from '../../src/access/create-access.ts'
import { SILENT } from '../../src/core/logger.ts'
import { type Config, DEFAULT_CONFIG } from '../../src/ops/options.ts'
import { makeIssuer, refusalOf, SECRET, signed } from '../support/issuer.ts'
import { KeyServer, sending } from '../support/key-server.ts'
import { ManualClock } from '../support/manual-clock.ts'

let access: Access | undefined
afterEach(() => access?.close())

async function accessBy(config: Partial<Config>): Promise<Access> {
  access = await createAccess(
    { ...DEFAULT_CONFIG, ...config },
    { clock: new ManualClock(), logger: SILENT },
  )
  return access
}

describe('[G1] by the configuration', () => {
  test('there are no tokens', async () => {
    expect((await accessBy({})).open).toBe(true)
    expect((await accessBy({ auth: 'none' })).open).toBe(true)
  })

  test('there is a secret', async () => {
    const { open } = await accessBy({ authSecret: SECRET })
    expect(open).toBe(false)
    expect(await refusalOf(access as Access, signed())).toBe('admitted')
    await accessBy({ authSecret: SECRET, authIssuer: 'us' })
    expect(await refusalOf(access as Access, signed())).toMatch(/of another issuer$/)
    expect(await refusalOf(access as Access, signed({ iss: 'us' }))).toBe('admitted')
  })

  test('there is an endpoint', async () => {
    const { jwk, sign } = await makeIssuer('EdDSA', { kid: 'x' })
    const server = await KeyServer.start(sending({ keys: [jwk] }))
    try {
      const own = await accessBy({ authJwks: String(server.url), authAudience: 'board' })
      expect(await refusalOf(own, await sign({ aud: 'board' }))).toBe('admitted')
      expect(await refusalOf(own, await sign())).toMatch(/for another audience$/)
    } finally {
      await server.stop()
    }
  })

  // Past the checks of the options.
  test.each<[Partial<Config>, RegExp]>([
    [{ authSecret: '' }, /^--auth-secret must be a text of at least 32 bytes/],
    [{ authSecret: 'short' }, /^--auth-secret must be a text of at least 32 bytes/],
    [{ authJwks: 'http://example.org/' }, /^--auth-jwks must be an https address/],
  ])('%j is refused', async (config, line) => {
    await expect(accessBy(config)).rejects.toThrow(line)
  })
})
