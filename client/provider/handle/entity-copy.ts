import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import type { Tier } from '../../../src/core/tier.ts'
import type { Refusal, ServerMessage } from '../../../src/wire/tributary-server.ts'
import type { Channel, ChannelMessage, ChannelOwner, Link, Said } from '../channel.ts'
import type { LinkState, SaveState, Status } from '../status.ts'
import type { DeviceStore, Kept, KeptEdit } from '../store.ts'
import { deletionOf } from './deletion.ts'
import type { Handle, HandleEvents } from './handle.ts'
import { Keeper, type KeeperOwner } from './keeper.ts'
import { Listeners } from './listeners.ts'
import { Presence, type PresenceOwner } from './presence.ts'
import { DESTROYED, NotSaved, type SavedOptions } from './saves.ts'
import { Standing } from './standing.ts'
import type { Surroundings } from './surroundings.ts'
import { applyTogether, isEmpty, WayDown } from './way-down.ts'
import { WayUp, type WayUpOwner } from './way-up.ts'

export interface CopyOptions {
  readonly doc?: Y.Doc | undefined
  readonly awareness?: Awareness | undefined
  /** What `saved()` waits for unless told otherwise. */
  readonly tier?: Tier | undefined
}

export interface CopyParts {
  readonly link: Link
  /** `null`: nothing is kept. */
  readonly device: DeviceStore | null
  /** Under which it is kept. */
  readonly name: string
  readonly around: Surroundings
}

const REMOVED = { code: 'entity-removed', reason: 'the entity was deleted' }

/**
 * The copy of an entity in this page or program, between its document, the device and the link.
 *
 * | | |
 * |---|---|
 * | loading | what was kept comes in; what is written meanwhile waits in the outbox |
 * | connecting | no channel, or not everything is here yet: what comes is gathered |
 * | synced | updates come and go one by one |
 * | cut off | by `disconnect()`: there is no channel until `connect()` |
 * | over | the entity was deleted, this copy is damaged, or its end: nothing goes either way any more |
 */
export class EntityCopy implements ChannelOwner, KeeperOwner, PresenceOwner, WayUpOwner {
  readonly handle: Handle
  readonly #entity: string
  readonly #doc: Y.Doc
  readonly #awareness: Awareness
  readonly #ownAwareness: boolean
  readonly #parts: CopyParts
  readonly #listeners = new Listeners<HandleEvents>()
  readonly #standing = new Standing()
  readonly #wayDown = new WayDown()
  readonly #wayUp: WayUp
  readonly #keeper: Keeper
  readonly #presence: Presence
  readonly #isSynced: Promise<void>
  #nowSynced: () => void = () => {}
  #notSynced: (why: typeof REMOVED) => void = () => {}
  #channel: Channel | null = null
  #link: LinkState = { is: 'connecting' }
  /** Why the server does not have it open for us. */
  #refused: LinkState | null = null
  #opened: Extract<ServerMessage, { readonly is: 'opened' }> | null = null
  #rtt: number | null = null
  #isCut = false
  #isOver = false
  #destroyed: Promise<void> | null = null
  #told = ''
  #isTelling = false
  readonly #reading: Promise<void>
  /** Whether it is known what was kept on the device, or that nobody can tell. */
  #isRead = false

  constructor(entity: string, parts: CopyParts, options: CopyOptions) {
    this.#entity = entity
    this.#parts = parts
    this.#doc = options.doc ?? new Y.Doc()
    this.#ownAwareness = options.awareness === undefined
    this.#awareness = options.awareness ?? new Awareness(this.#doc)
    this.#isSynced = new Promise((resolve, reject) => {
      this.#nowSynced = resolve
      this.#notSynced = (why) => reject(new NotSaved(why))
    })
    // Who does not ask need not hear of it.
    this.#isSynced.catch(() => {})
    this.handle = this.#makeHandle(options)
    this.#keeper = new Keeper(parts.device, parts.name, this, parts.around)
    this.#wayUp = new WayUp(this.#doc, this.#keeper, this.#standing, parts.around, this)
    this.#presence = new Presence(this.#awareness, this, parts.around, this.handle)
    const has = Y.encodeStateAsUpdate(this.#doc)
    if (!isEmpty(has)) this.#wayUp.written(has)
    this.#doc.on('update', this.#changedHere)
    this.#doc.on('destroy', this.handle.destroy)
    this.#reading = this.#start()
  }

  async #start(): Promise<void> {
    await this.#keeper.start()
    this.#isRead = true
    this.changed()
    this.#open()
  }

  #open(): void {
    if (!this.#isRead || this.#isCut || this.#isOver) return
    this.#channel ??= this.#parts.link.open(this.#entity, this)
  }

  readonly #connect = (): void => {
    if (this.#isOver) return
    this.#isCut = false
    this.#refused = null
    this.#open()
    this.#channel?.retry()
  }

  readonly #disconnect = (): void => {
    if (this.#isOver) return
    this.#isCut = true
    this.#channel?.leave()
    this.#channel = null
    this.#refused = null
    this.linked({ is: 'offline', reason: 'disconnected here', again: null })
  }

  #makeHandle({ tier }: CopyOptions): Handle {
    const copy = this
    return {
      doc: this.#doc,
      awareness: this.#awareness,
      get status() {
        return copy.#status
      },
      synced: this.#isSynced,
      saved: (options: SavedOptions = {}) =>
        this.#saved({ ...options, tier: options.tier ?? tier }),
      setAside: async () => {
        await this.#reading
        return this.#keeper.asides
      },
      forgetAside: async (id) => {
        this.#keeper.forgetAside(id)
        this.changed()
      },
      on: (event, fn) => this.#listeners.on(event, fn),
      off: (event, fn) => this.#listeners.off(event, fn),
      connect: this.#connect,
      disconnect: this.#disconnect,
      setToken: (token) => this.#parts.link.renew(token),
      destroy: () => this.#destroy(),
    }
  }

  /** What was kept here before, and never sent, is to be saved too. */
  async #saved(options: SavedOptions): Promise<void> {
    if (!this.#isRead) await this.#reading
    if (this.#destroyed !== null) throw new NotSaved(DESTROYED)
    return this.#wayUp.saved(options)
  }

  // What the link tells.

  opening() {
    const { position } = this.#standing
    const stateVector = position === '' ? Y.encodeStateVector(this.#doc) : new Uint8Array(0)
    return { position, stateVector }
  }

  opened(message: Extract<ServerMessage, { readonly is: 'opened' }>, most: number): void {
    if (this.#isOver) return
    if (this.#standing.isRemovedAt(message.position)) {
      this.#remove()
      return
    }
    this.#refused = null
    this.#opened = message
    this.#wayDown.begin(message.bytes)
    if (message.follows === 'ask') {
      this.say({ is: 'sync', stateVector: Y.encodeStateVector(this.#doc) })
    }
    this.#wayUp.opened(message, most)
    this.#presence.opened()
    this.#keeper.adopt()
    this.changed()
  }

  message(message: ChannelMessage): void {
    if (this.#opened === null) return
    switch (message.is) {
      case 'update':
        if (this.#wayDown.gathering) this.#wayDown.gather(message.update)
        else this.#receive([message.update])
        break
      case 'synced':
        this.#synced(message.update, this.#opened.position)
        break
      case 'ask':
        this.#wayUp.asked(message.stateVector)
        break
      case 'awareness':
        this.#presence.received(message.body)
        break
      case 'ack':
        this.#wayUp.acknowledged(message)
        break
      case 'nack':
        this.#wayUp.refused(message)
        break
      case 'at':
        this.#at(message.position, message.tier)
        break
      case 'rights':
        this.#wayUp.rights(message.may)
        this.changed()
        break
    }
  }

  progress(bytes: number): void {
    this.#wayDown.arrived(bytes)
    const { progress } = this.#wayDown
    if (progress === null) return
    this.#listeners.tell('progress', progress)
    this.changed()
  }

  refused({ code, reason }: Pick<Refusal, 'code' | 'reason'>): void {
    if (this.#isOver) return
    if (code === REMOVED.code) {
      this.#remove()
      return
    }
    this.#refused = { is: 'denied', code, reason }
    this.#closed()
    this.#wayUp.saves.denied({ code, reason })
    this.changed()
  }

  linked(state: LinkState): void {
    this.#link = state
    if (state.is !== 'online') this.#closed()
    this.changed()
  }

  rtt(ms: number): void {
    this.#rtt = ms
    this.changed()
  }

  direct(kind: string, bytes: Uint8Array): void {
    this.#listeners.tell('message', { kind, bytes })
  }

  #at(position: string, tier: Tier): void {
    this.#standing.at(position)
    this.#keeper.stand(position, this.#standing.beyond)
    this.#wayUp.saves.safe(tier)
    this.changed()
  }

  #receive(updates: readonly Uint8Array[]): void {
    if (updates.length === 0) return
    this.#standing.received()
    try {
      applyTogether(this.#doc, updates, this.handle)
    } catch (error) {
      // Yjs calls no observer of such a document again. It is not kept either: the next copy may be able to.
      this.#channel?.leave()
      const why = { code: 'damaged', reason: `This copy cannot go on: ${error}` }
      this.refused(why)
      this.#notSynced(why)
      this.#isOver = true
      return
    }
    for (const update of updates) this.#keeper.server(update)
  }

  #synced(update: Uint8Array, position: string): void {
    this.#receive(this.#wayDown.end(update))
    if (this.#opened === null) return
    this.#standing.caughtUp(position)
    this.#keeper.stand(position, true)
    this.#nowSynced()
    this.changed()
    this.#listeners.tell('sync', true)
    // Last: whoever needs no more may cut the link in it, and `sync` is over then.
    this.#listeners.tell('synced', undefined)
  }

  /** No channel any more. */
  #closed(): void {
    if (this.#opened === null) return
    const wasHere = !this.#wayDown.gathering
    this.#opened = null
    this.#wayDown.drop()
    this.#standing.lost()
    this.#wayUp.lost()
    this.#presence.closed()
    if (wasHere) this.#listeners.tell('sync', false)
  }

  #remove(): void {
    this.#isOver = true
    this.#refused = { is: 'denied', ...REMOVED }
    this.#closed()
    this.#wayUp.removed(REMOVED)
    this.#notSynced(REMOVED)
    this.#keeper.wipe()
    this.#channel?.leave()
    this.changed()
    this.#listeners.tell('removed', undefined)
  }

  // What the device tells.

  loaded(kept: Kept, edits: readonly KeptEdit[]): void {
    if (this.#isOver) return
    applyTogether(this.#doc, kept.updates, this.handle)
    // Late, after the server has said where it is: what is here may be older than that.
    if (this.#isRead) this.#standing.receivedElsewhere()
    else this.#standing.start(kept.position, kept.beyond || kept.position === '')
    this.#wayUp.adopted(edits)
  }

  adopted(edits: readonly KeptEdit[]): void {
    applyTogether(
      this.#doc,
      edits.map(({ update }) => update),
      OTHER,
    )
    this.#wayUp.adopted(edits)
  }

  fromOther(update: Uint8Array): void {
    if (!this.#isOver) applyTogether(this.#doc, [update], OTHER)
  }

  flush(): void {
    this.#wayUp.flush()
  }

  wiped(): void {
    this.#wayUp.wiped()
  }

  whole(kept: readonly Uint8Array[]): Uint8Array {
    applyTogether(this.#doc, kept, OTHER)
    return Y.encodeStateAsUpdate(this.#doc)
  }

  // What the way up and the presence tell.

  say(message: Said): boolean {
    return this.#channel?.say(message) ?? false
  }

  empty(update: Uint8Array): void {
    const deletion = deletionOf(update)
    this.fromOther(deletion)
    this.#keeper.server(deletion)
  }

  tell<Name extends keyof HandleEvents>(name: Name, told: HandleEvents[Name]): void {
    this.#listeners.tell(name, told)
  }

  // What the document tells.

  readonly #changedHere = (update: Uint8Array, origin: unknown): void => {
    if (origin === this.handle) return
    if (origin === OTHER) this.#standing.receivedElsewhere()
    else this.#wayUp.written(update)
  }

  // How it stands.

  get #status(): Status {
    const { outbox } = this.#wayUp
    return {
      link: this.#linkState,
      save: this.#saveState,
      may: this.#wayUp.may,
      pending: outbox.pending,
      oldestMs: Math.max(0, this.#parts.around.wall() - outbox.oldest),
      rtt: this.#rtt,
      tier: this.#wayUp.saves.tier,
      progress: this.#wayDown.progress,
      storageTrouble: this.#keeper.trouble,
    }
  }

  get #linkState(): LinkState {
    const isOnline = this.#link.is === 'online'
    if (this.#refused !== null && (this.#isOver || isOnline)) return this.#refused
    const isHere = this.#opened !== null && !this.#wayDown.gathering
    return isHere || !isOnline ? this.#link : { is: 'connecting' }
  }

  get #saveState(): SaveState {
    if (this.#wayUp.outbox.pending > 0) {
      if (this.#opened !== null) return { is: 'saving' }
      return { is: 'local', device: this.#isOnDevice }
    }
    if (!this.#isRead) return { is: 'local', device: this.#keeper.lasting }
    const aside = this.#wayUp.saves.refusing ?? this.#keeper.asides.at(-1)
    if (aside === undefined) return { is: 'saved' }
    return { is: 'rejected', code: aside.code, reason: aside.reason }
  }

  get #isOnDevice(): boolean {
    return this.#keeper.lasting && this.#wayUp.outbox.allKept
  }

  changed(): void {
    if (this.#isTelling) return
    this.#isTelling = true
    queueMicrotask(() => {
      this.#isTelling = false
      this.#tell()
    })
  }

  /** Once a turn, and only when it is another than before. */
  #tell(): void {
    if (this.#destroyed !== null) return
    const status = this.#status
    const isAtRisk = status.pending > 0 && !this.#isOnDevice
    this.#parts.around.guard(isAtRisk || this.#keeper.asides.some(({ id }) => id < 0))
    const told = JSON.stringify({ ...status, oldestMs: 0 })
    if (told === this.#told) return
    this.#told = told
    this.#listeners.tell('status', status)
  }

  #destroy(): Promise<void> {
    this.#destroyed ??= this.#end()
    return this.#destroyed
  }

  async #end(): Promise<void> {
    this.#isOver = true
    this.#doc.off('update', this.#changedHere)
    this.#doc.off('destroy', this.handle.destroy)
    this.#wayUp.end()
    this.#notSynced(DESTROYED)
    this.#presence.end()
    this.#channel?.leave()
    this.#listeners.clear()
    this.#parts.around.guard(false)
    if (this.#ownAwareness) this.#awareness.destroy()
    await this.#keeper.close()
  }
}

/** The origin of what another tab has kept: it is sent and kept by that tab. */
const OTHER = { from: 'another tab' }
