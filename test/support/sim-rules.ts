import * as Y from 'yjs'
import type { ErrorCode } from '../../src/core/errors.ts'
import { type Message, parseMessage } from './frames.ts'
import type { LogAudit } from './sim-audit.ts'
import type { SimClient } from './sim-client.ts'
import type { Counts } from './sim-counts.ts'
import type { LinkWatch, SimLink } from './sim-network.ts'
import type { SimNode } from './sim-node.ts'

export interface RuledWorld {
  readonly audit: LogAudit
  readonly counts: Counts
  readonly node: SimNode | null
  userOf(link: SimLink): SimClient
  fault(what: string): void
  trace(line: string): void
}

/**
 * What must hold at every moment, held against what goes over the network:
 *
 * - A step1 announces what the log holds and what comes into it: never less, never more.
 * - A marker comes back when everything that its client sent before it is in the log.
 * - Nobody is reported gone who is here; nobody is denied or sent away.
 */
export class SimRules implements LinkWatch {
  /** Reasons for which clients may be sent away here. */
  readonly allowedEnds = new Set<ErrorCode>(['draining'])
  readonly #world: RuledWorld
  /** What a step1 has announced, and what the log may not hold yet. */
  readonly #announced = new Map<number, number>()
  /** By client id the connections over which its own client was heard, and whether as present. */
  readonly #owners = new Map<number, Map<SimLink, boolean>>()

  constructor(world: RuledWorld) {
    this.#world = world
  }

  serverSays(link: SimLink, bytes: Uint8Array): void {
    this.#world.counts.messages++
    const message = parseMessage(bytes)
    const client = this.#world.userOf(link)
    this.#world.trace(`to ${client.name}: ${inWords(message, bytes)}, unsent ${link.unsent}`)
    switch (message.is) {
      case 'step1':
        this.#checkKnown(message.bytes)
        break
      case 'marker':
        this.#checkSaved(client, message.version)
        break
      case 'awareness':
        for (const { client: id, state } of message.entries) {
          // About itself a client may be told so: it answers at a higher clock.
          if (state === null && id !== client.doc.clientID) this.#checkDeparture(id)
        }
        break
      case 'denied':
        this.#world.fault(`${client.name} was denied: ${message.reason}`)
        break
      case 'step2':
      case 'update':
        break
      default:
        this.#world.fault(`the server says ${message.is}`)
    }
  }

  serverHears(link: SimLink, bytes: Uint8Array): void {
    const client = this.#world.userOf(link)
    const message = parseMessage(bytes)
    this.#world.trace(`from ${client.name}: ${inWords(message, bytes)}`)
    if (message.is !== 'awareness') return
    for (const { client: id, state } of message.entries) {
      if (id !== client.doc.clientID) continue
      const owners = this.#owners.get(id) ?? new Map<SimLink, boolean>()
      owners.set(link, state !== null)
      this.#owners.set(id, owners)
    }
  }

  serverEnds(link: SimLink, code: ErrorCode): void {
    if (this.allowedEnds.has(code)) return
    this.#world.fault(`${this.#world.userOf(link).name} was sent away: ${code}`)
  }

  failed(link: SimLink, error: unknown): void {
    const why = error instanceof Error ? error.stack : String(error)
    this.#world.fault(`the connection of ${this.#world.userOf(link).name} failed: ${why}`)
  }

  /** After each step. */
  checkAlways(): void {
    const { node, audit } = this.#world
    for (const fault of audit.faults.splice(0)) this.#world.fault(fault)
    if (node === null) return
    for (const fault of node.faults.splice(0)) this.#world.fault(fault)
    const busy = node.entity?.busy ?? false
    const { used } = node.pending
    if (used < 0 || (!busy && used !== 0)) {
      this.#world.fault(`${used} bytes are pending, and nothing is under way`)
    }
    if (!busy) this.nothingUnwritten()
  }

  /** The node has written everything: what it has announced must be there. */
  nothingUnwritten(): void {
    for (const [client, clock] of this.#announced) {
      const next = this.#world.audit.nextClock(client)
      if (next < clock) {
        this.#world.fault(`a step1 announced ${client} up to ${clock}, the log has ${next}`)
      }
    }
    this.#announced.clear()
  }

  /** The node is gone, and what it had not written with it. */
  died(): void {
    this.#announced.clear()
  }

  #checkKnown(stateVector: Uint8Array): void {
    const { audit, node } = this.#world
    const announced = Y.decodeStateVector(stateVector)
    for (const [client, clock] of audit.stateVector) {
      if ((announced.get(client) ?? 0) < clock) {
        this.#world.fault(`a step1 announces too little of ${client}`)
      }
    }
    for (const [client, clock] of announced) {
      if ((this.#announced.get(client) ?? 0) < clock) this.#announced.set(client, clock)
    }
    if (node?.entity?.busy === false) this.nothingUnwritten()
  }

  #checkSaved(client: SimClient, version: number): void {
    this.#world.counts.acknowledged++
    const claim = client.claimOf(version)
    const lack = claim === undefined ? 'any question' : this.#world.audit.lacks(claim)
    if (lack !== null) {
      this.#world.fault(`${client.name} was told too early that it is saved, lacking ${lack}`)
    }
  }

  #checkDeparture(id: number): void {
    this.#world.counts.departures++
    for (const [link, isHere] of this.#owners.get(id) ?? []) {
      if (isHere && link.talking) this.#world.fault(`${id} was reported gone, and is here`)
    }
  }
}

function inWords(message: Message, { length }: Uint8Array): string {
  if (message.is !== 'awareness') return `${message.is}, ${length} bytes`
  const states = message.entries.map(
    ({ client, clock, state }) => `${client}:${clock}=${JSON.stringify(state)}`,
  )
  return `awareness ${states.join(' ') || 'of nobody'}`
}
