import { createHmac } from 'node:crypto'

/** What the tests' servers share with whoever makes tokens. */
export const SECRET = 'forty bytes that nobody else should know'

export interface Claims {
  readonly sub?: string
  readonly tenant?: string
  readonly grants?: readonly { readonly entity: string; readonly may: string }[]
  /** Seconds since 1970. */
  readonly exp?: number
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token as RFC 7515 has it, made without the library that reads it. Valid for an hour. */
export function tokenOf(claims: Claims, secret = SECRET): string {
  const exp = Math.floor(Date.now() / 1_000) + 3_600
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: 'somebody', exp, ...claims })}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

export const mayAll = (may: string, sub = may): string =>
  tokenOf({ sub, grants: [{ entity: '**', may }] })
