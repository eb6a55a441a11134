import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { frameLength } from '../../src/wire/frame.ts'
import {
  type ClientMessage,
  readClientMessage,
  TRIBUTARY_PROTOCOL,
} from '../../src/wire/tributary-client.ts'
import { type ServerMessage, serverFrame } from '../../src/wire/tributary-server.ts'
import { until } from './deadline.ts'

const DEADLINE_MS = 10_000
const KB = 1024

type Of<Is extends ClientMessage['is']> = Extract<ClientMessage, { readonly is: Is }>

/** One socket at the scripted server: it says what a test tells it to, also what no good one says. */
export class ScriptedSocket {
  readonly heard: ClientMessage[] = []
  readonly socket: WebSocket
  readonly url: string
  closed = false
  answersPings = true

  constructor(socket: WebSocket, url: string) {
    this.socket = socket
    this.url = url
    socket.on('error', () => {})
    socket.on('close', () => {
      this.closed = true
    })
    socket.on('message', (data: Buffer) => {
      const message = readClientMessage(new Uint8Array(data))
      if (message.is === 'unknown' || message.is === 'malformed') {
        throw new Error(`the link said ${data.toString('hex')}`)
      }
      this.heard.push(message)
      if (message.is === 'ping' && this.answersPings) this.say({ ...message, is: 'pong' })
      this.onHeard(message)
    })
  }

  /** Told of every message; the test may put another one in its place. */
  onHeard: (message: ClientMessage) => void = () => {}

  say(message: ServerMessage): void {
    const { head, body } = serverFrame(message)
    const frame = Buffer.concat(body === null ? [head] : [head, body], frameLength({ head, body }))
    // Ours are whole frames; `ws` puts its own head before what it sends.
    this.socket.send(frame.subarray(headLength(frame)))
  }

  raw(bytes: Uint8Array | string): void {
    this.socket.send(bytes)
  }

  all<Is extends ClientMessage['is']>(is: Is): Of<Is>[] {
    return this.heard.filter((message): message is Of<Is> => message.is === is)
  }

  /** The `count`th message of a kind, as soon as it has come. */
  async hears<Is extends ClientMessage['is']>(is: Is, count = 1): Promise<Of<Is>> {
    await until(`${count} × ${is}`, DEADLINE_MS, () => this.all(is).length >= count)
    return this.all(is)[count - 1] as Of<Is>
  }

  welcome(limits: { frameBytes?: number } = {}): void {
    const { frameBytes = 64 * KB * KB } = limits
    this.say({ is: 'welcome', session: 's1', frameBytes, updateBytes: frameBytes / 2 })
  }

  opened(request: number, channel: number, rest: Partial<OpenedRest> = {}): void {
    this.say({ is: 'opened', request, channel, ...OPENED, ...rest })
  }
}

type OpenedRest = Omit<
  Extract<ServerMessage, { readonly is: 'opened' }>,
  'is' | 'request' | 'channel'
>
const OPENED: OpenedRest = {
  may: 'write',
  follows: 'rest',
  tier: 'disk',
  bytes: 0,
  position: '1.1.1',
  stateVector: Uint8Array.of(0),
  expires: null,
}

const headLength = (frame: Buffer): number => {
  const short = (frame[1] as number) & 0x7f
  return short < 126 ? 2 : short === 126 ? 4 : 10
}

/** A server of `tributary.v1` that does what a test says, over real sockets. */
export class ScriptedServer {
  readonly sockets: ScriptedSocket[] = []
  readonly #server: WebSocketServer
  /** Told of every new socket, before it is heard. */
  onSocket: (socket: ScriptedSocket) => void = () => {}

  private constructor(server: WebSocketServer) {
    this.#server = server
    server.on('connection', (socket, request) => {
      const one = new ScriptedSocket(socket, request.url ?? '')
      this.sockets.push(one)
      this.onSocket(one)
    })
  }

  static async start(port = 0): Promise<ScriptedServer> {
    const server = new WebSocketServer({
      host: '127.0.0.1',
      port,
      handleProtocols: (offered) => (offered.has(TRIBUTARY_PROTOCOL) ? TRIBUTARY_PROTOCOL : false),
    })
    await once(server, 'listening')
    return new ScriptedServer(server)
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`
  }

  /** The `count`th socket ever opened. */
  async socket(count = 1): Promise<ScriptedSocket> {
    await until(`${count} sockets`, DEADLINE_MS, () => this.sockets.length >= count)
    return this.sockets[count - 1] as ScriptedSocket
  }

  async close(): Promise<void> {
    for (const { socket } of this.sockets) socket.terminate()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
