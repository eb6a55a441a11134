import { WebSocket } from 'ws'

/** Who is told what comes in over a socket. */
export interface Listener {
  message(data: Buffer, binary: boolean): void
  ping(payload: Buffer): void
  /** What is wrong with the frames themselves; `ws` closes the socket with the right code. */
  failed(error: Error & { readonly code?: string }): void
  gone(): void
}

/**
 * A WebSocket of ws that has one listener, who is called directly. Listeners of an event emitter are
 * a closure each, and a table to hold them: 0.5 KB per connection.
 */
export class ServedSocket extends WebSocket {
  listener: Listener | null = null

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const { listener } = this
    if (listener === null) return super.emit(event, ...args)
    switch (event) {
      case 'message':
        listener.message(args[0] as Buffer, args[1] as boolean)
        return true
      case 'ping':
        listener.ping(args[0] as Buffer)
        return true
      case 'error':
        listener.failed(args[0] as Error)
        return true
      case 'close':
        listener.gone()
        return true
      default:
        return super.emit(event, ...args)
    }
  }
}
