// The floor: no server can do less. Every message is written to all other sockets of the same path,
// as one prebuilt frame. No CRDT, no storage, no checks, no answer to anything.

import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

/** @type {Map<string, Set<import('node:stream').Duplex>>} */
const paths = new Map()
const server = createServer()
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })

/** @param {Buffer} payload */
function frameOf(payload) {
  const size = payload.length
  const header = size < 126 ? 2 : size < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(header + size)
  frame[0] = 0x82
  if (header === 2) frame[1] = size
  else if (header === 4) {
    frame[1] = 126
    frame.writeUInt16BE(size, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(size), 2)
  }
  payload.copy(frame, header)
  return frame
}

server.on('upgrade', (request, socket, head) => {
  const path = request.url ?? '/'
  sockets.handleUpgrade(request, socket, head, (client) => {
    const set = paths.get(path) ?? new Set()
    paths.set(path, set.add(socket))
    client.on('message', (/** @type {Buffer} */ payload) => {
      const frame = frameOf(payload)
      for (const other of set) if (other !== socket) other.write(frame)
    })
    client.on('error', () => {})
    client.on('close', () => {
      set.delete(socket)
      if (set.size === 0) paths.delete(path)
    })
  })
})

server.listen(0, '127.0.0.1', () => {
  const address = /** @type {import('node:net').AddressInfo} */ (server.address())
  console.log(JSON.stringify({ port: address.port }))
})
