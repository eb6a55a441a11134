import type { ClientMessage } from '../../wire/tributary-client.ts'

/** What is said on a channel. */
export type ChannelMessage = Extract<ClientMessage, { readonly channel: number }>

/** A message, and how many bytes it took. */
export interface Said {
  readonly message: ChannelMessage
  readonly bytes: number
}

/** Whose inbox it is. */
export interface Listener {
  /** Nothing more is handled until a returned promise has settled. Does not throw. */
  handle(said: Said): Promise<void> | undefined
  /** So many bytes more, or less, wait here. */
  hold(bytes: number): void
  failed(thrown: unknown): void
}

/** What is said on one channel, handled one after the other. */
export class Inbox {
  readonly #listener: Listener
  #waiting: Said[] = []
  #busy = false

  constructor(listener: Listener) {
    this.#listener = listener
  }

  receive(said: Said): void {
    if (!this.#busy) {
      this.#work(said)
      return
    }
    this.#waiting.push(said)
    this.#listener.hold(said.bytes)
  }

  #work(said: Said): void {
    for (let next: Said | undefined = said; next !== undefined; next = this.#next()) {
      const waits = this.#listener.handle(next)
      if (waits === undefined) continue
      this.#busy = true
      waits.then(
        () => this.#workOn(),
        (thrown: unknown) => this.#listener.failed(thrown),
      )
      return
    }
  }

  #workOn(): void {
    this.#busy = false
    const next = this.#next()
    if (next !== undefined) this.#work(next)
  }

  #next(): Said | undefined {
    const next = this.#waiting.shift()
    if (next !== undefined) this.#listener.hold(-next.bytes)
    return next
  }

  /** Forgets what waits. */
  clear(): void {
    for (const { bytes } of this.#waiting.splice(0)) this.#listener.hold(-bytes)
  }
}
