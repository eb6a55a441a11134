/** Bytes of messages since the page was opened, without the few that a WebSocket adds to each. */
export interface Traffic {
  sent: number
  received: number
}

/** A class of WebSockets that count into `traffic`, for the provider in place of the browser's own. */
export function countingSockets(traffic: Traffic): typeof WebSocket {
  return class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols)
      this.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
        traffic.received += data.byteLength
      })
    }

    override send(data: Uint8Array<ArrayBuffer>): void {
      super.send(data)
      traffic.sent += data.byteLength
    }
  }
}
