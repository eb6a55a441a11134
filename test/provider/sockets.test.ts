import { afterEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { Links } from '../../client/provider/link/links.ts'
import type { OpenSocket } from '../../client/provider/link/socket.ts'
import { openWebSocket } from '../../client/provider/link/web-socket.ts'
import { nodeEnvironment } from '../../client/provider/node/node-environment.ts'
import { until } from '../support/deadline.ts'
import { NotingOwner } from '../support/link-owner.ts'
import { ScriptedServer } from '../support/scripted-server.ts'

const DEADLINE_MS = 10_000
const ends: (() => void | Promise<void>)[] = []
afterEach(async () => {
  vi.unstubAllGlobals()
  vi.doUnmock('ws')
  for (const end of ends.splice(0).reverse()) await end()
})

/** As that of a browser: an error that nobody listens for ends nothing. */
class Native extends WebSocket {
  constructor(address: string, protocol: string) {
    super(address, protocol)
    this.on('error', () => {})
  }
}

function opened(url: string, openSocket: OpenSocket): NotingOwner {
  const owner = new NotingOwner()
  const channel = new Links({ environment: nodeEnvironment, openSocket }).to(url).open('a', owner)
  ends.push(() => channel.leave())
  return owner
}

async function expectLink(openSocket: OpenSocket): Promise<void> {
  const server = await ScriptedServer.start()
  ends.push(() => server.close())
  const owner = opened(server.url, openSocket)
  const socket = await server.socket()
  await socket.hears('hello')
  socket.welcome()
  socket.opened((await socket.hears('open')).request, 7)
  socket.say({ is: 'update', channel: 7, update: Uint8Array.of(1, 2, 3) })
  await until('it is heard', DEADLINE_MS, () => owner.messages.length > 0)
  expect(owner.messages).toEqual([{ is: 'update', channel: 7, update: Uint8Array.of(1, 2, 3) }])
  socket.socket.terminate()
  await server.socket(2)
  await (await server.socket(2)).hears('hello')
}

test('[U17] the WebSocket that browsers have carries a link', async () => {
  vi.stubGlobal('WebSocket', Native)
  await expectLink(openWebSocket)
})

test('[U17] what a browser forbids is a reason, and no exception', async () => {
  vi.stubGlobal(
    'WebSocket',
    class {
      constructor() {
        throw new Error('an insecure connection from a page over https')
      }
    },
  )
  const owner = opened('ws://127.0.0.1:9', openWebSocket)
  expect(await owner.becomes('offline')).toMatchObject({
    reason: 'an insecure connection from a page over https',
  })
})

/** Node without the package `ws`. */
async function socketWithoutWs(): Promise<OpenSocket> {
  vi.resetModules()
  vi.doMock('ws', () => {
    throw new Error('not there')
  })
  return (await import('../../client/provider/node/ws-socket.ts')).openNodeSocket
}

test('[U17] without `ws` Node’s own is taken', async () => {
  vi.stubGlobal('WebSocket', Native)
  await expectLink(await socketWithoutWs())
})

test('[U17] and without both it is said what to do', async () => {
  vi.stubGlobal('WebSocket', undefined)
  const owner = opened('ws://127.0.0.1:9', await socketWithoutWs())
  const state = await owner.becomes('offline')
  expect(state).toMatchObject({ reason: expect.stringContaining('install the package "ws"') })
})
