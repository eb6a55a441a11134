import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Which end of a wire bytes go to: that which was connected to, or that which connected. */
export type Towards = 'server' | 'client'

/** What happens to what passes, on the links that stand as well as on those to come. */
interface Line {
  delayMs: number
  /** Each way. */
  bytesPerSecond: number
  passes: (chunk: Buffer, towards: Towards) => boolean
}

/**
 * A wire between clients and a server that a test can cut, stall, slow down, and plug into another
 * server. It hands on bytes and knows nothing of what they mean.
 */
export class TcpProxy {
  readonly #server: Server
  readonly #links = new Set<Link>()
  readonly #line: Line = { delayMs: 0, bytesPerSecond: Infinity, passes: () => true }
  #target: number
  #isDark = false

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

  /**
   * The same for the one connection that the server sees coming from that port.
   *
   * @returns whether there is one.
   */
  freezeFrom(port: number): boolean {
    const link = [...this.#links].find((one) => one.serverSees === port)
    link?.freeze()
    return link !== undefined
  }

  /** Those that were made half-open are torn down; the others stand. */
  cutFrozen(): void {
    for (const link of this.#links) if (link.isFrozen) link.cut()
  }

  /** What a lost route looks like: nothing passes, and who connects now is heard by nobody. */
  goDark(): void {
    this.#isDark = true
    this.freeze()
  }

  /** The route is there again. What was connected meanwhile has been torn down. */
  comeBack(): void {
    this.#isDark = false
    this.cutFrozen()
  }

  /** Everything takes so many milliseconds longer, each way, in its order. 0: no longer. */
  delay(ms: number): void {
    this.#line.delayMs = ms
  }

  /** No more than this passes, each way of each connection. Whoever sends more feels it. */
  narrow(bytesPerSecond: number): void {
    this.#line.bytesPerSecond = bytesPerSecond
  }

  /** Chunks for which it says no are lost. They are as the network cut them. */
  let(passes: (chunk: Buffer, towards: Towards) => boolean): void {
    this.#line.passes = passes
  }

  async close(): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #connect(client: Socket): void {
    if (this.#target === 0 && !this.#isDark) {
      client.on('error', () => {})
      client.destroy()
      return
    }
    const link = new Link(client, this.#isDark ? null : this.#target, this.#line)
    this.#links.add(link)
    link.onGone = () => this.#links.delete(link)
  }
}

class Link {
  readonly #client: Socket
  /** `null`: it was dark when the client came. */
  readonly #server: Socket | null
  readonly #line: Line
  #isFrozen = false
  onGone: () => void = () => {}

  constructor(client: Socket, target: number | null, line: Line) {
    this.#client = client
    this.#server = target === null ? null : connect(target, '127.0.0.1')
    this.#line = line
    for (const side of this.#sides) {
      side.setNoDelay(true)
      side.on('error', () => {})
      side.on('close', () => {
        if (!this.#isFrozen) this.cut()
      })
    }
    if (this.#server === null) this.freeze()
    else {
      this.#carry(client, this.#server, 'server')
      this.#carry(this.#server, client, 'client')
    }
  }

  get isFrozen(): boolean {
    return this.#isFrozen
  }

  /** The port from which the server sees this connection come. */
  get serverSees(): number | undefined {
    return this.#server?.localPort
  }

  freeze(): void {
    this.#isFrozen = true
    // What is read is thrown away, so that neither side feels back-pressure and gives up early.
    for (const side of this.#sides) side.resume()
  }

  cut(): void {
    for (const side of this.#sides) side.destroy()
    this.onGone()
  }

  get #sides(): readonly Socket[] {
    return this.#server === null ? [this.#client] : [this.#client, this.#server]
  }

  #carry(from: Socket, to: Socket, towards: Towards): void {
    /** When each is due, on the monotonic clock. Nothing overtakes what came before it. */
    const late: { readonly at: number; readonly work: () => void }[] = []
    const drain = (): void => {
      for (;;) {
        const [next] = late
        if (next === undefined) return
        const wait = next.at - performance.now()
        if (wait > 0) {
          setTimeout(drain, wait)
          return
        }
        next.work()
        late.shift()
      }
    }
    const inTurn = (work: () => void): void => {
      const { delayMs } = this.#line
      if (delayMs === 0 && late.length === 0) {
        work()
        return
      }
      late.push({ at: performance.now() + delayMs, work })
      if (late.length === 1) drain()
    }
    const write = (chunk: Buffer): void => {
      if (this.#isFrozen || !to.writable) return
      const isTaken = to.write(chunk)
      const ms = (chunk.length / this.#line.bytesPerSecond) * 1_000
      if (isTaken && ms === 0) return
      from.pause()
      const narrow = new Promise((resolve) => (ms === 0 ? resolve(null) : setTimeout(resolve, ms)))
      const taken = new Promise((resolve) => (isTaken ? resolve(null) : to.once('drain', resolve)))
      void Promise.all([narrow, taken]).then(() => from.resume())
    }
    from.on('data', (chunk: Buffer) => {
      if (!this.#isFrozen && this.#line.passes(chunk, towards)) inTurn(() => write(chunk))
    })
    from.on('end', () => {
      inTurn(() => {
        if (!this.#isFrozen) to.end()
      })
    })
  }
}
