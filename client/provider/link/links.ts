import type { Channel, ChannelOwner, Link } from '../channel.ts'
import { addressOf } from './address.ts'
import type { ConnectionParts } from './connection.ts'
import { ServerLink } from './server-link.ts'
import type { TokenSource } from './token.ts'

/** A server has a bound for the entities of one socket; what is above goes by another. */
const MOST_CHANNELS = 200

/** All links of a page or a process: one for each server and token, for as long as it is wanted. */
export class Links {
  readonly #parts: ConnectionParts
  readonly #byAddress = new Map<string, Map<TokenSource, ServerLink[]>>()

  constructor(parts: ConnectionParts) {
    this.#parts = parts
  }

  /**
   * The link to a server. It has no socket before an entity is opened on it, and none a few seconds
   * after the last one was left.
   *
   * @param url The server's base.
   * @param token A text is the same token wherever it is equal, a function where it is identical.
   * @throws {TypeError} when that is no address of a server.
   */
  to(url: string, token: TokenSource = ''): Link {
    const address = addressOf(url)
    return {
      open: (entity, owner) => this.#open(address, token, entity, owner),
    }
  }

  /** How many sockets are open, or on their way to be. */
  get size(): number {
    let size = 0
    for (const links of this.#byAddress.values())
      for (const all of links.values()) size += all.length
    return size
  }

  #open(address: string, token: TokenSource, entity: string, owner: ChannelOwner): Channel {
    const byToken = this.#byAddress.get(address) ?? new Map<TokenSource, ServerLink[]>()
    this.#byAddress.set(address, byToken)
    const links = byToken.get(token) ?? []
    byToken.set(token, links)
    // One socket knows an entity once: a second handle on it has a position of its own.
    const free = links.find((link) => !link.has(entity) && link.size < MOST_CHANNELS)
    if (free !== undefined) return free.open(entity, owner)
    const link: ServerLink = new ServerLink({
      ...this.#parts,
      address,
      token,
      onIdle: () => {
        links.splice(links.indexOf(link), 1)
        if (links.length === 0 && byToken.get(token) === links) byToken.delete(token)
        if (byToken.size === 0) this.#byAddress.delete(address)
      },
    })
    links.push(link)
    return link.open(entity, owner)
  }
}
