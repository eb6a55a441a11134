import * as decoding from 'lib0/decoding'
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

  constructor(client: StockClient) {
    this.#client = client
    client.provider.messageHandlers[102] = (_encoder, decoder) => this.#echoed(decoder)
    client.onAnswer = (socket) => {
      if (this.#waiting.length > 0) this.#ask(socket)
    }
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Calls `durable` when the server has confirmed all that this client has done so far. */
  when(durable: () => void): void {
    this.#version++
    this.#waiting.push({ version: this.#version, durable })
    const socket = this.#client.sockets.at(-1)
    if (socket?.answered) this.#ask(socket)
  }

  #ask(socket: TappedSocket): void {
    socket.send(marker(this.#version))
  }

  #echoed(decoder: decoding.Decoder): void {
    const inner = decoding.createDecoder(decoding.readVarUint8Array(decoder))
    const version = decoding.readVarUint(inner)
    while (this.#waiting.length > 0 && (this.#waiting[0]?.version ?? 0) <= version) {
      this.#waiting.shift()?.durable()
    }
  }
}
