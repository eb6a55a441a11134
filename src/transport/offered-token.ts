import type { IncomingHttpHeaders } from 'node:http'

/** `tributary.token.<token>`: a browser cannot set headers, and a query ends up in other people's logs. */
const TOKEN_PROTOCOL = 'tributary.token.'
const BEARER = /^bearer +/i

/**
 * The token that a client brings: `Authorization: Bearer …`, else an offered subprotocol, else
 * `?token=…`. It is never echoed, logged or kept.
 */
export function offeredToken(headers: IncomingHttpHeaders, query: URLSearchParams): string | null {
  const { authorization, 'sec-websocket-protocol': protocols = '' } = headers
  if (authorization !== undefined && BEARER.test(authorization)) {
    return authorization.replace(BEARER, '').trim()
  }
  for (const offered of protocols.split(',')) {
    const name = offered.trim()
    if (name.startsWith(TOKEN_PROTOCOL)) return name.slice(TOKEN_PROTOCOL.length)
  }
  return query.get('token')
}

/**
 * Which of the offered subprotocols is echoed: the first that is no token. A client that offers some
 * and is answered with none fails.
 */
export function chosenProtocol(offered: Iterable<string>): string | false {
  for (const name of offered) if (!name.startsWith(TOKEN_PROTOCOL)) return name
  return false
}
