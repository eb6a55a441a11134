// Hocuspocus 4.7 as its guide starts it, without an extension: everything in memory. Debouncing and
// unloading are its defaults.

/** Named by a variable, so that types can be checked where `bench/` is not installed. */
const SERVER = '@hocuspocus/server'
const { Server } = await import(SERVER)

const server = new Server({ port: 0, address: '127.0.0.1', quiet: true })
await server.listen()
console.log(JSON.stringify({ port: server.address.port }))
