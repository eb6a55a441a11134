import { type ClientOptions, type RawData, WebSocket } from 'ws'
import type { Awareness } from 'y-protocols/awareness'
import { WebsocketProvider as Provider3 } from 'y-websocket'
import { WebsocketProvider as Provider1 } from 'y-websocket-1'
import { WebsocketProvider as Provider2 } from 'y-websocket-2'
import * as Y from 'yjs'
import { Deadline, until } from './deadline.ts'

/** The stock providers, as published, all on the one yjs of the repository. */
const providers = { '1.5.4': Provider1, '2.1.0': Provider2, '3.1.0': Provider3 } as const

export type StockVersion = keyof typeof providers
export const STOCK_VERSIONS = ['1.5.4', '2.1.0', '3.1.0'] as const satisfies readonly StockVersion[]

// y-websocket asks the global for `OPEN` when it syncs again; Node has one from 22 on.
if (!('WebSocket' in globalThis)) Object.assign(globalThis, { WebSocket })
// Each provider listens for the end of the process: 50 of them are no leak.
process.setMaxListeners(0)

/** What the three versions have in common and a test may touch. */
export interface StockProvider {
  readonly awareness: Awareness
  readonly synced: boolean
  readonly wsconnected: boolean
  shouldConnect: boolean
  readonly ws: WebSocket | null
  readonly messageHandlers: MessageHandler[]
  connect(): void
  disconnect(): void
  destroy(): void
}

export type MessageHandler = (encoder: unknown, decoder: never, provider: unknown) => void

export interface StockOptions {
  readonly doc?: Y.Doc
  readonly params?: Readonly<Record<string, string>>
  /** Only 2.1 and 3.1 know how to offer subprotocols. */
  readonly protocols?: readonly string[]
  readonly resyncInterval?: number
  /** As tabs of one browser do. */
  readonly broadcasts?: boolean
  /** How long each wait may take, in ms. */
  readonly deadline?: number
  /** False: it connects when told to. */
  readonly connect?: boolean
}

/** One stock provider with its document, and a log of every socket it ever opened. */
export class StockClient {
  readonly version: StockVersion
  readonly doc: Y.Doc
  readonly provider: StockProvider
  readonly deadline: number
  readonly sockets: TappedSocket[] = []
  /** Sees every frame that goes out or comes in, on whatever socket. */
  onFrame: (direction: 'in' | 'out', frame: Uint8Array, socket: TappedSocket) => void = () => {}
  /** Hears when the server's question on a socket has been answered: it has all this client did. */
  onAnswer: (socket: TappedSocket) => void = () => {}

  /** @param url The door, `ws://127.0.0.1:1234/sync`; the provider appends `/` and the id as it is. */
  constructor(version: StockVersion, url: string, id: string, options: StockOptions = {}) {
    this.version = version
    this.doc = options.doc ?? new Y.Doc()
    this.deadline = options.deadline ?? 10_000
    const Provider = providers[version] as unknown as new (
      url: string,
      id: string,
      doc: Y.Doc,
      options: Record<string, unknown>,
    ) => StockProvider
    this.provider = new Provider(url, id, this.doc, {
      // Clients of one process would sync over a BroadcastChannel, without any server.
      disableBc: !options.broadcasts,
      WebSocketPolyfill: this.#tap(),
      params: options.params ?? {},
      protocols: [...(options.protocols ?? [])],
      resyncInterval: options.resyncInterval ?? -1,
      connect: options.connect ?? true,
    })
  }

  get awareness(): Awareness {
    return this.provider.awareness
  }

  /** States of everybody, this client included, as `[client id, state]`, sorted. */
  get present(): readonly (readonly [number, unknown])[] {
    return [...this.awareness.getStates()].sort(([a], [b]) => a - b)
  }

  async synced(): Promise<this> {
    try {
      await until(`${this.version} is synced`, this.deadline, () => this.provider.synced)
    } catch (error) {
      const codes = this.sockets.map((socket) => socket.closedWith ?? 'open')
      throw new Deadline(
        `${this.version} is synced; its sockets: ${codes.join(', ')}`,
        this.deadline,
        { cause: error },
      )
    }
    return this
  }

  /** The network goes away under it; it comes back by itself. */
  drop(): void {
    this.provider.ws?.terminate()
  }

  /** What a killed process or a pulled cable looks like: the socket dies and nobody comes back. */
  die(): void {
    this.provider.shouldConnect = false
    this.drop()
    this.end()
  }

  end(): void {
    this.provider.destroy()
    this.awareness.destroy()
    // A socket in the middle of its closing handshake would keep the process waiting for the peer.
    for (const socket of this.sockets) socket.terminate()
  }

  #tap(): typeof TappedSocket {
    const client = this
    return class extends TappedSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols)
        client.sockets.push(this)
        this.tap = (direction, frame) => client.onFrame(direction, frame, this)
        this.onAnswer = () => client.onAnswer(this)
      }
    }
  }
}

/** A socket of `ws` that shows what passes. */
export class TappedSocket extends WebSocket {
  tap: (direction: 'in' | 'out', frame: Uint8Array) => void = () => {}
  onAnswer: () => void = () => {}
  /** Whether a step2 went out. */
  answered = false
  closedWith: number | null = null
  /** On the monotonic clock, in ms. */
  readonly triedAt = performance.now()
  framesIn = 0

  constructor(url: string, protocols: string[] = [], options: ClientOptions = {}) {
    super(url, protocols, { perMessageDeflate: false, ...options })
    this.on('message', (data: RawData) => {
      this.framesIn++
      this.tap('in', bytesOf(data))
    })
    this.on('close', (code) => {
      this.closedWith = code
    })
    // Without a listener a refused connection would be an uncaught exception.
    this.on('error', () => {})
  }

  override send(data: Uint8Array): void {
    this.tap('out', data)
    if (this.readyState !== WebSocket.OPEN) return
    super.send(data)
    if (data[0] === 0 && data[1] === 1) {
      this.answered = true
      this.onAnswer()
    }
  }
}

const bytesOf = (data: RawData): Uint8Array =>
  data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(Buffer.concat([data].flat()))
