import type { Cancel } from '../../../src/core/clock.ts'
import type { ServerMessage } from '../../../src/wire/tributary-server.ts'
import type { Channel, ChannelMessage, ChannelOwner, Said } from '../channel.ts'
import type { LinkState } from '../status.ts'
import { Parts } from './parts.ts'

export type Opened = Extract<ServerMessage, { readonly is: 'opened' }>

/** What a channel asks of its link. */
export interface ChannelHost {
  say(number: number, message: Said): void
  reopen(channel: LinkChannel): void
  left(channel: LinkChannel): void
}

type State =
  /** To be opened as soon as there is a welcome and a turn. */
  | { readonly is: 'shut' }
  /** `cancel`: the server is not waited for any more. */
  | { readonly is: 'asked'; readonly request: number; readonly cancel: Cancel }
  | { readonly is: 'open'; readonly number: number }
  /** The server has said when to ask again. */
  | { readonly is: 'waiting'; readonly cancel: Cancel }
  /** `forToken`: any other may be let in, and that one too; else another one. */
  | { readonly is: 'refused'; readonly forToken: boolean }

/**
 * One entity on a link.
 *
 * ```
 * shut ──open──► asked ──opened──► open
 * asked, open ──refused or closed, with a hint──► waiting ──its time──► shut
 * asked, open ──refused or closed──► refused ──retry, or another token──► shut
 * asked, open ──the link is lost──► shut
 * ```
 */
export class LinkChannel implements Channel {
  readonly entity: string
  readonly owner: ChannelOwner
  readonly #host: ChannelHost
  #state: State = { is: 'shut' }
  #parts = new Parts()
  /** Bytes that are announced and have not come. */
  #awaited = 0
  #isSynced = false
  /** So many bytes may wait for their end. */
  #bound = 0
  /** How often the server has put it off since it last brought everything. */
  putOff = 0
  /** With which it was asked for, or refused. */
  token = ''
  isLeft = false
  /** By the monotonic clock; `Infinity`: never. */
  expiresAt = Infinity

  constructor(entity: string, owner: ChannelOwner, host: ChannelHost) {
    this.entity = entity
    this.owner = owner
    this.#host = host
  }

  get state(): State {
    return this.#state
  }

  set state(next: State) {
    if ('cancel' in this.#state) this.#state.cancel()
    if (next.is !== 'open') this.expiresAt = Infinity
    this.#parts = new Parts()
    this.#awaited = 0
    this.#state = next
  }

  /** Bytes that are known to be on their way; how many follow a first part is not said. */
  get awaited(): number {
    return Math.max(this.#awaited, this.#parts.bytes)
  }

  say(message: Said): boolean {
    if (this.#state.is !== 'open') return false
    this.#host.say(this.#state.number, message)
    return true
  }

  retry(): void {
    if (this.isLeft) return
    if (this.#state.is === 'refused' || this.#state.is === 'waiting') this.state = { is: 'shut' }
    this.#host.reopen(this)
  }

  leave(): void {
    if (this.isLeft) return
    this.isLeft = true
    this.#host.left(this)
  }

  /** Of the link: not told to one whom the server has refused for reasons of its own. */
  linked(state: LinkState): void {
    if (this.isLeft || this.#state.is === 'refused' || this.#state.is === 'waiting') return
    this.owner.linked(state)
  }

  /** @param most Bytes that what is said may have. */
  opened(message: Opened, most: number): void {
    this.state = { is: 'open', number: message.channel }
    this.#isSynced = false
    this.#bound = 2 * Math.max(most, message.bytes)
    this.#awaited = message.follows === 'ask' ? 0 : message.bytes
    this.owner.opened(message, most)
  }

  /** @returns whether what waits for its end is not too much yet. */
  part(bytes: Uint8Array): boolean {
    this.#parts.add(bytes)
    this.#came(bytes)
    return this.#parts.bytes <= this.#bound
  }

  heard(message: ChannelMessage): void {
    if (message.is !== 'update' && message.is !== 'synced') {
      this.owner.message(message)
      return
    }
    this.#came(message.update)
    const update = this.#parts.endWith(message.update)
    if (message.is === 'synced') {
      this.#isSynced = true
      this.#awaited = 0
      this.putOff = 0
    }
    this.owner.message({ ...message, update })
  }

  #came(bytes: Uint8Array): void {
    if (this.#isSynced) return
    this.#awaited = Math.max(0, this.#awaited - bytes.length)
    this.owner.progress(bytes.length)
  }
}
