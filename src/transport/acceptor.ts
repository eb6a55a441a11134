import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Server as ServerOf, WebSocketServer } from 'ws'
import type { Random } from '../core/clock.ts'
import { outcomeOf, TributaryError } from '../core/errors.ts'
import type { Limits } from '../core/limits.ts'
import type { Door } from '../dialects/wire.ts'
import type { TrustedProxies } from '../ops/option-values.ts'
import { type ClientAddress, clientAddress } from './client-address.ts'
import { Connection, type ConnectionContext, type Host } from './connection.ts'
import { offeredBy } from './offered-token.ts'
import { ServedSocket } from './served-socket.ts'
import { Wheel } from './wheel.ts'

export interface AcceptorContext extends ConnectionContext {
  readonly limits: Limits
  readonly random: Random
  /** Whether it takes clients at all; it does unless told otherwise. */
  readonly takesClients?: boolean
  readonly trustProxy: TrustedProxies
}

/**
 * One message of a stock client is one fragment; a browser may cut a large one at 128 KB. (In a
 * constant of its own, since the types of ws do not have them.)
 */
const FRAGMENTS = { maxFragments: 4_096, maxBufferedChunks: 65_536 }

const WORKS_ONLY = 'This node is a worker and takes no clients. Try another.'

/**
 * Where sockets begin: decides about each upgrade while it is still plain HTTP, so that a refusal is
 * a status that every client understands, and counts what is open.
 */
export class Acceptor implements Host {
  readonly #context: AcceptorContext
  readonly #doors: readonly Door[]
  readonly #ws: ServerOf<typeof ServedSocket>
  readonly #wheel: Wheel
  readonly #addressOf: ClientAddress
  readonly #connections = new Set<Connection>()
  readonly #byAddress = new Map<string, number>()
  /** What the client is answered that is being let in now: ws asks before `handleUpgrade` returns. */
  #protocol: string | null = null
  #draining = false

  constructor(context: AcceptorContext, doors: readonly Door[]) {
    this.#context = context
    this.#doors = doors
    this.#addressOf = clientAddress(context.trustProxy)
    this.#wheel = new Wheel(context.clock)
    this.#ws = new WebSocketServer({
      ...FRAGMENTS,
      WebSocket: ServedSocket,
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      autoPong: false,
      maxPayload: context.limits.frameBytes,
      handleProtocols: () => this.#protocol ?? false,
    })
  }

  get connections(): number {
    return this.#connections.size
  }

  /** Bytes that were written and that no socket has taken yet. */
  get unsent(): number {
    let bytes = 0
    for (const connection of this.#connections) bytes += connection.unsent
    return bytes
  }

  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // A socket that breaks in here must not take the process along.
      socket.on('error', destroy)
      try {
        this.#upgrade(request, socket as Socket, head)
      } catch (thrown) {
        this.#refuse(socket as Socket, request, TributaryError.from(thrown))
      }
    })
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const { headers } = request
    const address = this.#addressFor(request, socket)
    const { path, query } = splitTarget(request.url ?? '/')
    const offered = offeredBy(headers, query)
    const door = this.#doorFor(path, offered.protocols)
    if (door === undefined) {
      throw new TributaryError('no-such-door', `No WebSocket is served here. ${this.#doorNames()}`)
    }
    this.#refuseOverLimit(address)
    const begin = door.admit({ path: behind(door.prefix, path), ...offered, address })
    this.#protocol = door.protocol ?? offered.protocols[0] ?? null
    this.#ws.handleUpgrade(request, socket, head, (ws) => {
      // From here on ws hears what breaks. Two listeners are an array, for as long as the socket is.
      socket.off('error', destroy)
      const connection = new Connection(this.#context, this, ws, socket, address)
      this.#wheel.add(connection)
      this.#connections.add(connection)
      this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1)
      this.#context.metrics.sockets.add(1)
      void connection.open(begin)
    })
  }

  /** The connection's. */
  gone(connection: Connection): void {
    this.#wheel.remove(connection)
    this.#connections.delete(connection)
    this.#leaveAddress(connection.address)
    this.#context.metrics.sockets.add(-1)
  }

  #addressFor({ headers }: IncomingMessage, socket: Socket): string {
    // Node joins several of them by commas.
    const forwarded = headers['x-forwarded-for'] as string | undefined
    return this.#addressOf(socket.remoteAddress ?? 'unknown', forwarded)
  }

  #doorFor(path: string, protocols: readonly string[]): Door | undefined {
    const spoken = this.#doors.find(({ protocol }) => protocol && protocols.includes(protocol))
    return spoken ?? this.#doors.find(({ prefix }) => path.startsWith(prefix))
  }

  #doorNames(): string {
    const all = this.#doors.map(({ prefix }) => prefix)
    // Not those that are there only for whoever leaves something out.
    const whole = all.filter((one) => !all.some((other) => other !== one && other.startsWith(one)))
    const paths = whole.map((one) => (one.endsWith('/') ? `${one}<entity id>` : one))
    return `WebSocket paths: ${paths.join(', ')}.`
  }

  #refuseOverLimit(address: string): void {
    const { limits, takesClients = true } = this.#context
    if (!takesClients) throw new TributaryError('not-available', WORKS_ONLY)
    if (this.#draining) throw new TributaryError('draining', 'This node is stopping. Try another.')
    if (this.#connections.size >= limits.nodeSockets) {
      throw new TributaryError('too-many-sockets', 'This node has as many sockets as it may.')
    }
    if ((this.#byAddress.get(address) ?? 0) >= limits.addressSockets) {
      throw new TributaryError(
        'too-many-from-address',
        'Your address has as many sockets as it may.',
      )
    }
  }

  #leaveAddress(address: string): void {
    const left = (this.#byAddress.get(address) ?? 1) - 1
    if (left > 0) this.#byAddress.set(address, left)
    else this.#byAddress.delete(address)
  }

  #refuse(socket: Socket, request: IncomingMessage, error: TributaryError): void {
    const { http, again } = outcomeOf(error.code)
    this.#context.metrics.refusals.of(error.code).add()
    if (error.code === 'internal') {
      this.#context.metrics.handlerErrors.add()
      this.#context.logger.error('an upgrade failed', { error })
    } else {
      const { code, message } = error
      const where = { address: this.#addressFor(request, socket), path: shown(request.url ?? '/') }
      // Whoever stops a node knows it, and all its clients try again.
      const level = code === 'draining' ? 'debug' : 'info'
      this.#context.logger[level]('an upgrade was refused', { ...where, code, reason: message })
    }
    const body = `${error.code === 'internal' ? 'The server failed.' : error.message}\n`
    const headers = [
      `HTTP/1.1 ${http} ${STATUS_CODES[http]}`,
      'Connection: close',
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      ...(again ? ['Retry-After: 5'] : []),
    ]
    socket.once('finish', () => socket.destroy())
    socket.end(`${headers.join('\r\n')}\r\n\r\n${body}`)
  }

  /**
   * Sends everyone away with 1012, spread over `overMs` so that they do not all come back at the same
   * moment, and takes nobody new. Resolves when the last close frame is on its way.
   */
  async drain(overMs: number): Promise<void> {
    this.#draining = true
    const { clock, random } = this.#context
    // One client need not wait; a thousand need not arrive together.
    const spread = Math.min(overMs, this.#connections.size * 3)
    await Promise.all(
      Array.from(
        this.#connections,
        (connection) =>
          new Promise<void>((resolve) => {
            clock.after(random.next() * spread, () => {
              connection.close('draining')
              resolve()
            })
          }),
      ),
    )
  }

  /** Ends what is still open. Idempotent. */
  close(): void {
    this.#draining = true
    this.#wheel.close()
    for (const connection of this.#connections) connection.terminate()
    this.#ws.close()
  }
}

/** One function for all sockets: a closure each would be kept as long as the socket. */
function destroy(this: Duplex): void {
  this.destroy()
}

/** For a log line: without the query, and without what is as long as a token. */
const shown = (target: string): string =>
  splitTarget(target)
    .path.replace(/[^/]{65,}/g, '…')
    .slice(0, 256)

const behind = (prefix: string, path: string): string =>
  path.startsWith(prefix) ? path.slice(prefix.length) : path

/** The request target as it came: a URL parser would normalise what an entity id may hold. */
function splitTarget(target: string): { path: string; query: URLSearchParams } {
  const at = target.indexOf('?')
  if (at < 0) return { path: target, query: new URLSearchParams() }
  return { path: target.slice(0, at), query: new URLSearchParams(target.slice(at + 1)) }
}
