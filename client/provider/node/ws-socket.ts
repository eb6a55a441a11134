import type { WebSocket } from 'ws'
import type { OpenSocket, Socket, SocketOwner } from '../link/socket.ts'
import { nativeWebSocket, openWebSocket } from '../link/web-socket.ts'

const LACKING =
  'this Node has no WebSocket of its own: install the package "ws" beside tributary-sync'
/** How long a peer that does not answer a close may hold the process. */
const CLOSE_MS = 1_000
const NO_MESSAGE = new Uint8Array(0)

/** A socket by the package `ws`, which is loaded when the first is opened; without it by Node's own. */
export const openNodeSocket: OpenSocket = (address, protocol, owner) => {
  let inner: Socket | null = null
  let isOver = false
  const end = (code: number, reason: string) => {
    if (isOver) return
    isOver = true
    owner.close(code, reason)
  }
  void import('ws').then(
    (ws) => {
      if (!isOver) inner = opened(new ws.WebSocket(address, protocol, OPTIONS), owner, end)
    },
    () => {
      if (isOver) return
      if (nativeWebSocket() === undefined) end(1006, LACKING)
      else inner = openWebSocket(address, protocol, owner)
    },
  )
  return {
    get bufferedAmount() {
      return inner?.bufferedAmount ?? 0
    },
    send: (frame) => inner?.send(frame),
    close() {
      isOver = true
      inner?.close()
    },
  }
}

/** A server that compresses what is compressed already costs both memory. */
const OPTIONS = { perMessageDeflate: false, maxPayload: 0 } as const

function opened(
  socket: WebSocket,
  owner: SocketOwner,
  end: (code: number, reason: string) => void,
): Socket {
  let failure = ''
  let isClosed = false
  socket.on('open', () => {
    if (!isClosed) owner.open()
  })
  socket.on('message', (data: Buffer, isBinary) => {
    if (isClosed) return
    // Not a Buffer: its `slice` is no copy, and others would be surprised.
    owner.frame(isBinary ? new Uint8Array(data.buffer, data.byteOffset, data.length) : NO_MESSAGE)
  })
  socket.on('error', (error) => {
    failure = error.message
  })
  socket.on('close', (code, reason) => {
    if (!isClosed) end(code, reason.toString() || failure)
  })
  return {
    get bufferedAmount() {
      return socket.bufferedAmount
    },
    send: (frame) => socket.send(frame),
    close() {
      if (isClosed) return
      isClosed = true
      socket.close()
      const timer = setTimeout(() => socket.terminate(), CLOSE_MS)
      socket.on('close', () => clearTimeout(timer))
    },
  }
}
