import type { Cancel } from '../../../src/core/clock.ts'
import type { Refusal } from '../../../src/wire/tributary-server.ts'
import type { ChannelOwner } from '../channel.ts'
import type { LinkState } from '../status.ts'
import { afterHint, afterRestart, backoff } from './backoff.ts'
import { Channels, UNAUTHENTICATED } from './channels.ts'
import { Connection, type ConnectionParts, type Ending } from './connection.ts'
import type { LinkChannel } from './link-channel.ts'
import { askFor, reasonOf, type TokenSource } from './token.ts'

/** A page that goes from one entity to the next keeps its socket. */
const LINGER_MS = 3_000
/** A link that stood for this long was a good one: its loss begins the count anew. */
const STOOD_MS = 5_000

type State =
  /** Nobody wants anything. */
  | { readonly is: 'idle' }
  /** The token function was asked; what an earlier `attempt` gets is not used. */
  | { readonly is: 'asking'; readonly attempt: object }
  | { readonly is: 'dialing'; readonly connection: Connection }
  | { readonly is: 'live'; readonly connection: Connection; readonly since: number }
  /** `notBefore`: a server's wish, by the monotonic clock; nothing that happens here shortens it. */
  | { readonly is: 'waiting'; readonly cancel: Cancel; readonly notBefore: number }
  /** Until somebody says `retry`, or comes anew. */
  | { readonly is: 'stuck' }

export interface ServerLinkOptions extends ConnectionParts {
  readonly address: string
  readonly token: TokenSource
  /** There is nobody left, and the socket is closed. */
  readonly onIdle: () => void
}

/**
 * One socket to one server, made again whenever it is lost.
 *
 * ```
 * idle ──a channel──► asking ──token──► dialing ──welcome──► live
 * dialing, live ──lost──► waiting ──its time, the network, a look at the page──► asking
 * asking, dialing ──no token that counts──► waiting, or stuck when the token is a text
 * dialing, live ──refused without a hint──► stuck ──retry, or a new channel──► asking
 * any ──3 s without a channel──► idle
 * ```
 */
export class ServerLink {
  readonly #options: ServerLinkOptions
  readonly #channels: Channels
  #token: TokenSource
  #state: State = { is: 'idle' }
  #told: LinkState = { is: 'connecting' }
  /** Attempts since the last good link. */
  #failures = 0
  /** When it was lost, or first wanted, by the monotonic clock. */
  #troubleSince = 0
  #linger: Cancel = () => {}
  #ignoreWakes: Cancel | null = null

  constructor(options: ServerLinkOptions) {
    this.#options = options
    this.#token = options.token
    this.#channels = new Channels(options.environment, options.token, {
      left: () => this.#left(),
      retry: () => this.#retry(),
      rejected: (reason) => this.#lose({ is: 'broken', reason }),
    })
  }

  isTo(address: string, token: TokenSource): boolean {
    return this.#options.address === address && this.#token === token
  }

  /** Another text than before. */
  renew(token: string): void {
    this.#token = token
    const { is } = this.#state
    if (is === 'live') this.#channels.renew(token)
    else if (is === 'waiting') this.#wake()
    else this.#try()
  }

  get size(): number {
    return this.#channels.size
  }

  has(entity: string): boolean {
    return this.#channels.has(entity)
  }

  open(entity: string, owner: ChannelOwner): LinkChannel {
    this.#linger()
    this.#ignoreWakes ??= this.#options.environment.onWake(() => this.#wake())
    const channel = this.#channels.add(entity, owner)
    // Whoever opens has its channel in hand before it hears anything.
    queueMicrotask(() => {
      if (channel.isLeft) return
      if (this.#state.is === 'idle' || this.#state.is === 'stuck') this.#try()
      channel.linked(this.#told)
      this.#channels.openMore()
    })
    return channel
  }

  #retry(): void {
    if (this.#state.is !== 'live') this.#wake()
  }

  #left(): void {
    if (this.#channels.size > 0) return
    this.#linger()
    this.#linger = this.#options.environment.after(LINGER_MS, () => this.#rest())
  }

  #rest(): void {
    if (this.#channels.size > 0) return
    this.#ignoreWakes?.()
    this.#ignoreWakes = null
    this.#become({ is: 'idle' })
    this.#failures = 0
    this.#options.onIdle()
  }

  /** Something has changed: what failed a moment ago may work now. */
  #wake(): void {
    const state = this.#state
    this.#failures = 0
    if (state.is === 'live') state.connection.check()
    else if (state.is === 'waiting') {
      const { environment } = this.#options
      const hint = state.notBefore - environment.monotonic()
      const ms = Math.max(hint, backoff(0, environment.random()))
      const again = Math.ceil(environment.wall() + ms)
      const told = 'again' in this.#told ? { ...this.#told, again } : this.#told
      this.#wait(ms, state.notBefore, told)
    } else if (state.is === 'stuck') this.#try()
  }

  /** One setter: whatever the state before held is let go of. */
  #become(next: State): void {
    const before = this.#state
    this.#state = next
    if (before.is === 'live' || before.is === 'idle') {
      this.#troubleSince = this.#options.environment.monotonic()
    }
    if (before.is === 'waiting') before.cancel()
    if (before.is !== 'dialing' && before.is !== 'live') return
    if ('connection' in next && next.connection === before.connection) return
    before.connection.close()
    this.#channels.shut()
  }

  #tell(state: LinkState): void {
    this.#told = state
    this.#channels.linked(state)
  }

  #try(): void {
    if (this.#state.is === 'stuck') this.#tell({ is: 'connecting' })
    const attempt = {}
    this.#become({ is: 'asking', attempt })
    const isCurrent = () => this.#state.is === 'asking' && this.#state.attempt === attempt
    askFor(this.#token, this.#options.environment).then(
      (token) => {
        if (isCurrent()) this.#dial(token)
      },
      (thrown) => {
        if (isCurrent()) this.#needToken(reasonOf(thrown))
      },
    )
  }

  #dial(token: string): void {
    const { address } = this.#options
    const connection = new Connection(address, token, this.#options, {
      welcomed: (welcome) => {
        const since = this.#options.environment.monotonic()
        this.#become({ is: 'live', connection, since })
        this.#tell({ is: 'online' })
        this.#channels.begin(connection, token, welcome)
      },
      heard: (message) => this.#channels.heard(message),
      ended: (ending) => this.#lose(ending),
      rtt: (ms) => this.#channels.rtt(ms),
      awaited: () => this.#channels.awaited,
    })
    this.#become({ is: 'dialing', connection })
  }

  #lose(ending: Ending): void {
    const { environment } = this.#options
    const now = environment.monotonic()
    const hadStood = this.#state.is === 'live' && now - this.#state.since >= STOOD_MS
    if (hadStood) this.#failures = 0
    if (ending.is === 'refused') {
      this.#refused(ending.refusal)
      return
    }
    if (ending.is === 'broken') this.#failures = Math.max(1, this.#failures)
    this.#waitFor(ending.is === 'restart' ? afterRestart(environment.random()) : 0, ending.reason)
  }

  #refused({ code, reason, again }: Refusal): void {
    if (code === UNAUTHENTICATED) this.#needToken(reason)
    else if (again !== null) {
      this.#waitFor(afterHint(again, this.#options.environment.random()), reason)
    } else {
      this.#become({ is: 'stuck' })
      this.#tell({ is: 'denied', code, reason })
    }
  }

  #needToken(reason: string): void {
    const told = { is: 'needs-auth', reason } as const
    if (typeof this.#token === 'string') {
      this.#become({ is: 'stuck' })
      this.#tell(told)
    } else {
      // What was refused a moment ago is not asked for at once.
      this.#failures = Math.max(1, this.#failures)
      this.#wait(this.#nextBackoff(), 0, told)
    }
  }

  /** @param hint What the server wishes, in ms; 0 without a wish. */
  #waitFor(hint: number, reason: string): void {
    const { environment } = this.#options
    const isFirst = this.#failures === 0
    const ms = Math.max(hint, this.#nextBackoff())
    const notBefore = hint === 0 ? 0 : environment.monotonic() + hint
    // Most losses are over before anybody could read of them.
    const again = environment.hasNetwork ? Math.ceil(environment.wall() + ms) : null
    const told: LinkState =
      isFirst && hint === 0 ? { is: 'connecting' } : { is: 'offline', reason, again }
    this.#wait(ms, notBefore, told)
  }

  #nextBackoff(): number {
    const { environment } = this.#options
    const lasted = environment.monotonic() - this.#troubleSince
    return backoff(this.#failures++, environment.random(), lasted)
  }

  #wait(ms: number, notBefore: number, told: LinkState): void {
    const cancel = this.#options.environment.after(ms, () => this.#try())
    this.#become({ is: 'waiting', cancel, notBefore })
    this.#tell(told)
  }
}
