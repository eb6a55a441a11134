import { afterEach, expect, test } from 'vitest'
import type { Channel } from '../../client/provider/channel.ts'
import { Links } from '../../client/provider/link/links.ts'
import type { TokenSource } from '../../client/provider/link/token.ts'
import { nodeEnvironment } from '../../client/provider/node/node-environment.ts'
import { openNodeSocket } from '../../client/provider/node/ws-socket.ts'
import { NotingOwner } from '../support/link-owner.ts'
import { ScriptedServer } from '../support/scripted-server.ts'

const ends: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function server(): Promise<ScriptedServer> {
  const started = await ScriptedServer.start()
  ends.push(() => started.close())
  return started
}

function opener(at: ScriptedServer, token: TokenSource = '') {
  const links = new Links({ openSocket: openNodeSocket, environment: nodeEnvironment })
  const open = (entity: string, owner = new NotingOwner()): [Channel, NotingOwner] => {
    const channel = links.to(at.url, token).open(entity, owner)
    ends.push(() => channel.leave())
    return [channel, owner]
  }
  return { links, open }
}

test('[U1] an entity is opened behind a hello, and heard by its number', async () => {
  const at = await server()
  const { open } = opener(at, 'secret')
  const [channel, owner] = open('a')
  const socket = await at.socket()
  expect(await socket.hears('hello')).toEqual({ is: 'hello', token: 'secret' })
  socket.welcome()
  const { request } = await socket.hears('open')
  socket.opened(request, 7)
  await owner.isOpen()
  expect(owner.states).toEqual([{ is: 'connecting' }, { is: 'online' }])
  expect(channel.say({ is: 'sync', stateVector: Uint8Array.of(0) })).toBe(true)
  expect(await socket.hears('sync')).toMatchObject({ channel: 7 })
})
