import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Answer = (response: ServerResponse, request: IncomingMessage) => void

/** A real HTTP server on 127.0.0.1 that answers as it is told at the moment. */
export class KeyServer {
  answer: Answer
  /** The paths that were asked for. */
  readonly asked: (string | undefined)[] = []
  readonly #server = createServer((request, response) => {
    this.asked.push(request.url)
    this.#arrived?.()
    this.answer(response, request)
  })
  #arrived: (() => void) | null = null

  constructor(answer: Answer) {
    this.answer = answer
  }

  static async start(answer: Answer): Promise<KeyServer> {
    const server = new KeyServer(answer)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/keys?token=x`)
  }

  /** Resolves when it has been asked so often. */
  async askedTimes(times: number): Promise<void> {
    while (this.asked.length < times) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve
      })
    }
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }
}

export const sending =
  (content: unknown, status = 200, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, headers)
    response.end(typeof content === 'string' ? content : JSON.stringify(content))
  }
