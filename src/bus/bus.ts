import type { EntityKey, Tenant } from '../core/ids.ts'

/** A node, as the others know it: random for each start of its process. */
export type NodeName = string

/** Whom a message is for. */
export type Topic =
  /** Every node that has the entity open. */
  | { readonly is: 'entity'; readonly entity: EntityKey }
  /** Every node where somebody of that tenant is. */
  | { readonly is: 'tenant'; readonly tenant: Tenant }
  /** Every node. */
  | { readonly is: 'nodes' }

/**
 * Told what others publish: never what this node has published itself. Must not throw.
 *
 * @param bytes A view into what came: copy what is kept.
 */
export type BusListener = (kind: string, bytes: Uint8Array, from: NodeName) => void

/** How a node went: it said good-bye, or nothing was heard of it any more. */
export type Departure = 'stopped' | 'silent'

/**
 * What nodes tell each other besides the log: who is here, messages to people, questions. Best
 * effort: what is lost is not sent again, and nothing that must be kept goes this way.
 *
 * - Messages of one node on one topic come in their order, or not at all.
 * - Who listens to an entity that the log is subscribed to as well pays no further subscription.
 */
export interface Bus {
  /** This node. */
  readonly node: NodeName

  /** There can be no others: what would have to be encoded for them need not be. */
  readonly alone: boolean

  /**
   * All that are there, this one among them, sorted. One that has not been heard for 8 s is gone,
   * but for time in which nothing could be heard of anybody.
   */
  nodes(): readonly NodeName[]

  /** Told of each node that is gone, once. @returns what ends that. */
  onGone(fn: (node: NodeName, how: Departure) => void): () => void

  /**
   * Called when messages may have been missed, others' or own ones: the way to the others was lost
   * and is there again.
   *
   * @param fn Told whether others may have taken this node for gone meanwhile.
   * @returns what ends that.
   */
  onGap(fn: (forgotten: boolean) => void): () => void

  /**
   * Without a way to the others it is dropped and counted.
   *
   * @param kind A short word, by which listeners tell messages apart.
   * @param bytes At most `MESSAGE_BYTES`. Not changed any more by the caller.
   * @throws {TypeError} when they are more, or the kind is no word.
   */
  publish(topic: Topic, kind: string, bytes: Uint8Array): void

  /** @returns what ends that. */
  listen(topic: Topic, listener: BusListener): () => void

  /** Says good-bye. Idempotent. */
  close(): Promise<void>
}

/** The most bytes of a message. What is larger belongs into a log. */
export const MESSAGE_BYTES = 64 * 1024

/** @throws {TypeError} for what no bus takes. */
export function checkMessage(kind: string, bytes: Uint8Array): void {
  if (!/^[a-z-]{1,32}$/.test(kind)) throw new TypeError(`"${kind}" is no kind of message`)
  if (bytes.length > MESSAGE_BYTES) {
    throw new TypeError(`a message has ${bytes.length} bytes, the most is ${MESSAGE_BYTES}`)
  }
}
