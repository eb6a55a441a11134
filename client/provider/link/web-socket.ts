import type { OpenSocket, Socket } from './socket.ts'
import { reasonOf } from './token.ts'

/** What is used of it. Not every Node knows the type. */
interface Native extends Socket {
  binaryType: string
  onopen: (() => void) | null
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null
}
type NativeWebSocket = new (address: string, protocol: string) => Native

/** `undefined` where there is none: in Node before 22. */
export const nativeWebSocket = (): NativeWebSocket | undefined =>
  (globalThis as { WebSocket?: NativeWebSocket }).WebSocket

/** The WebSocket that browsers have, and Node from 22 on. */
export const openWebSocket: OpenSocket = (address, protocol, owner) => {
  try {
    const { WebSocket } = globalThis as unknown as { WebSocket: NativeWebSocket }
    const socket = new WebSocket(address, protocol)
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => owner.open()
    socket.onmessage = ({ data }) =>
      owner.frame(new Uint8Array(data instanceof ArrayBuffer ? data : []))
    socket.onclose = ({ code, reason }) => owner.close(code, reason)
    return socket
  } catch (thrown) {
    // A page over https that may not open ws:, for one.
    queueMicrotask(() => owner.close(1006, reasonOf(thrown)))
    return { bufferedAmount: 0, send() {}, close() {} }
  }
}
