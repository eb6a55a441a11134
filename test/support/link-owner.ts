import type { ChannelMessage, ChannelOwner } from '../../client/provider/channel.ts'
import type { Environment } from '../../client/provider/link/environment.ts'
import type { LinkState } from '../../client/provider/status.ts'
import type { Refusal, ServerMessage } from '../../src/wire/tributary-server.ts'
import { until } from './deadline.ts'
import { ManualClock } from './manual-clock.ts'

const DEADLINE_MS = 10_000

/** The upper half of a channel, that remembers what it was told. */
export class NotingOwner implements ChannelOwner {
  readonly states: LinkState[] = []
  readonly openings: Extract<ServerMessage, { readonly is: 'opened' }>[] = []
  readonly messages: ChannelMessage[] = []
  readonly refusals: Refusal[] = []
  readonly direct_: [string, Uint8Array][] = []
  readonly rtts: number[] = []
  /** Bytes that an edit may have. */
  most = 0
  progressed = 0

  opening() {
    return { position: '', stateVector: Uint8Array.of(0) }
  }
  opened(message: Extract<ServerMessage, { readonly is: 'opened' }>, most: number): void {
    this.most = most
    this.openings.push(message)
  }
  message(message: ChannelMessage): void {
    this.messages.push(message)
  }
  progress(bytes: number): void {
    this.progressed += bytes
  }
  refused(refusal: Refusal): void {
    this.refusals.push(refusal)
  }
  linked(state: LinkState): void {
    this.states.push(state)
  }
  direct(kind: string, bytes: Uint8Array): void {
    this.direct_.push([kind, bytes])
  }
  rtt(ms: number): void {
    this.rtts.push(ms)
  }

  get state(): LinkState['is'] | undefined {
    return this.states.at(-1)?.is
  }

  async becomes(is: LinkState['is']): Promise<LinkState> {
    await until(`the link is ${is}`, DEADLINE_MS, () => this.state === is)
    return this.states.at(-1) as LinkState
  }

  async isOpen(count = 1): Promise<void> {
    await until(`opened ${count} times`, DEADLINE_MS, () => this.openings.length >= count)
  }
}

/** A page whose time a test moves; chance is what the test says. */
export class ManualPage extends ManualClock implements Environment {
  chance = 0.5
  hasNetwork = true
  readonly #wakes = new Set<() => void>()

  random(): number {
    return this.chance
  }

  onWake(fn: () => void) {
    this.#wakes.add(fn)
    return () => this.#wakes.delete(fn)
  }

  /** Who listens. */
  get listeners(): number {
    return this.#wakes.size
  }

  wake(): void {
    for (const fn of [...this.#wakes]) fn()
  }

  /** Nothing runs for so long, and then everything that was due at once. */
  sleep(ms: number): void {
    this.now += ms
    this.advance(0)
  }
}
