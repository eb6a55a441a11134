import { expect, test } from 'vitest'
import { createAccess } from '../../src/access/create-access.ts'
import { makeToken } from '../../src/access/make-token.ts'
import { entityId } from '../../src/core/ids.ts'
import { SILENT } from '../../src/core/logger.ts'
import { DEFAULT_CONFIG } from '../../src/ops/options.ts'
import { readToken } from '../../src/ops/token-options.ts'
import { NOTE, NOW, refusalOf, SECRET } from '../support/issuer.ts'
import { ManualClock } from '../support/manual-clock.ts'

const clock = new ManualClock()
const variables = {
  TRIBUTARY_AUTH_SECRET: SECRET,
  TRIBUTARY_AUTH_ISSUER: 'us',
  TRIBUTARY_AUTH_AUDIENCE: 'board',
}
const server = () =>
  createAccess(
    { ...DEFAULT_CONFIG, authSecret: SECRET, authIssuer: 'us', authAudience: 'board' },
    { clock, logger: SILENT },
  )
function tokenOf(line: string, env: Record<string, string> = variables): Promise<string> {
  const reading = readToken(line.split(' '), env)
  if (reading.is !== 'token') throw new Error(JSON.stringify(reading))
  return makeToken(reading.wish, clock)
}

test('[G13] what it makes, a server with the same options takes', async () => {
  const line = '--sub ann --grant notes/*:write --grant a:b:admin --tenant acme --expires 90s'
  const token = await tokenOf(line)
  const access = await server()
  expect(await access.admit(token, NOTE)).toEqual({
    actor: 'ann',
    tenant: 'acme',
    may: 'write',
    expiresAt: (NOW + 90 + 60) * 1_000,
  })
  // The last colon separates.
  expect((await access.admit(token, entityId('a:b'))).may).toBe('admin')
  expect(await refusalOf(access, token, entityId('a'))).toMatch(/^forbidden/)
})

test('[G13] flags count before variables', async () => {
  const access = await server()
  const of = async (more: string) =>
    refusalOf(access, await tokenOf(`--sub ann --grant **:read ${more}`))
  expect(await of('--issuer us')).toBe('admitted')
  expect(await of('--issuer them')).toMatch(/of another issuer$/)
  expect(await of('--audience x')).toMatch(/for another audience$/)
  expect(await of(`--secret ${'x'.repeat(32)}`)).toMatch(/not signed by a key that counts here$/)
})

test('[G13] a token that no server would take is not made', async () => {
  const grants = Array.from({ length: 100 }, (_, at) => `--grant ${at}/${'x'.repeat(200)}:read`)
  await expect(tokenOf(`--sub ann ${grants.join(' ')}`)).rejects.toThrow(
    /^the token would have \d+ bytes, the most is 8192: give fewer or shorter grants$/,
  )
})
