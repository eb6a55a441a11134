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
  let isOver = false
  const end = (code: number, reason: string) => {
    if (isOver) return
    isOver = true
    owner.close(code, reason)
  }
  let socket: Native | null = null
  try {
    const Native = nativeWebSocket()
    if (Native === undefined) throw new Error('there is no WebSocket here')
    socket = new Native(address, protocol)
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      if (!isOver) owner.open()
    }
    socket.onmessage = ({ data }) => {
      if (!isOver) owner.frame(data instanceof ArrayBuffer ? new Uint8Array(data) : null)
    }
    socket.onclose = ({ code, reason }) => end(code, reason)
  } catch (thrown) {
    // A page over https that may not open ws:, for one.
    queueMicrotask(() => end(1006, reasonOf(thrown)))
  }
  return {
    get buffered() {
      return socket?.bufferedAmount ?? 0
    },
    send: (frame) => socket?.send(frame),
    close() {
      isOver = true
      socket?.close()
    },
  }
}
