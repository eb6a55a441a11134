import { z } from 'zod'
import type { Clock } from '../core/clock.ts'
import { TributaryError } from '../core/errors.ts'
import type { EntityId } from '../core/ids.ts'
import type { Logger } from '../core/logger.ts'
import type { Access, Admission, Authorise } from './access.ts'
import { claimsSchema } from './claims.ts'
import { MAX_TOKEN_BYTES } from './header.ts'
import { forbidden, unauthenticated } from './refusal.ts'

export interface HookAccessOptions {
  readonly clock: Clock
  readonly logger: Logger
}

const LIMIT_MS = 5_000

/** What the hook may say is what a token may. */
const answerSchema = z.object({
  actor: claimsSchema.shape.sub,
  tenant: claimsSchema.shape.tenant,
  may: claimsSchema.shape.grants.element.shape.may,
  expiresAt: z.number().nullable().default(null),
})

/**
 * The embedding program decides. When its hook throws, says what cannot be, or takes longer than
 * 5 s, clients are told to come again, and one log line says so until it works once more. A hook may
 * throw `unauthenticated` or `forbidden` to say which no it means; `null` is the one or the other by
 * whether there was a token.
 *
 * @example hookAccess(async (token) => (token === 'x' ? { actor: 'ann', may: 'read' } : null), parts)
 */
export function hookAccess(authorise: Authorise, { clock, logger }: HookAccessOptions): Access {
  let closed = false
  let hasFailed = false
  const failed = (error: unknown, token: string | null): TributaryError => {
    if (!hasFailed) logger.error('the hook failed', { error: withoutToken(error, token) })
    hasFailed = true
    return new TributaryError('not-available', 'who you are cannot be found out now')
  }

  const admit = async (token: string | null, id: EntityId): Promise<Admission> => {
    if (closed) throw new TributaryError('not-available', 'the server is stopping')
    if (token !== null && token.length > MAX_TOKEN_BYTES) {
      throw unauthenticated(`the token has more than ${MAX_TOKEN_BYTES} bytes`)
    }
    let answer: unknown
    try {
      answer = await inTime(clock, () => authorise(token, id))
    } catch (thrown) {
      if (!(thrown instanceof TributaryError)) throw failed(thrown, token)
      if (thrown.code === 'unauthenticated') throw unauthenticated('the token does not count')
      throw thrown.code === 'forbidden' ? forbidden() : failed(thrown, token)
    }
    if (answer === null) {
      throw token === null
        ? unauthenticated('a token is needed: ask whoever runs this server for one')
        : forbidden()
    }
    const checked = answerSchema.safeParse(answer)
    if (!checked.success) {
      const member = checked.error.issues[0]?.path.join('.') || 'answer'
      throw failed(new TypeError(`the hook's ${member} is not what it must be`), token)
    }
    if (hasFailed) logger.info('the hook works again')
    hasFailed = false
    return checked.data
  }
  return {
    open: false,
    admit,
    get warnings() {
      return hasFailed ? ['the hook that decides who may come in has failed'] : []
    },
    close() {
      closed = true
    },
  }
}

/** What a hook throws goes into the log, and it may have quoted what it was given. */
function withoutToken(thrown: unknown, token: string | null): Error {
  const { message, stack } = TributaryError.from(thrown)
  const cleared = (text: string): string => (token ? text.replaceAll(token, '(token)') : text)
  const error = new TributaryError('internal', cleared(message))
  const from = thrown instanceof Error ? thrown.stack : stack
  error.stack = cleared(from ?? message)
  return error
}

/** The hook cannot be ended, only no longer waited for. */
async function inTime<Result>(clock: Clock, call: () => Promise<Result>): Promise<Result> {
  let cancel = () => {}
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(LIMIT_MS, () =>
      reject(new TributaryError('not-available', `no answer in ${LIMIT_MS / 1_000} s`)),
    )
  })
  try {
    return await Promise.race([call(), late])
  } finally {
    cancel()
  }
}
