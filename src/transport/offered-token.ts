import type { IncomingHttpHeaders } from 'node:http'

/** `tributary.token.<token>`: a browser cannot set headers, and a query ends up in other people's logs. */
const TOKEN_PROTOCOL = 'tributary.token.'
const BEARER = /^bearer +/i

/** What a client brings with its request for an upgrade. */
export interface Offered {
  readonly token: string | null
  /** Without those that hold a token. */
  readonly protocols: readonly string[]
}

/**
 * The token: `Authorization: Bearer …`, else an offered subprotocol, else `?token=…`. It is never
 * echoed, logged or kept.
 */
export function offeredBy(headers: IncomingHttpHeaders, query: URLSearchParams): Offered {
  const { authorization, 'sec-websocket-protocol': offered = '' } = headers
  const names = offered.split(',').map((name) => name.trim())
  const protocols = names.filter((name) => name !== '' && !name.startsWith(TOKEN_PROTOCOL))
  if (authorization !== undefined && BEARER.test(authorization)) {
    return { token: authorization.replace(BEARER, '').trim(), protocols }
  }
  const named = names.find((name) => name.startsWith(TOKEN_PROTOCOL))
  return { token: named?.slice(TOKEN_PROTOCOL.length) ?? query.get('token'), protocols }
}
