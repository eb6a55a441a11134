// Hocuspocus 4.7 as its guide starts it: everything in memory, and without an extension; of several
// nodes, with its extension for Redis, again as its guide has it. All else is its defaults.

/** Named by a variable, so that types can be checked where `bench/` is not installed. */
const [SERVER, EXTENSION] = ['@hocuspocus/server', '@hocuspocus/extension-redis']
const { Server } = await import(SERVER)

const place = process.argv[process.argv.indexOf('--redis') + 1]
const extensions = []
if (process.argv.includes('--redis') && place !== undefined) {
  const { Redis } = await import(EXTENSION)
  const { hostname, port } = new URL(place)
  extensions.push(new Redis({ host: hostname, port: Number(port) }))
}
const server = new Server({ port: 0, address: '127.0.0.1', quiet: true, extensions })
await server.listen()
console.log(JSON.stringify({ port: server.address.port }))
