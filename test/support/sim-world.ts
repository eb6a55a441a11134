import * as Y from 'yjs'
import type { ErrorCode } from '../../src/core/errors.ts'
import { DEFAULT_TENANT, entityId, entityRef } from '../../src/core/ids.ts'
import { Seeded } from './seeded.ts'
import { canonical, differenceOf, type LogAudit, loaded } from './sim-audit.ts'
import { type ClientNature, type ClientWorld, SimClient } from './sim-client.ts'
import { SimClock } from './sim-clock.ts'
import { type Counts, noCounts } from './sim-counts.ts'
import { drawLink, type Nature } from './sim-nature.ts'
import { type LinkNature, SimLink } from './sim-network.ts'
import { SimNode } from './sim-node.ts'
import { type RuledWorld, SimRules } from './sim-rules.ts'
import { SimStore } from './sim-store.ts'

/** What broke, in words. */
export class SimFault extends Error {}

export interface WorldOptions {
  readonly nature: (random: Seeded) => Nature
  /** Is told everything that happens. */
  readonly trace?: (line: string) => void
}

/** What can be said of a connection in advance. */
export interface ConnectOptions {
  readonly link?: Partial<LinkNature>
}

const REF = entityRef(DEFAULT_TENANT, entityId('simulated'))
/** All must be quiet for so long: longer than anything that a server puts off. */
const QUIET_MS = 400
/** Stock clients renew their presence so often. */
const RENEWAL_MS = 15_000
/** A world that is left alone comes to rest within so much time and so many steps. */
const REST_MS = 3_600_000
const REST_STEPS = 200_000

/**
 * A node with its store, a network, and browsers with tabs: everything real but time, the disk and
 * the wire. What the server does is held to the rules at every step; when all has come to rest,
 * every copy is held against an oracle: a document given every update that any client ever made.
 */
export class SimWorld implements ClientWorld, RuledWorld {
  readonly clock = new SimClock()
  readonly random: Seeded
  readonly nature: Nature
  readonly store: SimStore
  readonly rules: SimRules
  readonly clients: SimClient[] = []
  readonly counts: Counts = noCounts()
  /** Called when a connection is over that its client did not end. */
  onLost: (client: SimClient, code: ErrorCode | 'cut') => void = () => {}
  readonly #options: WorldOptions
  readonly #siblings = new Map<SimClient, SimClient[]>()
  readonly #users = new Map<SimLink, SimClient>()
  /** Every update that any client made, in the order of its making. */
  readonly #made: Uint8Array[] = []
  readonly #faults: string[] = []
  #node: SimNode | null = null
  #betweenTabs = 0
  #closed = false

  constructor(seed: number, options: WorldOptions) {
    this.random = new Seeded(seed)
    this.nature = options.nature(this.random)
    this.#options = options
    this.store = new SimStore(this.clock, this.random, this.nature.store)
    this.rules = new SimRules(this)
    for (const tabs of this.nature.browsers) this.openBrowser(tabs)
  }

  get node(): SimNode | null {
    return this.#node
  }

  get audit(): LogAudit {
    return this.store.audit
  }

  userOf(link: SimLink): SimClient {
    return this.#users.get(link) as SimClient
  }

  // ---- what happens

  async start(): Promise<SimNode> {
    const { clock, random, store } = this
    const node = await SimNode.start({ clock, random, store, nature: this.nature.node, ref: REF })
    this.#node = node
    return node
  }

  /** The process ends: with everything written, or as by `kill -9`. Another one has to be started. */
  async stop(how: 'drain' | 'kill'): Promise<void> {
    const node = this.#node
    if (node === null) return
    this.#node = null
    this.trace(`the node ends: ${how}`)
    if (how === 'drain') {
      await node.drain()
      this.rules.nothingUnwritten()
    } else {
      node.kill()
      this.rules.died()
    }
    this.#account(node)
  }

  /** Tabs that speak to each other. */
  openBrowser(natures: readonly ClientNature[]): SimClient[] {
    const tabs = natures.map(
      (nature, i) => new SimClient(`client ${this.clients.length + i}`, this.random, nature, this),
    )
    this.clients.push(...tabs)
    for (const tab of tabs) {
      const others = tabs.filter((other) => other !== tab)
      this.#siblings.set(tab, others)
    }
    return tabs
  }

  /** At once, or as soon as there is a node. */
  connect(client: SimClient, { link: given }: ConnectOptions = {}): void {
    if (client.link !== null || this.#closed) return
    const node = this.#node
    if (node === null) {
      this.clock.after(20, () => this.connect(client))
      return
    }
    const nature = { ...drawLink(this.random, this.nature), ...given }
    const { clock, random, rules } = this
    const parts = { clock, random, watch: rules }
    const link = new SimLink(parts, `address of ${client.name}`, nature, client)
    this.trace(`${client.name} connects, ${nature.bytesPerMs} bytes per ms`)
    this.#users.set(link, client)
    client.connect(link)
    node.accept(link)
  }

  cut(client: SimClient, noticedAfter = 0): void {
    if (client.link === null) return
    this.counts.cuts++
    this.trace(`${client.name} is cut`)
    client.cut(noticedAfter)
  }

  // ---- time

  /** Goes on until `done`. @throws {SimFault} when a rule is broken on the way, or it never comes. */
  async until(done: () => boolean, what: string): Promise<void> {
    const late = this.clock.monotonic() + REST_MS
    for (let steps = 0; !done(); steps++) {
      await this.clock.step()
      this.rules.checkAlways()
      for (const client of this.clients) this.#checkWaiting(client)
      if (this.clock.monotonic() > late || steps > REST_STEPS) {
        this.fault(`it does not come about that ${what}`)
      }
      this.#throwFaults()
    }
  }

  async advance(ms: number): Promise<void> {
    const end = this.clock.monotonic() + ms
    let over = false
    this.clock.after(ms, () => {
      over = true
    })
    await this.until(() => over, `it is ${end}`)
  }

  /** Goes on until nothing happens any more. Every client must then be connected. */
  async quiet(): Promise<void> {
    let since = this.clock.monotonic()
    await this.until(() => {
      const now = this.clock.monotonic()
      if (!this.#isQuiet) since = now
      return now - since >= QUIET_MS
    }, 'it comes to rest')
  }

  /**
   * The same, and everybody has said once more that he is here: a tab whose socket dies tells its
   * siblings that everyone is gone, which only that undoes.
   */
  async rest(): Promise<void> {
    await this.quiet()
    await this.advance(RENEWAL_MS)
    for (const client of this.clients) client.renewPresence()
    await this.quiet()
  }

  // ---- what must then be so

  /** All copies are equal: of the clients, of the server as a cold start finds it, and of the oracle. */
  async agree(when: string): Promise<void> {
    // Of an update without its content the log alone says that it is deleted.
    const neutered = (this.#node?.metrics.neutered.value ?? 0) + this.counts.neutered > 0
    const oracle = loaded(neutered ? [...this.#made, ...this.audit.updates] : this.#made)
    const stored = loaded(await this.store.read(REF.key))
    const expected = canonical(oracle)
    const copies = [
      { name: 'the oracle', doc: oracle },
      { name: 'the server', doc: stored },
      ...this.clients,
    ]
    for (const { name, doc } of copies) {
      const { pendingStructs, pendingDs } = doc.store
      if (pendingStructs !== null || pendingDs !== null) {
        this.fault(`${when} ${name} waits for more`)
      }
      if (!canonical(doc).equals(expected)) {
        this.fault(`${when} ${name} differs: ${differenceOf(doc, oracle)}`)
      }
    }
    const node = this.#node
    const known = node?.entity?.stateVector
    if (known !== undefined && !isStateVectorOf(known, oracle)) {
      this.fault(`${when} the server announces another state vector`)
    }
    if (node?.pending.used !== 0) this.fault(`${when} bytes are still pending`)
    if (node?.metrics.sessions.value !== node?.talking)
      this.fault(`${when} sessions are miscounted`)
    this.#throwFaults()
  }

  /** Everybody sees everybody who is connected, as he is. */
  agreeOnPresence(): void {
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
    this.trace(`FAULT ${what}`)
    if (this.#faults.length < 10) this.#faults.push(what)
  }

  trace(line: string): void {
    this.#options.trace?.(`${this.clock.monotonic().toFixed(1)} ${line}`)
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#node?.kill()
    if (this.#node !== null) this.#account(this.#node)
    for (const client of this.clients) client.close()
  }

  // ---- what clients do to the world

  produced(update: Uint8Array): void {
    this.#made.push(update)
  }

  tellSiblings(from: SimClient, message: Uint8Array): void {
    for (const sibling of this.#siblings.get(from) ?? []) {
      this.counts.siblingMessages++
      this.#betweenTabs++
      this.clock.after(this.random.next() * this.nature.betweenTabs, () => {
        this.#betweenTabs--
        this.trace(`${sibling.name} hears its sibling ${from.name}`)
        sibling.siblingSays(message)
      })
    }
  }

  lost(client: SimClient, code: ErrorCode | 'cut'): void {
    this.trace(`${client.name} has lost its connection: ${code}`)
    if (!this.#closed) this.onLost(client, code)
  }

  // ---- within

  get #isQuiet(): boolean {
    const node = this.#node
    return (
      node !== null &&
      this.#betweenTabs === 0 &&
      this.clients.every(({ connected }) => connected) &&
      [...this.#users.keys()].every((link) => link.quiet) &&
      node.entity?.busy !== true
    )
  }

  /** Whom only the server tells anything is never left waiting, unless it is sent pieces. */
  #checkWaiting(client: SimClient): void {
    if (this.nature.pieces || this.#siblings.get(client)?.length !== 0) return
    const { pendingStructs, pendingDs } = client.doc.store
    if (pendingStructs !== null || pendingDs !== null) this.fault(`${client.name} waits for more`)
  }

  #throwFaults(): void {
    if (this.#faults.length > 0) throw new SimFault(this.#faults.join('\n  '))
  }

  #account({ metrics, counts }: SimNode): void {
    const sums = this.counts
    sums.unclosed += metrics.unclosed.value
    sums.questions += metrics.questions.value
    sums.repeated += metrics.repeated.value
    sums.neutered += metrics.neutered.value
    sums.conflations += metrics.conflations.value
    sums.compactions += metrics.compactions.of('committed').value
    sums.catchUps += counts.catchUps
    sums.compactedAway += counts.compactedAway
    sums.loads += counts.loads
    sums.unloads += counts.unloads
    sums.storeFailures = this.store.failures
    if (metrics.compactions.of('failed').value > 0) this.fault('a compaction failed')
    if (metrics.handlerErrors.value > 0) this.fault('a handler threw')
    if (metrics.damaged.value > 0) this.fault('a stored value was found damaged')
  }
}

const inOrder = (states: ReadonlyMap<number, unknown>): string =>
  JSON.stringify([...states].sort(([a], [b]) => a - b))

function isStateVectorOf(encoded: Uint8Array, doc: Y.Doc): boolean {
  const [one, other] = [encoded, Y.encodeStateVector(doc)].map((it) => Y.decodeStateVector(it))
  return one?.size === other?.size && [...(one ?? [])].every(([id, at]) => other?.get(id) === at)
}
