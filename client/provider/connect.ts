import { type CopyOptions, EntityCopy } from './handle/entity-copy.ts'
import type { Handle } from './handle/handle.ts'
import type { Surroundings } from './handle/surroundings.ts'
import { addressOf } from './link/address.ts'
import type { Links } from './link/links.ts'
import type { TokenSource } from './link/token.ts'
import type { DeviceStore } from './store.ts'

export interface ConnectOptions extends CopyOptions {
  /**
   * Who this is. A function is asked for each try, and before the one it gave is over. Give the same
   * function each time: handles share a socket by it, and a new one for each handle is a socket for each.
   */
  readonly token?: TokenSource | undefined
  /**
   * For whom it is kept on this device, such as a user's id: what is kept for one nobody else has, or
   * sends, in this browser, in memory or in this folder.
   */
  readonly keepAs?: string | undefined
}

/** What is forgotten together. */
export interface Kept {
  /** Of which server, as `connect` was given it. */
  readonly url: string
  /** What was given to `connect`; without it what was kept for nobody in particular. */
  readonly keepAs?: string | undefined
}

/** What a browser and Node each bring. */
export interface ConnectParts {
  readonly links: Links
  /** `null`: nothing is kept. */
  readonly device: DeviceStore | null
  readonly around: Surroundings
}

/**
 * A handle on one entity of a server. Two of one entity are two copies.
 * An id that no entity can have is refused by the server: the link is `denied`, `bad-entity-id`.
 *
 * @throws {TypeError} when `url` is no address of a server, or `entity` no text.
 */
export function connectWith(
  { links, device, around }: ConnectParts,
  url: string,
  entity: string,
  { token, keepAs, ...options }: ConnectOptions,
): Handle {
  if (typeof entity !== 'string') throw new TypeError('the id of an entity is a text')
  const name = keptUnder({ url, keepAs }) + entity
  const parts = { link: links.to(url, token), device, name, around }
  return new EntityCopy(entity, parts, options).handle
}

/**
 * What the names begin with of all that is kept for somebody of a server. No two have one that the other's
 * begins with: neither part holds a space, and an address holds `://`, which the other never does.
 *
 * @throws {TypeError} when `url` is no address of a server.
 */
export function keptUnder({ url, keepAs = '' }: Kept): string {
  return `${keepAs && `${encodeURIComponent(keepAs)} `}${addressOf(url)} `
}
