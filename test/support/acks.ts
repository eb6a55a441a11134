import * as decoding from 'lib0/decoding'
import { WebSocket } from 'ws'
import { marker } from './frames.ts'
import type { StockClient, TappedSocket } from './stock-clients.ts'

/**
 * Teaches a stock client y-sweet's marker (type 102): the server sends it back when everything the
 * session said before it is durable.
 *
 * A marker speaks for its own session only. So on a new socket none is sent before the provider has
 * answered the server's step1: from there on the session holds everything the client ever did.
 */
export class Acks {
  readonly #client: StockClient
  readonly #waiting: { readonly version: number; readonly durable: () => void }[] = []
  #version = 0
  /** The socket whose step2 is out. */
  #ready: TappedSocket | null = null

  constructor(client: StockClient) {
    this.#client = client
    client.provider.messageHandlers[102] = (_encoder, decoder) => this.#echoed(decoder)
    client.onFrame = (direction, frame, socket) => {
      if (direction === 'out' && frame[0] === 0 && frame[1] === 1) {
        // The provider has not sent it yet, it is about to.
        queueMicrotask(() => this.#answered(socket))
      }
    }
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Calls `durable` when the server has confirmed all that this client has done so far. */
  when(durable: () => void): void {
    this.#version++
    this.#waiting.push({ version: this.#version, durable })
    if (this.#ready !== null && this.#ready === this.#client.provider.ws) this.#ask(this.#ready)
  }

  #answered(socket: TappedSocket): void {
    this.#ready = socket
    if (this.#waiting.length > 0) this.#ask(socket)
  }

  #ask(socket: TappedSocket): void {
    if (socket.readyState === WebSocket.OPEN) socket.send(marker(this.#version))
  }

  #echoed(decoder: decoding.Decoder): void {
    const inner = decoding.createDecoder(decoding.readVarUint8Array(decoder))
    const version = decoding.readVarUint(inner)
    while (this.#waiting.length > 0 && (this.#waiting[0]?.version ?? 0) <= version) {
      this.#waiting.shift()?.durable()
    }
  }
}
