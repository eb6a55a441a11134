import { type ClientOptions, WebSocket } from 'ws'
import * as Y from 'yjs'
import { until, within } from './deadline.ts'
import type { Message } from './frames.ts'
import * as frames from './frames.ts'

export interface Closed {
  readonly code: number
  readonly reason: string
}

export interface RawOptions {
  readonly protocols?: readonly string[]
  readonly ws?: ClientOptions
  /** How long each wait may take, in ms. */
  readonly deadline?: number
}

/** An HTTP answer instead of an upgrade. */
export class Refused extends Error {
  readonly status: number
  readonly body: string

  constructor(status: number, body: string) {
    super(`HTTP ${status}: ${body}`)
    this.name = 'Refused'
    this.status = status
    this.body = body
  }
}

/**
 * Resolves when the socket is open.
 *
 * @throws {Refused} when the answer is a status instead of an upgrade.
 */
export async function openSocket(socket: WebSocket, url: string, deadline: number): Promise<void> {
  const opened = new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
    socket.once('unexpected-response', (_request, response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.on('end', () => reject(new Refused(response.statusCode ?? 0, body)))
    })
  })
  try {
    await within(`the upgrade of ${url}`, deadline, opened)
  } catch (error) {
    socket.terminate()
    throw error
  }
}

/** A WebSocket that says and hears exactly what a test wants, one message per frame. */
export class RawClient {
  readonly socket: WebSocket
  readonly closed: Promise<Closed>
  /** Everything that came, in order. */
  readonly received: Message[] = []
  /** Frames that are not exactly one sound message; no server may send one. */
  readonly unreadable: string[] = []
  readonly deadline: number
  /** Bytes of all frames that came, for bounds. */
  receivedBytes = 0
  #read = 0
  #isClosed = false

  private constructor(socket: WebSocket, deadline: number) {
    this.socket = socket
    this.deadline = deadline
    socket.binaryType = 'nodebuffer'
    socket.on('message', (data: Buffer) => {
      this.receivedBytes += data.length
      try {
        this.received.push(frames.parseMessage(new Uint8Array(data)))
      } catch (error) {
        this.unreadable.push(`${error}: ${data.toString('hex')}`)
      }
    })
    socket.on('error', () => {})
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        this.#isClosed = true
        resolve({ code, reason: String(reason) })
      })
    })
  }

  /**
   * @param url Whole, the entity id included.
   * @throws {Refused} when the answer is a status instead of an upgrade.
   */
  static async open(url: string, options: RawOptions = {}): Promise<RawClient> {
    const socket = new WebSocket(url, [...(options.protocols ?? [])], {
      perMessageDeflate: false,
      ...options.ws,
    })
    const client = new RawClient(socket, options.deadline ?? 20_000)
    await openSocket(socket, url, client.deadline)
    return client
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  send(data: Uint8Array | string): void {
    this.socket.send(data)
  }

  /** The next message of that kind that no earlier call has given; others before it are passed over. */
  async next<Is extends Message['is']>(is: Is): Promise<Extract<Message, { is: Is }>> {
    const match = (message: Message): message is Extract<Message, { is: Is }> => message.is === is
    await until(`a message "${is}"`, this.deadline, () => {
      while (this.#read < this.received.length && !match(this.received[this.#read] as Message)) {
        this.#read++
      }
      return this.#read < this.received.length
    })
    return this.received[this.#read++] as Extract<Message, { is: Is }>
  }

  count(is: Message['is']): number {
    return this.received.filter((message) => message.is === is).length
  }

  /** Says step1 and takes everything into `doc` up to the step2; answers what the server asks.
   * `next` goes on behind all that. */
  async join(doc: Y.Doc = new Y.Doc()): Promise<Y.Doc> {
    this.send(frames.step1(Y.encodeStateVector(doc)))
    const from = this.received.length
    await until('the step2', this.deadline, () =>
      this.received.slice(from).some((message) => message.is === 'step2'),
    )
    await until('the step1 of the server', this.deadline, () => this.count('step1') > 0)
    for (const message of this.received) {
      if (message.is === 'update' || message.is === 'step2') Y.applyUpdate(doc, message.bytes, this)
    }
    const asked = this.received.find((message) => message.is === 'step1')
    if (asked?.is === 'step1') this.send(frames.step2(Y.encodeStateAsUpdate(doc, asked.bytes)))
    this.#read = this.received.length
    return doc
  }

  /** Everything that has come, applied to a fresh document. */
  doc(): Y.Doc {
    const doc = new Y.Doc()
    for (const message of this.received) {
      if (message.is === 'update' || message.is === 'step2') Y.applyUpdate(doc, message.bytes)
    }
    return doc
  }

  /** Resolves when the server has read everything sent so far and every update of it is durable. */
  async settled(): Promise<void> {
    const version = nextVersion++
    this.send(frames.marker(version))
    await until(`the echo of marker ${version}`, this.deadline, () =>
      this.received.some((message) => message.is === 'marker' && message.version === version),
    )
  }

  /** What a crash looks like to the server: no close frame. */
  terminate(): void {
    this.socket.terminate()
  }

  async close(): Promise<void> {
    this.socket.close()
    await this.closed
  }
}

let nextVersion = 1_000_000
