/** What becomes of a socket. Nothing is told after `close`, nor after it was closed from here. */
export interface SocketOwner {
  open(): void
  /** A binary frame. `null`: a frame that was text, which no server of ours sends. */
  frame(bytes: Uint8Array | null): void
  /** Also when it never opened. `reason` is for people, and may be empty. */
  close(code: number, reason: string): void
}

export interface Socket {
  /** Only between `open` and `close`. */
  send(frame: Uint8Array<ArrayBuffer>): void
  /** Bytes that were sent and that the system has not taken yet. */
  readonly buffered: number
  /** Idempotent. */
  close(): void
}

/** Opens a WebSocket. What cannot be opened is told by `close`, never thrown. */
export type OpenSocket = (address: string, protocol: string, owner: SocketOwner) => Socket
