import { type ReadonlySignal, signal } from '@preact/signals-core'

/** Bytes of messages since the page was opened, without the few that a WebSocket adds to each. */
export interface Traffic {
  sent: number
  received: number
}

/** The plug of the page: what goes through it is counted, and it can be pulled. */
export interface Plug {
  readonly traffic: Readonly<Traffic>
  /** Whether the page is cut off from the network, as by a cable that is out. */
  readonly isOut: ReadonlySignal<boolean>
  pull(): void
  putBack(): void
}

/**
 * Puts a plug between the sockets of this page and the network, for all that are opened from now on.
 * Workers have sockets of their own: the bots are other people, who stay where they are.
 */
export function createPlug(): Plug {
  const traffic = { sent: 0, received: 0 }
  const isOut = signal(false)
  const sockets = new Set<WebSocket>()

  globalThis.WebSocket = class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      if (isOut.peek()) throw new Error('this page was taken offline')
      super(url, protocols)
      sockets.add(this)
      this.addEventListener('close', () => sockets.delete(this))
      this.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
        traffic.received += data.byteLength
      })
    }

    override send(data: Uint8Array<ArrayBuffer>): void {
      super.send(data)
      traffic.sent += data.byteLength
    }
  }

  return {
    traffic,
    isOut,
    pull() {
      isOut.value = true
      for (const socket of sockets) socket.close()
    },
    putBack() {
      isOut.value = false
      // As the browser itself tells when the network is back.
      dispatchEvent(new Event('online'))
    },
  }
}
