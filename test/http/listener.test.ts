import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { SILENT } from '../../src/core/logger.ts'
import { type Listener, listen } from '../../src/http/listener.ts'
import type { Routes } from '../../src/http/routes.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

const routes: Routes = { fetch: () => new Response('ok') }
async function start(host = '127.0.0.1', port = 0, with_ = routes): Promise<Listener> {
  const listener = await listen(with_, { host, port })
  open.push(listener)
  return listener
}
const portOf = ({ url }: Listener) => Number(new URL(url).port)

describe('[H18] an address that cannot be listened on', () => {
  test('because it is taken', async () => {
    const port = portOf(await start())
    await expect(start('127.0.0.1', port)).rejects.toMatchObject({
      name: 'TributaryError',
      code: 'not-available',
      message: `port ${port} of 127.0.0.1 is in use by another process: stop it, or take another with --port`,
    })
  })

  test.each(['192.0.2.1', 'no-such-host.invalid'])(
    'because %s is not of this machine',
    async (host) => {
      await expect(start(host)).rejects.toMatchObject({
        message: `${host} is not an address of this machine: correct --host`,
      })
    },
  )
})

describe('the listener', () => {
  test('tells its address, IPv6 in brackets', async () => {
    expect((await start()).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const six = await start('::1').catch((error: unknown) => String(error))
    // Some machines have no IPv6 at all.
    if (typeof six !== 'string') expect(six.url).toMatch(/^http:\/\/\[::1\]:\d+$/)
    else expect(six).toContain('::1 is not an address of this machine')
  })

  test('lets go of its port, keeps no idle connection waiting, and closes twice', async () => {
    const listener = await start()
    expect(await (await fetch(listener.url)).text()).toBe('ok')
    await Promise.all([listener.close(), listener.close()])
    const again = createServer()
    open.push({ close: () => new Promise((resolve) => again.close(resolve)) })
    again.listen(portOf(listener), '127.0.0.1')
    await once(again, 'listening')
  })

  test('does not wait for ever for an answer under way', async () => {
    const never: Routes = { fetch: () => new Promise<Response>(() => {}) }
    const listener = await start('127.0.0.1', 0, never)
    const asked = fetch(listener.url).catch((error: unknown) => error)
    await once(listener.server, 'request')
    await listener.close()
    expect(await asked).toBeInstanceOf(Error)
  })

  test('[H17] survives a route that throws', async () => {
    const broken: Routes = {
      fetch: () => {
        throw new Error('broken')
      },
    }
    const listener = await start('127.0.0.1', 0, broken)
    expect((await fetch(listener.url)).status).toBe(500)
    expect((await fetch(listener.url)).status).toBe(500)
  })

  test('[H19] gives a request 15 s', async () => {
    const { server } = await start()
    expect(server).toMatchObject({ headersTimeout: 10_000, requestTimeout: 15_000 })
  })
})

test.each([
  ['nothing at all', ''],
  ['half a request', 'GET / HTTP/1.1\r\nHost: x\r\n'],
])('[H19] a connection that says %s in time is closed', async (_, said) => {
  const times = { headersTimeout: 100, requestTimeout: 100, keepAliveTimeout: 100 }
  const timeouts = { ...times, connectionsCheckingInterval: 20 }
  const listener = await listen(routes, { host: '127.0.0.1', port: 0 }, SILENT, timeouts)
  open.push(listener)
  const socket = connect(portOf(listener), '127.0.0.1')
  open.push({ close: () => socket.destroy() })
  socket.write(said)
  socket.resume()
  await once(socket, 'close')
})
