import type { OpenSocket } from './socket.ts'
import { reasonOf } from './token.ts'

/** What is used of it. Not every Node knows the type. */
interface Native {
  binaryType: string
  onopen: (() => void) | null
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null
  readonly bufferedAmount: number
  send(frame: Uint8Array<ArrayBuffer>): void
  close(): void
}
type NativeWebSocket = new (address: string, protocol: string) => Native

/** `undefined` where there is none: in Node before 22. */
export const nativeWebSocket = (): NativeWebSocket | undefined =>
  (globalThis as { WebSocket?: NativeWebSocket }).WebSocket

/** The WebSocket that browsers have, and Node from 22 on. */
export const openWebSocket: OpenSocket = (address, protocol, owner) => {
  let socket: Native | null = null
  try {
    socket = new (globalThis as unknown as { WebSocket: NativeWebSocket }).WebSocket(
      address,
      protocol,
    )
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => owner.open()
    socket.onmessage = ({ data }) =>
      owner.frame(data instanceof ArrayBuffer ? new Uint8Array(data) : null)
    socket.onclose = ({ code, reason }) => owner.close(code, reason)
  } catch (thrown) {
    // A page over https that may not open ws:, for one.
    queueMicrotask(() => owner.close(1006, reasonOf(thrown)))
  }
  return {
    get buffered() {
      return socket?.bufferedAmount ?? 0
    },
    send: (frame) => socket?.send(frame),
    close() {
      if (socket === null) return
      socket.onopen = socket.onmessage = socket.onclose = null
      socket.close()
    },
  }
}
