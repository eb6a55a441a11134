import { atMost } from '../core/at-most.ts'
import type { Cancel, Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Metrics } from '../ops/metrics.ts'
import type { LinkState, RedisLink } from '../redis/link.ts'
import {
  type Bus,
  type BusListener,
  checkMessage,
  type Departure,
  type NodeName,
  type Topic,
} from './bus.ts'
import { unwrap, wrap } from './envelope.ts'
import { LOOK_MS, LOOKS_PER_BEAT, Neighbours } from './neighbours.ts'

export interface RedisBusOptions {
  readonly node: NodeName
  readonly clock: Pick<Clock, 'monotonic' | 'after' | 'soon'>
  readonly logger: Logger
  readonly metrics: Pick<Metrics, 'busSent' | 'busDropped'>
}

const NODES: Topic = { is: 'nodes' }
/** What nodes say about themselves: one that comes, or comes back, is greeted by everybody. */
const HELLO = 'hello'
const GREETING = 'greeting'
const BEAT = 'beat'
const BYE = 'bye'
/** To one that was taken for gone, or never heard: what it has said was in vain. */
const STRANGER = 'stranger'
const NOTHING = new Uint8Array(0)

/** Published in one turn; what is more is dropped: Redis would cut off who cannot read so much. */
const TURN_BYTES = 8 * 1024 * 1024
/** What has been given to Redis and is not answered. */
const UNDER_WAY_BYTES = 32 * 1024 * 1024
/** Others have not heard the last beat before it was lost: from then on they may say it is gone. */
const GONE_MS = 5_000
/** How long the good-bye is waited for. */
const BYE_MS = 1_000

/**
 * The bus over Pub/Sub: one PUBLISH per message, all of one turn of the loop in one write. Messages
 * about an entity go over the channel of its log, so that they cost no further subscription.
 */
export class RedisBus implements Bus {
  readonly node: NodeName
  readonly alone = false
  readonly #link: RedisLink
  readonly #options: RedisBusOptions
  readonly #neighbours = new Neighbours()
  readonly #onGone = new Set<(node: NodeName, how: Departure) => void>()
  readonly #onGap = new Set<(forgotten: boolean) => void>()
  /** Who would listen if there were a connection. */
  readonly #unjoined = new Set<Ear>()
  #outgoing: [channel: string, message: Buffer][] = []
  #outgoingBytes = 0
  #underWayBytes = 0
  #cancelSoon: Cancel | null = null
  #cancelLook: Cancel
  #looks = 0
  /** Whether the link was ready before: from then on a ready link is one that came back. */
  #wasReady = false
  #awaySince: number | null = null
  #closing: Promise<void> | null = null
  readonly #stops: (() => void)[] = []

  constructor(link: RedisLink, options: RedisBusOptions) {
    this.node = options.node
    this.#link = link
    this.#options = options
    const told: BusListener = (kind, bytes, from) => this.#heardNode(kind, bytes, from)
    this.#stops.push(this.listen(NODES, told))
    this.#stops.push(link.onState((state) => this.#state(state)))
    if (link.state.is === 'ready') this.#state(link.state)
    this.#cancelLook = this.#armLook()
  }

  nodes(): readonly NodeName[] {
    return [this.node, ...this.#neighbours.names].sort()
  }

  onGone(fn: (node: NodeName, how: Departure) => void): () => void {
    this.#onGone.add(fn)
    return () => this.#onGone.delete(fn)
  }

  onGap(fn: (forgotten: boolean) => void): () => void {
    this.#onGap.add(fn)
    return () => this.#onGap.delete(fn)
  }

  publish(topic: Topic, kind: string, bytes: Uint8Array): void {
    checkMessage(kind, bytes)
    if (this.#closing === null) this.#put(topic, kind, bytes)
  }

  listen(topic: Topic, listener: BusListener): () => void {
    const ear = new Ear(this.#link, this.#channel(topic), (message) => {
      const envelope = unwrap(message)
      if (envelope === null || envelope.from === this.node) return
      listener(envelope.kind, envelope.bytes, envelope.from)
    })
    void this.#join(ear)
    return () => {
      this.#unjoined.delete(ear)
      ear.stop()
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#cancelLook()
    for (const stop of this.#stops.splice(0)) stop()
    this.#put(NODES, BYE, NOTHING)
    await atMost(this.#options.clock, BYE_MS, this.#send())
  }

  // ---- going out

  #put(topic: Topic, kind: string, bytes: Uint8Array): void {
    const { busDropped, busSent } = this.#options.metrics
    const fits =
      this.#outgoingBytes + bytes.length <= TURN_BYTES &&
      this.#underWayBytes + bytes.length <= UNDER_WAY_BYTES
    if (!fits) {
      busDropped.add()
      return
    }
    const message = wrap(this.node, kind, bytes)
    busSent.add()
    this.#outgoing.push([this.#channel(topic), message])
    this.#outgoingBytes += message.length
    this.#cancelSoon ??= this.#options.clock.soon(() => void this.#send())
  }

  /** Resolves when Redis has answered. */
  async #send(): Promise<void> {
    this.#cancelSoon?.()
    this.#cancelSoon = null
    const [messages, bytes] = [this.#outgoing, this.#outgoingBytes]
    if (messages.length === 0) return
    this.#outgoing = []
    this.#outgoingBytes = 0
    this.#underWayBytes += bytes
    const sent = await this.#link.publish(messages)
    this.#underWayBytes -= bytes
    this.#options.metrics.busDropped.add(messages.length - sent)
  }

  #channel(topic: Topic): string {
    const { names } = this.#link
    if (topic.is === 'entity') return names.channel(topic.entity)
    return topic.is === 'tenant' ? names.tenantChannel(topic.tenant) : names.nodesChannel
  }

  // ---- coming in

  /** Without a connection it is tried again when there is one. */
  async #join(ear: Ear): Promise<void> {
    this.#unjoined.add(ear)
    if (await ear.join()) this.#unjoined.delete(ear)
  }

  #state(state: LinkState): void {
    const now = this.#options.clock.monotonic()
    if (state.is === 'connecting') this.#awaySince ??= now
    if (state.is !== 'ready') return
    this.#neighbours.pardon()
    const since = this.#awaySince
    this.#awaySince = null
    const isFirst = !this.#wasReady
    this.#wasReady = true
    void this.#hello(isFirst || since === null ? null : now - since)
  }

  /** What was listened for without a connection is joined first: the answers must be heard. */
  async #hello(awayMs: number | null): Promise<void> {
    await Promise.all(Array.from(this.#unjoined, (ear) => this.#join(ear)))
    if (this.#closing !== null || this.#link.state.is !== 'ready') return
    this.#put(NODES, HELLO, NOTHING)
    if (awayMs !== null) this.#gap(awayMs > GONE_MS)
  }

  #heardNode(kind: string, bytes: Uint8Array, from: NodeName): void {
    if (kind === BYE) {
      if (this.#neighbours.forget(from)) this.#gone(from, 'stopped')
      return
    }
    const isNew = this.#neighbours.heard(from)
    if (isNew) this.#options.logger.info('a node is there', { node: from })
    if (kind === HELLO) this.#put(NODES, GREETING, NOTHING)
    else if (isNew && kind !== GREETING) this.#put(NODES, STRANGER, Buffer.from(from))
    if (kind === STRANGER && Buffer.from(bytes).toString() === this.node) this.#gap(true)
  }

  #gap(forgotten: boolean): void {
    for (const fn of this.#onGap) fn(forgotten)
  }

  #gone(node: NodeName, how: Departure): void {
    this.#options.logger[how === 'stopped' ? 'info' : 'warn']('a node is gone', { node, how })
    for (const fn of this.#onGone) fn(node, how)
  }

  // ---- time passes

  #armLook(): Cancel {
    return this.#options.clock.after(LOOK_MS, () => {
      this.#cancelLook = this.#armLook()
      // Who hears nobody knows nothing of anybody.
      if (this.#link.state.is !== 'ready') return
      // One that could not join for itself alone.
      for (const ear of this.#unjoined) void this.#join(ear)
      for (const node of this.#neighbours.look()) this.#gone(node, 'silent')
      if (++this.#looks % LOOKS_PER_BEAT === 0) this.#put(NODES, BEAT, NOTHING)
    })
  }
}

/** One who listens to a channel, from when there is a connection. */
class Ear {
  readonly #link: RedisLink
  readonly #name: string
  readonly #hear: (message: Buffer) => void
  #joining: Promise<boolean> | null = null
  #leave: (() => void) | null = null
  #stopped = false

  constructor(link: RedisLink, name: string, hear: (message: Buffer) => void) {
    this.#link = link
    this.#name = name
    this.#hear = hear
  }

  /** @returns whether nothing is left to do; `false` when there is no connection. */
  join(): Promise<boolean> {
    if (this.#stopped || this.#leave !== null) return Promise.resolve(true)
    this.#joining ??= this.#tryToJoin()
    return this.#joining
  }

  async #tryToJoin(): Promise<boolean> {
    try {
      this.#leave = await this.#link.channels.listen(this.#name, this.#hear)
      if (this.#stopped) this.stop()
      return true
    } catch {
      return false
    } finally {
      this.#joining = null
    }
  }

  stop(): void {
    this.#stopped = true
    this.#leave?.()
    this.#leave = null
  }
}
