// The server that comes with y-websocket 2.1, started as its own command starts it: everything in
// memory. It takes its port from the environment only and does not say which one it got for 0.

import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  server.close(() => {
    process.env.HOST = '127.0.0.1'
    process.env.PORT = String(port)
    // Its `exports` do not name the command.
    const main = createRequire(import.meta.url).resolve('y-websocket')
    createRequire(import.meta.url)(main.replace(/dist[\\/].*$/, 'bin/server.cjs'))
    console.log(JSON.stringify({ port }))
  })
})
