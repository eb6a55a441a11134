import { WebSocket } from 'ws'
import * as Y from 'yjs'
import {
  type ClientMessage,
  TRIBUTARY_PROTOCOL,
  writeClientMessage,
} from '../../src/wire/tributary-client.ts'
import { readServerMessage, type ServerMessage } from '../../src/wire/tributary-server.ts'
import { until } from './deadline.ts'
import { type Closed, openSocket, type RawOptions } from './raw-client.ts'

export type Is = ServerMessage['is']
type Among<Message, Kind> = Message extends { is: Is }
  ? Kind extends Message['is']
    ? Message
    : never
  : never
export type Of<Kind extends Is> = Among<ServerMessage, Kind>

/** A socket at `/connect` that says and hears exactly what a test wants. */
export class TributaryClient {
  readonly socket: WebSocket
  readonly closed: Promise<Closed>
  readonly received: ServerMessage[] = []
  /** Messages that nobody can read; no server may send one. */
  readonly unreadable: string[] = []
  readonly deadline: number
  receivedBytes = 0
  isClosed = false
  #read = 0
  #requests = 0

  private constructor(socket: WebSocket, deadline: number) {
    this.socket = socket
    this.deadline = deadline
    socket.binaryType = 'nodebuffer'
    socket.on('message', (data: Buffer) => {
      this.receivedBytes += data.length
      const message = readServerMessage(new Uint8Array(data))
      if (message.is === 'unknown' || message.is === 'malformed') {
        this.unreadable.push(data.toString('hex'))
      } else this.received.push(message)
    })
    socket.on('error', () => {})
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        this.isClosed = true
        resolve({ code, reason: String(reason) })
      })
    })
  }

  /**
   * @param url Whole, `/connect` included.
   * @throws {Refused} when the answer is a status instead of an upgrade.
   */
  static async open(url: string, options: RawOptions = {}): Promise<TributaryClient> {
    const { protocols = [TRIBUTARY_PROTOCOL], deadline = 20_000 } = options
    const socket = new WebSocket(url, [...protocols], { perMessageDeflate: false, ...options.ws })
    const client = new TributaryClient(socket, deadline)
    await openSocket(socket, url, deadline)
    return client
  }

  say(message: ClientMessage): void {
    this.socket.send(writeClientMessage(message))
  }

  /** Says hello, and waits for the answer. */
  async hello(token = ''): Promise<Of<'welcome'>> {
    this.say({ is: 'hello', token })
    return this.next('welcome')
  }

  /** Asks for an entity: all of it, unless told what is there. @returns the request's number. */
  ask(entity: string, options: { position?: string; stateVector?: Uint8Array } = {}): number {
    const request = ++this.#requests
    const { position = '', stateVector = position === '' ? NOTHING : new Uint8Array(0) } = options
    this.say({ is: 'open', request, entity, position, stateVector })
    return request
  }

  /** Opens an entity, and waits until it is open. */
  async enter(entity: string, options: { position?: string; stateVector?: Uint8Array } = {}) {
    this.ask(entity, options)
    return this.next('opened')
  }

  /** An edit, and its number. */
  edit(channel: number, batch: number, update: Uint8Array): void {
    this.say({ is: 'edit', channel, batch, update })
  }

  /** The next message of that kind that no earlier call has given; others before it are passed over. */
  async next<Kind extends Is>(is: Kind): Promise<Of<Kind>> {
    await until(`a message "${is}"`, this.deadline, () => {
      while (this.#read < this.received.length && this.received[this.#read]?.is !== is) this.#read++
      return this.#read < this.received.length
    })
    return this.received[this.#read++] as Of<Kind>
  }

  all<Kind extends Is>(is: Kind): Of<Kind>[] {
    return this.received.filter((message) => message.is === is) as Of<Kind>[]
  }

  kinds(): Is[] {
    return this.received.map(({ is }) => is)
  }

  /** Everything that has come on that channel, parts put together, in a document. */
  doc(channel: number, doc = new Y.Doc()): Y.Doc {
    let parts: Uint8Array[] = []
    for (const message of this.received) {
      if (!('channel' in message) || message.channel !== channel) continue
      if (message.is === 'part') parts.push(message.bytes)
      else if (message.is === 'update' || message.is === 'synced') {
        Y.applyUpdate(doc, Buffer.concat([...parts, message.update]), this)
        parts = []
      }
    }
    return doc
  }

  terminate(): void {
    this.socket.terminate()
  }
}

/** The state vector of somebody who has nothing. */
const NOTHING = Uint8Array.of(0)
