import * as Y from 'yjs'
import type { ErrorCode } from '../../src/core/errors.ts'
import { DEFAULT_TENANT, entityId, entityRef } from '../../src/core/ids.ts'
import { type Message, parseMessage } from './frames.ts'
import { Seeded } from './seeded.ts'
import { canonical, loaded } from './sim-audit.ts'
import { type ClientNature, type ClientWorld, SimClient } from './sim-client.ts'
import { SimClock } from './sim-clock.ts'
import { drawLink, drawNature, type Nature } from './sim-nature.ts'
import { type LinkWatch, SimLink } from './sim-network.ts'
import { SimNode } from './sim-node.ts'
import { SimStore } from './sim-store.ts'

/** How often what happened: a simulation in which nothing happens finds nothing. */
export type Counts = { [name in CountName]: number }
export type CountName = (typeof COUNTS)[number]
export const COUNTS = [
  'edits',
  'messages',
  'unclosed',
  'questions',
  'repeated',
  'conflations',
  'catchUps',
  'compactedAway',
  'compactions',
  'cuts',
  'kills',
  'drains',
  'loads',
  'unloads',
  'storeFailures',
  'siblingMessages',
  'acknowledged',
  'departures',
] as const

export interface RunOptions {
  /** Changes what the seed has drawn. */
  readonly change?: (nature: Nature) => Nature
  /** No more edits than this: for the search of a smaller failure. */
  readonly mostEdits?: number
  /** Is told everything that happens. */
  readonly trace?: (line: string) => void
}

/** What broke, and when. */
export class SimFault extends Error {}

const REF = entityRef(DEFAULT_TENANT, entityId('simulated'))
/** All must be quiet for so long: longer than anything that a server puts off. */
const QUIET_MS = 400
/**
 * Stock clients renew their presence every 15 s. Some of them a client needs by its own doing: a tab
 * whose socket dies tells its siblings that everyone is gone.
 */
const RENEWAL_MS = 15_000
/** A world that is left alone comes to rest within so much time and in so many steps. */
const REST_MS = 3_600_000
const REST_STEPS = 200_000

/**
 * One world: a node, its store, a network and browsers, driven by a seed. What the server does is
 * held against rules at every step, and against an oracle in the end: a document that was given every
 * update that any client ever made.
 */
export class Simulation implements ClientWorld, LinkWatch {
  readonly clock = new SimClock()
  readonly random: Seeded
  readonly nature: Nature
  readonly store: SimStore
  readonly clients: SimClient[] = []
  readonly counts = Object.fromEntries(COUNTS.map((name) => [name, 0])) as Counts
  /** Every update that any client made, in the order of its making. */
  readonly made: Uint8Array[] = []
  readonly #options: RunOptions
  readonly #browsers = new Map<SimClient, SimClient[]>()
  readonly #owners = new Map<number, Map<SimLink, boolean>>()
  readonly #usersOf = new Map<SimLink, SimClient>()
  readonly #announced = new Map<number, number>()
  readonly #faults: string[] = []
  #node: SimNode | null = null
  #starting = false
  #betweenTabs = 0
  #editsLeft = 0
  #phase: 'wild' | 'calm' | 'over' = 'wild'

  constructor(seed: number, options: RunOptions = {}) {
    this.random = new Seeded(seed)
    const drawn = drawNature(this.random)
    this.nature = options.change?.(drawn) ?? drawn
    this.#options = options
    this.store = new SimStore(this.clock, this.random, this.nature.store)
    for (const tabs of this.nature.browsers) this.#openBrowser(tabs)
  }

  get node(): SimNode | null {
    return this.#node
  }

  /** The whole schedule. @throws {SimFault} */
  async run(): Promise<Counts> {
    await this.start()
    for (const client of this.clients) {
      this.clock.after(this.random.next() * 500, () => this.#join(client))
    }
    this.#armTrouble()
    await this.#edit('wild', this.nature.edits.wild)
    await this.#edit('calm', this.nature.edits.calm / 2)
    await this.#until(() => this.clients.every((client) => client.connected), 'all are connected')
    await this.#edit('calm', this.nature.edits.calm / 2)
    this.#phase = 'over'
    await this.rest()
    await this.agree('before any reconnect')
    this.checkPresence()
    for (let round = 1; round <= 2; round++) {
      const { bytes } = this.store.audit
      for (const client of this.clients) {
        client.cut(0)
        this.#connect(client)
      }
      await this.rest()
      await this.agree(`after reconnect ${round}`)
      this.checkPresence()
      // The first answers may name deletes that no update has named, such as of what lost a set.
      if (round === 2 && this.store.audit.bytes > bytes) this.fault('a reconnect grew the log')
    }
    await this.#coldStart()
    this.close()
    return this.counts
  }

  async start(): Promise<void> {
    this.#starting = true
    const { clock, random, store } = this
    const node = await SimNode.start({ clock, random, store, nature: this.nature.node, ref: REF })
    this.#starting = false
    this.#node = node
  }

  /** A client that is connected by and by, as one tab of a browser of its own. */
  add(nature: ClientNature): SimClient {
    const [client] = this.#openBrowser([nature]) as [SimClient]
    return client
  }

  connect(client: SimClient): void {
    this.#connect(client)
  }

  /** Goes on until nothing happens any more. Every client must then be connected. */
  async rest(): Promise<void> {
    await this.#quiet()
    await this.clock.advance(RENEWAL_MS)
    for (const client of this.clients) client.renewPresence()
    await this.#quiet()
  }

  /** All copies are equal: of the clients, of the server as a cold start finds it, and of the oracle. */
  async agree(when: string): Promise<void> {
    const oracle = loaded(this.made)
    const stored = loaded(await this.store.read(REF.key))
    const expected = canonical(oracle)
    const copies = [
      { name: 'the oracle', doc: oracle },
      { name: 'the server', doc: stored },
      ...this.clients,
    ]
    for (const { name, doc } of copies) {
      const { pendingStructs, pendingDs } = doc.store
      if (pendingStructs !== null || pendingDs !== null)
        this.fault(`${when} ${name} waits for more`)
      if (!canonical(doc).equals(expected)) {
        this.fault(`${when} ${name} differs: ${differenceOf(doc, oracle)}`)
      }
    }
    const entity = this.#node?.entity
    if (entity !== undefined && !isSame(stateVectorOf(oracle), entity.stateVector)) {
      this.fault(`${when} the server announces another state vector`)
    }
    if (this.#node?.pending.used !== 0) this.fault(`${when} bytes are still pending`)
    if (this.#node?.metrics.sessions.value !== this.#node?.talking) {
      this.fault(`${when} sessions are miscounted`)
    }
    this.#throwFaults()
  }

  /** Everybody sees everybody who is connected, as he is. */
  checkPresence(): void {
    const here = new Map<number, unknown>()
    for (const { doc, awareness } of this.clients) {
      const state = awareness.getLocalState()
      if (state !== null) here.set(doc.clientID, state)
    }
    const expected = inOrder(here)
    for (const { name, awareness } of this.clients) {
      const seen = inOrder(awareness.getStates())
      if (seen !== expected) this.fault(`${name} sees ${seen}, here are ${expected}`)
    }
    this.#throwFaults()
  }

  /** Notes what is wrong; the next check throws it. */
  fault(what: string): void {
    this.#trace(`FAULT ${what}`)
    if (this.#faults.length < 10) this.#faults.push(what)
  }

  close(): void {
    this.#phase = 'over'
    this.#node?.kill()
    for (const client of this.clients) client.close()
  }

  // ---- what happens by itself

  async #edit(phase: 'wild' | 'calm', edits: number): Promise<void> {
    this.#phase = phase
    this.#editsLeft = Math.min(
      edits,
      (this.#options.mostEdits ?? Number.POSITIVE_INFINITY) - this.counts.edits,
    )
    await this.#until(() => this.#editsLeft <= 0, 'all edits are made')
  }

  #join(client: SimClient): void {
    this.#connect(client)
    this.#act(client)
  }

  #act(client: SimClient): void {
    if (this.#phase === 'over') return
    const { random } = this
    const what = random.next()
    if (what < 0.7) {
      for (let left = random.chance(0.1) ? random.int(2, 5) : 1; left > 0; left--) {
        this.#editOnce(client)
      }
    } else if (what < 0.8) client.move()
    else if (what < 0.92) client.askSaved()
    else client.askSiblings()
    this.clock.after(this.#gap(this.nature.pause), () => this.#act(client))
  }

  #editOnce(client: SimClient): void {
    if (this.#editsLeft <= 0) return
    this.#editsLeft--
    this.counts.edits++
    this.#trace(`${client.name} edits`)
    client.edit(this.random)
  }

  #armTrouble(): void {
    this.clock.after(this.#gap(this.nature.peace), () => {
      if (this.#phase === 'over') return
      this.#trouble()
      this.#armTrouble()
    })
  }

  #trouble(): void {
    const { random } = this
    const what = random.next()
    if (what < 0.5 || this.#phase === 'calm') {
      this.#trace('a compaction falls due')
      this.#node?.compact()
    } else if (what < 0.88) {
      this.#cut(random.pick(this.clients))
    } else if (what < 0.93) {
      for (const client of this.clients) this.#cut(client)
    } else if (this.#node !== null) {
      this.#restart(this.#node, random.chance(0.5)).catch((error: unknown) => {
        this.fault(`a restart failed: ${error}`)
      })
    }
  }

  #cut(client: SimClient): void {
    if (client.link === null) return
    this.counts.cuts++
    this.#trace(`${client.name} is cut`)
    client.cut(this.random.chance(0.5) ? 0 : this.random.next() * 600)
    this.clock.after(this.#gap(this.nature.away), () => this.#connect(client))
  }

  async #restart(node: SimNode, gently: boolean): Promise<void> {
    this.#node = null
    this.#trace(gently ? 'the node is stopped' : 'the node is killed')
    if (gently) {
      this.counts.drains++
      await node.drain()
      this.#checkAnnounced()
    } else {
      this.counts.kills++
      node.kill()
      this.#announced.clear()
    }
    this.#retire(node)
    await this.clock.sleep(this.#gap(50))
    await this.start()
  }

  #connect(client: SimClient): void {
    if (client.link !== null) return
    const node = this.#node
    if (node === null) {
      this.clock.after(20, () => this.#connect(client))
      return
    }
    const nature = drawLink(this.random, this.nature)
    const link = new SimLink(
      { clock: this.clock, random: this.random, watch: this },
      `address of ${client.name}`,
      nature,
      client,
    )
    this.#trace(`${client.name} connects (${nature.bytesPerMs} bytes/ms)`)
    this.#usersOf.set(link, client)
    client.connect(link)
    node.accept(link)
  }

  #openBrowser(natures: readonly ClientNature[]): SimClient[] {
    const tabs = natures.map((nature) => {
      const client = new SimClient(`client ${this.clients.length}`, this.random, nature, this)
      this.clients.push(client)
      return client
    })
    for (const tab of tabs) {
      this.#browsers.set(
        tab,
        tabs.filter((other) => other !== tab),
      )
    }
    return tabs
  }

  async #coldStart(): Promise<void> {
    this.#node?.kill()
    this.#collect()
    this.#announced.clear()
    await this.start()
    const fresh = this.add({ gc: true, undo: false, relays: false, hidden: true })
    for (const client of this.clients) this.#connect(client)
    await this.rest()
    if (!fresh.synced) this.fault('a fresh client was not told that it has everything')
    await this.agree('after a cold start')
    this.#collect()
  }

  // ---- what clients do to the world

  produced(update: Uint8Array): void {
    this.made.push(update)
  }

  tellSiblings(from: SimClient, message: Uint8Array): void {
    for (const sibling of this.#browsers.get(from) ?? []) {
      this.counts.siblingMessages++
      this.#betweenTabs++
      this.clock.after(this.random.next() * this.nature.betweenTabs, () => {
        this.#betweenTabs--
        this.#trace(`${sibling.name} hears its sibling ${from.name}`)
        sibling.siblingSays(message)
      })
    }
  }

  lost(client: SimClient, code: ErrorCode | 'cut'): void {
    this.#trace(`${client.name} has lost its connection: ${code}`)
    if (this.#phase === 'over') return
    this.clock.after(this.#gap(this.nature.away), () => this.#connect(client))
  }

  // ---- what goes over the network

  serverSays(link: SimLink, bytes: Uint8Array): void {
    this.counts.messages++
    const message = parseMessage(bytes)
    const client = this.#usersOf.get(link) as SimClient
    this.#trace(`to ${client.name}: ${inWords(message, bytes)}, unsent ${link.unsent}`)
    switch (message.is) {
      case 'step1':
        return this.#checkKnown(message.bytes)
      case 'marker':
        return this.#checkSaved(client, message.version)
      case 'awareness':
        for (const { client: id, state } of message.entries) {
          // About itself a client may be told so: it answers at a higher clock.
          if (state === null && id !== client.doc.clientID) this.#checkDeparture(id)
        }
        return
      case 'denied':
        return this.fault(`${client.name} was denied: ${message.reason}`)
      case 'step2':
      case 'update':
        return
      default:
        this.fault(`the server says ${message.is}`)
    }
  }

  serverHears(link: SimLink, bytes: Uint8Array): void {
    const client = this.#usersOf.get(link) as SimClient
    const message = parseMessage(bytes)
    this.#trace(`from ${client.name}: ${inWords(message, bytes)}`)
    if (message.is !== 'awareness') return
    for (const { client: id, state } of message.entries) {
      if (id !== client.doc.clientID) continue
      const owners = this.#owners.get(id) ?? new Map<SimLink, boolean>()
      owners.set(link, state !== null)
      this.#owners.set(id, owners)
    }
  }

  serverEnds(link: SimLink, code: ErrorCode): void {
    if (code !== 'draining') this.fault(`${this.#usersOf.get(link)?.name} was sent away: ${code}`)
  }

  failed(link: SimLink, error: unknown): void {
    const why = error instanceof Error ? error.stack : String(error)
    this.fault(`the connection of ${this.#usersOf.get(link)?.name} failed: ${why}`)
  }

  /** Never less than the log holds, or clients upload what is there; and never more than comes into it. */
  #checkKnown(stateVector: Uint8Array): void {
    const announced = Y.decodeStateVector(stateVector)
    for (const [client, clock] of this.store.audit.stateVector) {
      if ((announced.get(client) ?? 0) < clock)
        this.fault(`a step1 announces too little of ${client}`)
    }
    for (const [client, clock] of announced) {
      if ((this.#announced.get(client) ?? 0) < clock) this.#announced.set(client, clock)
    }
    if (this.#node?.entity?.busy === false) this.#checkAnnounced()
  }

  #checkAnnounced(): void {
    for (const [client, clock] of this.#announced) {
      const next = this.store.audit.nextClock(client)
      if (next < clock)
        this.fault(`a step1 announced ${client} up to ${clock}, the log has ${next}`)
    }
    this.#announced.clear()
  }

  #checkSaved(client: SimClient, version: number): void {
    this.counts.acknowledged++
    const claim = client.claimOf(version)
    if (claim === undefined) return this.fault(`${client.name} got marker ${version} back, of none`)
    const lack = this.store.audit.lacks(claim)
    if (lack !== null) this.fault(`${client.name} was told too early that it is saved: ${lack}`)
  }

  #checkDeparture(id: number): void {
    this.counts.departures++
    for (const [link, isHere] of this.#owners.get(id) ?? []) {
      if (isHere && link.talking) this.fault(`${id} was reported gone, and is here`)
    }
  }

  // ---- rules that hold at every moment

  get #isQuiet(): boolean {
    const node = this.#node
    return (
      node !== null &&
      !this.#starting &&
      this.#betweenTabs === 0 &&
      this.clients.every(({ connected }) => connected) &&
      [...this.#usersOf.keys()].every((link) => link.quiet) &&
      node.entity?.busy !== true
    )
  }

  async #quiet(): Promise<void> {
    let quietSince = this.clock.monotonic()
    await this.#until(() => {
      const now = this.clock.monotonic()
      if (!this.#isQuiet) quietSince = now
      return now - quietSince >= QUIET_MS
    }, 'it comes to rest')
  }

  async #until(done: () => boolean, what: string): Promise<void> {
    const late = this.clock.monotonic() + REST_MS
    for (let steps = 0; !done(); steps++) {
      await this.clock.step()
      this.#checkAlways()
      if (this.clock.monotonic() > late || steps > REST_STEPS) {
        this.fault(`it does not come about that ${what}`)
        this.#throwFaults()
      }
    }
  }

  #checkAlways(): void {
    const node = this.#node
    if (node !== null) {
      const busy = node.entity?.busy ?? false
      const { used } = node.pending
      if (used < 0 || (!busy && used !== 0))
        this.fault(`${used} bytes pending, and nothing under way`)
      if (!busy) this.#checkAnnounced()
      if (node.faults.length > 0) this.#faults.push(...node.faults.splice(0))
    }
    const { faults } = this.store.audit
    if (faults.length > 0) for (const fault of faults.splice(0)) this.fault(fault)
    for (const client of this.clients) this.#checkWaiting(client)
    this.#throwFaults()
  }

  /** Whom only the server tells anything is never left waiting for something. */
  #checkWaiting(client: SimClient): void {
    if (this.#browsers.get(client)?.length !== 0) return
    const { pendingStructs, pendingDs } = client.doc.store
    if (pendingStructs !== null || pendingDs !== null) this.fault(`${client.name} waits for more`)
  }

  #throwFaults(): void {
    if (this.#faults.length > 0) throw new SimFault(this.#faults.join('\n  '))
  }

  // ---- accounts

  #collect(): void {
    if (this.#node !== null) this.#retire(this.#node)
    this.counts.storeFailures = this.store.failures
  }

  #retire({ metrics, counts }: SimNode): void {
    const sums = this.counts
    sums.unclosed += metrics.unclosed.value
    sums.questions += metrics.questions.value
    sums.repeated += metrics.repeated.value
    sums.conflations += metrics.conflations.value
    sums.compactions += metrics.compactions.of('committed').value
    sums.catchUps += counts.catchUps
    sums.compactedAway += counts.compactedAway
    sums.loads += counts.loads
    sums.unloads += counts.unloads
    if (metrics.compactions.of('failed').value > 0) this.fault('a compaction failed')
    if (metrics.handlerErrors.value > 0) this.fault('a handler threw')
    if (metrics.damaged.value > 0) this.fault('a stored value was found damaged')
  }

  #gap(mean: number): number {
    return -Math.log(1 - this.random.next()) * mean
  }

  #trace(line: string): void {
    this.#options.trace?.(`${this.clock.monotonic().toFixed(1)} ${line}`)
  }
}

const inWords = (message: Message, { length }: Uint8Array): string =>
  message.is === 'awareness'
    ? `awareness ${message.entries.map(({ client, clock, state }) => `${client}:${clock}=${JSON.stringify(state)}`)}`
    : `${message.is}, ${length} bytes`

const stateVectorOf = (doc: Y.Doc): Uint8Array => Y.encodeStateVector(doc)

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  const [one, other] = [Y.decodeStateVector(a), Y.decodeStateVector(b)]
  return one.size === other.size && [...one].every(([id, clock]) => other.get(id) === clock)
}

const inOrder = (states: ReadonlyMap<number, unknown>): string =>
  JSON.stringify([...states].sort(([a], [b]) => a - b))

/** Where two documents differ, in words. */
function differenceOf(doc: Y.Doc, from: Y.Doc): string {
  const parts: string[] = []
  const [here, there] = [doc, from].map((one) => Y.decodeStateVector(stateVectorOf(one)))
  for (const id of new Set([...(here?.keys() ?? []), ...(there?.keys() ?? [])])) {
    const [a, b] = [here?.get(id) ?? 0, there?.get(id) ?? 0]
    if (a !== b) parts.push(`${id} up to ${a}, not ${b}`)
  }
  const [mine, theirs] = [doc, from].map((one) => Y.createDeleteSetFromStructStore(one.store))
  if (mine !== undefined && theirs !== undefined) {
    for (const [set, other, what] of [
      [mine, theirs, 'deleted here alone'],
      [theirs, mine, 'not deleted here'],
    ] as const) {
      for (const [id, ranges] of set.clients) {
        for (const { clock, len } of ranges) {
          for (let at = clock; at < clock + len; at++) {
            if (!Y.isDeleted(other, Y.createID(id, at))) parts.push(`${id}:${at} ${what}`)
          }
        }
      }
    }
  }
  return parts.slice(0, 8).join(', ') || 'in content alone'
}
