import { createHash } from 'node:crypto'
import * as Y from 'yjs'
import type {
  Channel,
  ChannelMessage,
  ChannelOwner,
  Link,
  Said,
} from '../../client/provider/channel.ts'
import { type Epoch, FIRST_CHECK, formatPosition, parsePosition } from '../../src/core/position.ts'
import type { Tier } from '../../src/core/tier.ts'
import type { ServerMessage } from '../../src/wire/tributary-server.ts'

type Opened = Extract<ServerMessage, { readonly is: 'opened' }>
type Down =
  | { readonly is: 'opened'; readonly opened: Opened }
  | { readonly is: 'message'; readonly message: ChannelMessage }

/** One channel of a handle on the simulated server, with a wire each way that a test moves. */
export class SimChannel implements Channel {
  readonly owner: ChannelOwner
  readonly #server: SimServer
  #isOpen = false
  isLeft = false
  up: Said[] = []
  down: Down[] = []
  /** Whether the server fans out to it. */
  live = false
  /** What is said under these batches is answered for when all of it is in the log. */
  owed: number[] = []
  asked = false
  /** What was not taken for what it lacked, and has not come in an answer. */
  dropped: Uint8Array[] = []
  sinceAt = true
  presence: Uint8Array | null = null

  constructor(owner: ChannelOwner, server: SimServer) {
    this.owner = owner
    this.#server = server
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  say(message: Said): boolean {
    if (!this.#isOpen) return false
    if ('update' in message && message.update.length > this.#server.most)
      throw new Error('too large')
    this.up.push(structuredClone(message))
    return true
  }

  retry(): void {}

  leave(): void {
    this.isLeft = true
    this.#isOpen = false
    this.#server.channels.delete(this)
  }

  /** What the link does when it is there: the question is on the wire, and its answer. */
  connect(): void {
    if (this.#isOpen || this.isLeft || this.down.length > 0) return
    this.owner.linked({ is: 'online' })
    const { position, stateVector } = this.owner.opening()
    this.#server.open(this, position, stateVector)
  }

  cut(): void {
    this.up = []
    this.down = []
    this.owed = []
    this.live = false
    this.asked = false
    this.dropped = []
    this.#isOpen = false
    if (!this.isLeft) this.owner.linked({ is: 'offline', reason: 'cut', again: null })
  }

  /** One message goes one way. @returns whether there was one. */
  step(way: 'up' | 'down'): boolean {
    if (way === 'up') {
      const said = this.up.shift()
      if (said !== undefined) this.#server.said(this, said)
      return said !== undefined
    }
    const told = this.down.shift()
    if (told === undefined || this.isLeft) return false
    if (told.is === 'opened') {
      this.#isOpen = true
      this.owner.opened(told.opened, this.#server.most)
    } else this.owner.message(told.message)
    return true
  }

  tell(message: ChannelMessage): void {
    this.down.push({ is: 'message', message: structuredClone(message) })
  }
}

interface Entry {
  readonly update: Uint8Array
  readonly check: string
}

/**
 * A server of one entity by the rules of the real one, in one thread and with its disk in a test's hand:
 * it fans out before it writes, asks for what is not closed, and forgets when it dies what it had not
 * written.
 */
export class SimServer implements Link {
  readonly channels = new Set<SimChannel>()
  tier: Tier = 'disk'
  may: 'read' | 'write' = 'write'
  /** Bytes that an edit or an answer may have; whoever has it open then keeps what it was told. */
  most = Infinity
  /** Why edits are not taken; `null`: they are. */
  nack:
    | ((
        update: Uint8Array,
      ) => Omit<Extract<ServerMessage, { is: 'nack' }>, 'is' | 'channel' | 'batch'> | null)
    | null = null
  #epoch = '0.first'
  #entries: Entry[] = []
  /** Offset of the first entry that is still there, less one. */
  #base = 0
  #snapshot: Uint8Array = Y.encodeStateAsUpdate(new Y.Doc())
  #baseCheck = FIRST_CHECK
  #unwritten: Uint8Array[] = []
  #known = new Y.Doc()
  #opened = 0
  /** Answers that were sent by clients. */
  answers = 0

  open(_entity: string, owner: ChannelOwner): SimChannel
  open(channel: SimChannel, position: string, stateVector: Uint8Array): void
  open(
    first: string | SimChannel,
    second: ChannelOwner | string,
    stateVector?: Uint8Array,
  ): SimChannel | undefined {
    if (typeof first === 'string') {
      const channel = new SimChannel(second as ChannelOwner, this)
      this.channels.add(channel)
      return channel
    }
    this.#open(first, second as string, stateVector as Uint8Array)
    return undefined
  }

  /** It asks nobody for a token. */
  renew(): void {}

  get position(): string {
    return this.#positionAt(this.#base + this.#entries.length)
  }

  /** What is on the disk. */
  get log(): readonly Uint8Array[] {
    return [this.#snapshot, ...this.#entries.map(({ update }) => update)]
  }

  get doc(): Y.Doc {
    const doc = new Y.Doc()
    for (const update of this.log) Y.applyUpdate(doc, update)
    return doc
  }

  get isQuiet(): boolean {
    return this.#unwritten.length === 0
  }

  #positionAt(offset: number): string {
    const check =
      offset === this.#base
        ? this.#baseCheck
        : (this.#entries[offset - this.#base - 1]?.check ?? '')
    return formatPosition({ ...parsePosition(`${this.#epoch}:0:${FIRST_CHECK}`), offset, check })
  }

  #open(channel: SimChannel, position: string, stateVector: Uint8Array): void {
    const { follows, after } = this.#follow(position)
    const opened: Opened = {
      ...{
        is: 'opened',
        request: 1,
        channel: 1,
        may: this.may,
        follows,
        tier: this.tier,
        bytes: 0,
      },
      ...{ position: this.position, expires: null },
      stateVector: Y.encodeStateVector(this.#known),
    }
    this.#opened++
    channel.sinceAt = true
    channel.down.push({ is: 'opened', opened })
    if (follows === 'state') this.#sendState(channel, stateVector)
    if (follows === 'rest') {
      const rest = [
        ...this.#entries.slice(after - this.#base).map(({ update }) => update),
        ...this.#unwritten,
      ]
      for (const update of rest) channel.tell({ is: 'update', channel: 1, update })
      channel.tell({ is: 'synced', channel: 1, update: new Uint8Array(2) })
      channel.live = true
    }
  }

  #follow(position: string): { follows: Opened['follows']; after: number } {
    if (position === '') return { follows: 'state', after: 0 }
    const { offset } = parsePosition(position)
    const within = offset >= this.#base && offset <= this.#base + this.#entries.length
    const isOurs = within && this.#positionAt(offset) === position
    return { follows: isOurs ? 'rest' : 'ask', after: offset }
  }

  #sendState(channel: SimChannel, stateVector: Uint8Array): void {
    const update = Y.encodeStateAsUpdate(this.#known, stateVector)
    channel.tell({ is: 'synced', channel: 1, update })
    channel.live = true
  }

  said(channel: SimChannel, said: Said): void {
    if (said.is === 'sync') this.#sendState(channel, said.stateVector)
    if (said.is === 'claim' || said.is === 'awareness') this.#present(channel, said.body)
    if (said.is !== 'edit' && said.is !== 'answer') return
    if (said.is === 'answer') this.answers++
    const refusal = this.nack?.(said.update) ?? null
    if (refusal !== null) {
      channel.tell({ is: 'nack', channel: 1, batch: said.batch, ...refusal })
      return
    }
    channel.owed.push(said.batch)
    if (!isClosed(this.#known, said.update)) {
      channel.dropped.push(said.update)
      if (channel.asked) return
      channel.asked = true
      channel.tell({ is: 'ask', channel: 1, stateVector: Y.encodeStateVector(this.#known) })
      return
    }
    this.#take(channel, said.update)
    // Not every answer brings what was asked for.
    channel.dropped = channel.dropped.filter(
      (update) => !isClosed(this.#known, update) || bringsNews(this.#known, update),
    )
    if (channel.dropped.length === 0) channel.asked = false
  }

  #take(channel: SimChannel, update: Uint8Array): void {
    if (!bringsNews(this.#known, update)) return
    const before = Y.encodeStateVector(this.#known)
    Y.applyUpdate(this.#known, update)
    const news = Y.diffUpdate(update, before)
    this.#unwritten.push(news)
    for (const other of this.channels) {
      if (other === channel || !other.live) continue
      other.sinceAt = true
      other.tell({ is: 'update', channel: 1, update: news })
    }
    channel.sinceAt = true
  }

  #present(channel: SimChannel, body: Uint8Array): void {
    channel.presence = body
    for (const other of this.channels) {
      if (other === channel || !other.live) continue
      other.tell({ is: 'awareness', channel: 1, body })
      if (other.presence !== null) {
        channel.tell({ is: 'awareness', channel: 1, body: other.presence })
      }
    }
  }

  /** What is unwritten is written, and what is owed acknowledged. */
  write(): void {
    for (const update of this.#unwritten.splice(0)) {
      const last = this.#entries.at(-1)?.check ?? this.#baseCheck
      const check = createHash('sha1').update(last).update(update).digest('hex').slice(0, 16)
      this.#entries.push({ update, check })
    }
    for (const channel of this.channels) {
      const batch = channel.owed.at(-1)
      if (batch === undefined || channel.asked) continue
      channel.owed = []
      const ack = { is: 'ack', channel: 1, batch, tier: this.tier, replicas: 0 } as const
      channel.tell({ ...ack, position: this.position })
    }
  }

  /** A quiet moment: whoever has been sent everything is told where that is. */
  tellWhere(): void {
    if (!this.isQuiet) return
    for (const channel of this.channels) {
      if (!channel.live || !channel.sinceAt) continue
      channel.sinceAt = false
      channel.tell({ is: 'at', channel: 1, tier: this.tier, position: this.position })
    }
  }

  /** It dies, and is there again: what was not written is gone. */
  crash(): void {
    for (const channel of [...this.channels]) channel.cut()
    this.#unwritten = []
    this.#known = this.doc
  }

  compact(): void {
    const { offset, check } = parsePosition(this.position)
    this.#snapshot = Y.encodeStateAsUpdate(this.doc)
    this.#base = offset
    this.#baseCheck = check
    this.#entries = []
  }

  /** Its disk is gone. */
  loseAll(epoch: Epoch): void {
    this.#begin(epoch)
  }

  /** Somebody deletes the entity. */
  remove(generation: number): void {
    this.#begin(`${generation}.removed`)
  }

  #begin(epoch: string): void {
    this.#epoch = epoch
    this.#entries = []
    this.#base = 0
    this.#baseCheck = FIRST_CHECK
    this.#snapshot = Y.encodeStateAsUpdate(new Y.Doc())
    this.crash()
  }

  get openings(): number {
    return this.#opened
  }
}

function isClosed(known: Y.Doc, update: Uint8Array): boolean {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(known))
  Y.applyUpdate(doc, update)
  return doc.store.pendingStructs === null && doc.store.pendingDs === null
}

function bringsNews(known: Y.Doc, update: Uint8Array): boolean {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(known))
  let news = false
  doc.on('update', () => {
    news = true
  })
  Y.applyUpdate(doc, update)
  return news
}
