import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/**
 * A wire between clients and a server that a test can cut, stall, and plug into another server. It
 * hands on bytes and knows nothing of what they mean.
 */
export class TcpProxy {
  readonly #server: Server
  readonly #links = new Set<Link>()
  #target: number

  private constructor(server: Server, target: number) {
    this.#server = server
    this.#target = target
    server.on('connection', (client) => this.#connect(client))
  }

  /** @param target The port everything goes to. */
  static async start(target: number): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: false })
    const proxy = new TcpProxy(server, target)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get links(): number {
    return this.#links.size
  }

  /** Where connections from now on go. `null`: they are refused. */
  plugInto(port: number | null): void {
    this.#target = port ?? 0
  }

  /** Every connection that stands is torn down, on both sides. */
  cut(): void {
    for (const link of this.#links) link.cut()
  }

  /**
   * The connections that stand become half-open: both sides stay connected, nothing passes any
   * more, not even the end of one of them. New connections are not affected.
   */
  freeze(): void {
    for (const link of this.#links) link.freeze()
  }

  /** Those that were made half-open are torn down; the others stand. */
  cutFrozen(): void {
    for (const link of this.#links) if (link.isFrozen) link.cut()
  }

  async close(): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #connect(client: Socket): void {
    if (this.#target === 0) {
      client.on('error', () => {})
      client.destroy()
      return
    }
    const link = new Link(client, connect(this.#target, '127.0.0.1'))
    this.#links.add(link)
    link.onGone = () => this.#links.delete(link)
  }
}

class Link {
  readonly #sides: readonly [Socket, Socket]
  #frozen = false
  onGone: () => void = () => {}

  constructor(client: Socket, server: Socket) {
    this.#sides = [client, server]
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.setNoDelay(true)
      from.pipe(to)
      from.on('error', () => {})
      from.on('close', () => {
        if (!this.#frozen) this.cut()
      })
    }
  }

  get isFrozen(): boolean {
    return this.#frozen
  }

  freeze(): void {
    const [client, server] = this.#sides
    this.#frozen = true
    client.unpipe(server)
    server.unpipe(client)
    // What is read is thrown away, so that neither side feels back-pressure and gives up early.
    for (const side of this.#sides) side.resume()
  }

  cut(): void {
    for (const side of this.#sides) side.destroy()
    this.onGone()
  }
}
