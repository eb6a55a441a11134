import type { z } from 'zod'
import type { Clock } from '../core/clock.ts'
import { TributaryError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { keysUrl, secret } from '../ops/option-values.ts'
import type { Config } from '../ops/options.ts'
import type { Access, Authorise } from './access.ts'
import { hookAccess } from './hook-access.ts'
import { KeyEndpoint } from './key-endpoint.ts'
import { readKeyFile } from './key-file.ts'
import { KeySet } from './key-set.ts'
import { fixedKeys, type KeySource } from './key-source.ts'
import { openAccess } from './open-access.ts'
import { secretKey } from './signing-key.ts'
import { TokenAccess } from './token-access.ts'

/** The options that say where keys come from, and what tokens must say. */
export type AccessConfig = Pick<
  Config,
  'authSecret' | 'authKeys' | 'authJwks' | 'authIssuer' | 'authAudience'
>

export interface AccessParts {
  readonly clock: Clock
  readonly logger: Logger
  /** Decides in the place of keys. */
  readonly authorise?: Authorise | undefined
}

/**
 * Who decides, by the configuration. The keys of an endpoint are fetched from now on, and not waited
 * for: a server starts while the one it asks is down.
 *
 * @throws {TributaryError} `bad-request` in one line that names the remedy, when keys cannot be used.
 * @example const access = await createAccess(config, { clock, logger })
 */
export async function createAccess(config: AccessConfig, parts: AccessParts): Promise<Access> {
  const { clock, logger, authorise } = parts
  if (authorise !== undefined) return hookAccess(authorise, parts)
  const keys = await keysOf(config, clock, logger)
  return keys === null
    ? openAccess()
    : new TokenAccess({ keys, clock, issuer: config.authIssuer, audience: config.authAudience })
}

/** They belong to the one configured issuer, so what is cached of them is its own. */
async function keysOf(
  { authSecret, authKeys, authJwks }: AccessConfig,
  clock: Clock,
  logger: Logger,
): Promise<KeySource | null> {
  if (authSecret !== null) {
    const text = checked('--auth-secret', secret.safeParse(authSecret))
    return fixedKeys(new KeySet([await secretKey(text)]))
  }
  if (authKeys !== null) return fixedKeys(await readKeyFile(authKeys, logger))
  if (authJwks !== null) {
    const url = new URL(checked('--auth-jwks', keysUrl.safeParse(authJwks)))
    return new KeyEndpoint({ url, clock, logger })
  }
  return null
}

/** A program that embeds the server makes its configuration itself, past the checks of options. */
function checked(flag: string, { data, error }: z.ZodSafeParseResult<string>): string {
  if (data !== undefined) return data
  throw new TributaryError('bad-request', `${flag} must be ${error.issues[0]?.message}`)
}
