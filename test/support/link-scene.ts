import type { Channel } from '../../client/provider/channel.ts'
import { Links } from '../../client/provider/link/links.ts'
import type { TokenSource } from '../../client/provider/link/token.ts'
import { openNodeSocket } from '../../client/provider/node/ws-socket.ts'
import { until } from './deadline.ts'
import { ManualPage, NotingOwner } from './link-owner.ts'
import { ScriptedServer, type ScriptedSocket } from './scripted-server.ts'

export const DEADLINE_MS = 10_000
const ends: (() => void | Promise<void>)[] = []

/** Of all scenes that a test has set. */
export async function endScenes(): Promise<void> {
  for (const end of ends.splice(0).reverse()) await end()
}

/** Long enough for a frame to be heard on the other side, as a rule. */
export const turn = () => new Promise((resolve) => setTimeout(resolve, 5))

/** A server that does what the test says, and a page whose time does. Sockets are real. */
export class LinkScene {
  readonly page = new ManualPage()
  /** Sockets that were begun. */
  attempts = 0
  readonly links = new Links({
    environment: this.page,
    openSocket: (...how) => {
      this.attempts++
      return openNodeSocket(...how)
    },
  })
  readonly server: ScriptedServer
  readonly token: TokenSource
  #isLost = false

  constructor(server: ScriptedServer, token: TokenSource) {
    this.server = server
    this.token = token
  }

  static async set(token: TokenSource = ''): Promise<LinkScene> {
    const scene = new LinkScene(await ScriptedServer.start(), token)
    ends.push(() => scene.loseServer())
    return scene
  }

  /** Nothing listens there any more. Idempotent. */
  async loseServer(): Promise<void> {
    if (this.#isLost) return
    this.#isLost = true
    await this.server.close()
  }

  open(entity: string, token = this.token): [Channel, NotingOwner] {
    const owner = new NotingOwner()
    const channel = this.links.to(this.server.url, token).open(entity, owner)
    ends.push(() => channel.leave())
    return [channel, owner]
  }

  /** Up to the welcome. */
  async welcomed(count = 1): Promise<ScriptedSocket> {
    const socket = await this.server.socket(count)
    await socket.hears('hello')
    socket.welcome()
    return socket
  }

  /** One entity, open as channel 7. */
  async opened(entity = 'a'): Promise<[ScriptedSocket, Channel, NotingOwner]> {
    const [channel, owner] = this.open(entity)
    const socket = await this.welcomed()
    socket.opened((await socket.hears('open')).request, 7)
    await owner.isOpen()
    return [socket, channel, owner]
  }

  /** Lets time pass until the next socket comes: as a rule it is the next attempt. */
  async nextSocket(step = 100): Promise<ScriptedSocket> {
    const count = this.server.sockets.length + 1
    await until(`socket ${count}`, DEADLINE_MS, () => {
      if (this.server.sockets.length >= count) return true
      this.page.advance(step)
      return false
    })
    return this.welcomed(count)
  }
}
