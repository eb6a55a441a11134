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
  readonly #all = new Set<ServerLink>()
  /** By address and token: the text that has taken its place. */
  readonly #renewed = new Map<string, string>()

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
      open: (entity, owner) => this.#open(address, this.#now(address, token), entity, owner),
      renew: (next) => this.#renew(address, this.#now(address, token), next),
    }
  }

  #now(address: string, token: TokenSource): TokenSource {
    // Of a function that is its source, which is nobody's token.
    let now = token
    let next: TokenSource | undefined = token
    // A loop: a page that renews for weeks has a chain that no stack is deep enough for.
    while (next !== undefined) {
      now = next
      next = this.#renewed.get(`${address} ${now}`)
    }
    return now
  }

  #renew(address: string, token: TokenSource, next: string): void {
    if (typeof token !== 'string') throw new TypeError('the token function is asked')
    // In this order: no text ever leads back to itself.
    this.#renewed.set(`${address} ${token}`, next)
    this.#renewed.delete(`${address} ${next}`)
    for (const link of this.#all) if (link.isTo(address, token)) link.renew(next)
  }

  /** How many sockets are open, or on their way to be. */
  get size(): number {
    return this.#all.size
  }

  #open(address: string, token: TokenSource, entity: string, owner: ChannelOwner): Channel {
    const free = [...this.#all].find(
      (link) =>
        link.isTo(address, token) &&
        // One socket knows an entity once: a second handle on it has a position of its own.
        !link.has(entity) &&
        link.size < MOST_CHANNELS,
    )
    if (free !== undefined) return free.open(entity, owner)
    const link: ServerLink = new ServerLink({
      ...this.#parts,
      address,
      token,
      onIdle: () => this.#all.delete(link),
    })
    this.#all.add(link)
    return link.open(entity, owner)
  }
}
