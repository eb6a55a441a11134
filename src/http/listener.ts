import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { TributaryError } from '../core/errors.ts'
import { type Logger, SILENT } from '../core/logger.ts'
import type { Routes } from './routes.ts'

export interface Listener {
  /** @example 'http://127.0.0.1:8787' */
  readonly url: string
  /** For its `upgrade` event: whoever listens to it owns the sockets that it hands over. */
  readonly server: Server
  /**
   * Takes no connection any more and ends those of plain HTTP. Sockets handed over by `upgrade` have
   * to be ended by their owner; it resolves when they are. Idempotent.
   */
  close(): Promise<void>
}

/** In ms, as Node's server takes them. */
export interface Timeouts {
  readonly headersTimeout: number
  readonly requestTimeout: number
  readonly keepAliveTimeout: number
  /** How often the first two are looked at. */
  readonly connectionsCheckingInterval: number
}

/**
 * Requests are short and have no body: whoever takes longer holds a connection for nothing. Looked
 * at every 30 s, as Node does by itself, such a connection would live for 40.
 */
const TIMEOUTS: Timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 2_000,
}

/** Answers under way when the server closes may take so long, in ms. */
const GRACE_MS = 1_000

/**
 * @throws {TributaryError} `not-available` when the address cannot be listened on, in one line that
 *   names the remedy.
 * @example const { url, server } = await listen(routes, { host: '127.0.0.1', port: 0 })
 */
export async function listen(
  routes: Routes,
  at: { readonly host: string; readonly port: number },
  logger: Logger = SILENT,
  timeouts: Timeouts = TIMEOUTS,
): Promise<Listener> {
  const answer = getRequestListener(routes.fetch, { overrideGlobalObjects: false })
  const server = createServer(
    { ...timeouts },
    (request, response) => void answer(request, response),
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(new TributaryError('not-available', whyNot(cause, at), { cause }))
    })
    server.listen({ host: at.host, port: at.port }, resolve)
  })
  // A connection that could not be accepted is not a reason to stop.
  server.on('error', (error) => logger.error('a connection could not be accepted', { error }))

  const { port } = server.address() as AddressInfo
  const host = at.host.includes(':') ? `[${at.host}]` : at.host
  let closing: Promise<void> | null = null
  return {
    url: `http://${host}:${port}`,
    server,
    close: () => {
      closing ??= close(server)
      return closing
    },
  }
}

async function close(server: Server): Promise<void> {
  const impatience = setTimeout(() => server.closeAllConnections(), GRACE_MS)
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
  clearTimeout(impatience)
}

function whyNot(error: NodeJS.ErrnoException, at: { host: string; port: number }): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `port ${at.port} of ${at.host} is in use by another process: stop it, or take another with --port`
    case 'EACCES':
      return `port ${at.port} of ${at.host} may not be used by this user: take one above 1023 with --port`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${at.host} is not an address of this machine: correct --host`
    default:
      return `${at.host}:${at.port} cannot be listened on (${error.message}): see --host and --port`
  }
}
