/** What becomes of a socket. Nothing is told after `close`; after it was closed from here whatever comes is passed over. */
export interface SocketOwner {
  open(): void
  /** A binary frame. Of one that was text, which no server of ours sends: nothing, and that is no message. */
  frame(bytes: Uint8Array): void
  /** Also when it never opened. `reason` is for people, and may be empty. */
  close(code: number, reason: string): void
}

/** As the WebSocket of browsers has it, which is one. */
export interface Socket {
  /** Only between `open` and `close`. */
  send(frame: Uint8Array<ArrayBuffer>): void
  /** Bytes that were sent and that the system has not taken yet. */
  readonly bufferedAmount: number
  /** Idempotent. */
  close(): void
}

/** Opens a WebSocket. What cannot be opened is told by `close`, never thrown. */
export type OpenSocket = (address: string, protocol: string, owner: SocketOwner) => Socket
