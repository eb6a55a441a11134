import type { Refusal } from '../../../src/wire/tributary-server.ts'
import type { ChannelOwner, Said } from '../channel.ts'
import type { LinkState } from '../status.ts'
import { afterHint, backoff } from './backoff.ts'
import type { Connection, Heard, Welcome } from './connection.ts'
import type { Environment } from './environment.ts'
import { type ChannelHost, LinkChannel } from './link-channel.ts'
import { Renewal } from './renewal.ts'
import type { TokenSource } from './token.ts'

/** Asked for at once; a server has a bound for it. */
const MOST_ASKED = 24
/**
 * From `open` to its answer. A server whose store is away may take a minute to load, and another one
 * to let in.
 */
const ANSWER_MS = 150_000
export const UNAUTHENTICATED = 'unauthenticated'

export interface ChannelsOwner {
  /** A channel has been left. */
  left(): void
  /** A channel wants to be tried again. */
  retry(): void
  /** The server has broken its own rules: this connection is of no use. */
  rejected(reason: string): void
}

type Answer = Extract<Heard, { readonly request: number }>
type OfChannel = Exclude<Extract<Heard, { readonly channel: number }>, Answer>

interface Current {
  readonly connection: Connection
  readonly renewal: Renewal
}

/** The entities of one link: who is open, who wants to be, and whose a message is. */
export class Channels implements ChannelHost {
  readonly #environment: Environment
  readonly #source: TokenSource
  readonly #owner: ChannelsOwner
  readonly #all = new Set<LinkChannel>()
  /** Those that the server has been asked for, by request. */
  readonly #asked = new Map<number, LinkChannel>()
  /** Those that are open, by the server's number. */
  readonly #open = new Map<number, LinkChannel>()
  #requests = 0
  #now: Current | null = null
  #token = ''
  /** Bytes that a message may have. */
  #most = 0

  constructor(environment: Environment, source: TokenSource, owner: ChannelsOwner) {
    this.#environment = environment
    this.#source = source
    this.#owner = owner
  }

  /** Those that were left while the server was still opening them do not count. */
  get size(): number {
    return [...this.#all].filter(({ isLeft }) => !isLeft).length
  }

  has(entity: string): boolean {
    return [...this.#all].some((channel) => channel.entity === entity)
  }

  /** Bytes that the server has announced, or begun, and that have not come. */
  get awaited(): number {
    return [...this.#open.values()].reduce((bytes, { awaited }) => bytes + awaited, 0)
  }

  add(entity: string, owner: ChannelOwner): LinkChannel {
    const channel = new LinkChannel(entity, owner, this)
    this.#all.add(channel)
    return channel
  }

  linked(state: LinkState): void {
    for (const channel of [...this.#all]) channel.linked(state)
  }

  rtt(ms: number): void {
    for (const channel of [...this.#all]) if (!channel.isLeft) channel.owner.rtt(ms)
  }

  /** There is a connection: everybody is opened on it. */
  begin(connection: Connection, token: string, welcome: Welcome): void {
    const renewal = new Renewal(this.#environment, this.#source, {
      renewed: (next) => this.renew(next),
      failed: (reason) => this.#needToken(reason),
    })
    this.#now = { connection, renewal }
    this.#most = welcome.frameBytes
    this.#letIn(token)
  }

  /** There is another token: for the server, and for whoever was refused with the one before. */
  renew(token: string): void {
    this.#now?.connection.say({ is: 'token', token })
    this.#letIn(token)
  }

  /** The connection is gone. */
  shut(): void {
    this.#now?.renewal.stop()
    this.#now = null
    this.#asked.clear()
    this.#open.clear()
    for (const channel of [...this.#all]) {
      if (channel.isLeft) this.#all.delete(channel)
      if (channel.state.is === 'asked' || channel.state.is === 'open') {
        channel.state = { is: 'shut' }
      }
    }
  }

  openMore(): void {
    for (const channel of [...this.#all]) {
      const current = this.#now
      if (current === null || this.#asked.size >= MOST_ASKED) return
      if (channel.isLeft || channel.state.is !== 'shut') continue
      const request = ++this.#requests
      this.#asked.set(request, channel)
      const cancel = this.#environment.after(ANSWER_MS, () =>
        this.#owner.rejected('the server does not open it'),
      )
      channel.state = { is: 'asked', request, cancel }
      channel.token = this.#token
      const { entity } = channel
      current.connection.say({ is: 'open', request, entity, ...channel.owner.opening() })
    }
  }

  heard(message: Heard): void {
    if ('request' in message) this.#answered(message)
    else if ('channel' in message) this.#ofChannel(message)
    else {
      for (const channel of [...this.#all]) {
        if (!channel.isLeft) channel.owner.direct(message.kind, message.bytes)
      }
    }
  }

  say(number: number, message: Said): void {
    this.#now?.connection.sayInTurn({ ...message, channel: number })
  }

  reopen(channel: LinkChannel): void {
    if (channel.state.is === 'shut') {
      channel.linked({ is: this.#now === null ? 'connecting' : 'online' })
    }
    this.openMore()
    this.#owner.retry()
  }

  left(channel: LinkChannel): void {
    const { state } = channel
    // The server cannot be told before it has answered: the number is in its answer.
    if (state.is !== 'asked') {
      this.#all.delete(channel)
      if (state.is === 'open') this.#close(state.number)
      channel.state = { is: 'shut' }
      this.#plan()
    }
    this.#owner.left()
  }

  #close(number: number): void {
    this.#open.delete(number)
    this.#now?.connection.dropLine(number)
    this.#now?.connection.say({ is: 'close', channel: number })
  }

  #answered(message: Answer): void {
    const channel = this.#asked.get(message.request)
    this.#asked.delete(message.request)
    if (channel === undefined) return
    if (channel.isLeft) {
      this.#all.delete(channel)
      channel.state = { is: 'shut' }
      if (message.is === 'opened') this.#close(message.channel)
    } else if (message.is === 'refused') {
      // There is another token meanwhile, of which that says nothing.
      if (channel.token !== this.#token) channel.state = { is: 'shut' }
      else this.#shutOut(channel, message)
    } else {
      this.#open.set(message.channel, channel)
      channel.opened(message, this.#most)
      this.#expires(channel, message.expires)
    }
    this.openMore()
  }

  #ofChannel(message: OfChannel): void {
    const channel = this.#open.get(message.channel)
    // It may have been left while this was on its way.
    if (channel === undefined) return
    if (message.is === 'closed') {
      this.#open.delete(message.channel)
      this.#now?.connection.dropLine(message.channel)
      this.#shutOut(channel, message)
    } else if (message.is === 'part') {
      if (!channel.part(message.bytes))
        this.#owner.rejected('the server sends parts without an end')
    } else {
      channel.heard(message)
      if (message.is === 'rights') this.#expires(channel, message.expires)
    }
  }

  #shutOut(channel: LinkChannel, { code, reason, again }: Refusal): void {
    channel.token = this.#token
    if (code === UNAUTHENTICATED) {
      channel.linked({ is: 'needs-auth', reason })
      channel.state = { is: 'refused', forToken: true }
      this.#now?.renewal.rejected()
    } else if (again === null) {
      channel.state = { is: 'refused', forToken: false }
      channel.owner.refused({ code, reason, again })
    } else {
      // A server that goes on saying "now" is not asked in a storm.
      const random = this.#environment.random()
      const ms = Math.max(afterHint(again, random), backoff(channel.putOff++, random))
      channel.linked({ is: 'offline', reason, again: this.#environment.wall() + ms })
      const cancel = this.#environment.after(ms, () => channel.retry())
      channel.state = { is: 'waiting', cancel }
    }
    this.#plan()
  }

  /**
   * Whoever was refused with another token may try with this one; whose token did not count may in
   * any case, since that may have been the server's fault.
   */
  #letIn(token: string): void {
    this.#token = token
    for (const channel of [...this.#all]) {
      const { state } = channel
      if (state.is !== 'refused' || (channel.token === token && !state.forToken)) continue
      channel.state = { is: 'shut' }
      channel.linked({ is: 'online' })
    }
    this.openMore()
  }

  #needToken(reason: string): void {
    for (const { state, owner } of [...this.#all]) {
      if (state.is === 'refused' && state.forToken) owner.linked({ is: 'needs-auth', reason })
    }
  }

  #expires(channel: LinkChannel, ms: number | null): void {
    // Its owner may have left it meanwhile.
    if (channel.state.is !== 'open') return
    channel.expiresAt = ms === null ? Infinity : this.#environment.monotonic() + ms
    this.#plan()
  }

  #plan(): void {
    const ends = [...this.#open.values()].map(({ expiresAt }) => expiresAt)
    this.#now?.renewal.plan(Math.min(...ends))
  }
}
