import type { EntityKey, Tenant } from '../core/ids.ts'

/** A node, as the others know it: random for each start of its process. */
export type NodeName = string

/** Whom a message is for. */
export type Topic =
  /** Everybody who has the entity open. */
  | { readonly is: 'entity'; readonly entity: EntityKey }
  /** Where that person is. */
  | { readonly is: 'user'; readonly tenant: Tenant; readonly actor: string }
  | { readonly is: 'tenant'; readonly tenant: Tenant }
  /** Every node. */
  | { readonly is: 'nodes' }

/** Told what others publish: never what this node has published itself. Must not throw. */
export type BusListener = (kind: string, bytes: Uint8Array, from: NodeName) => void

/**
 * What nodes tell each other besides the log: who is here, messages to people, questions. Best
 * effort: what is lost is not sent again, and nothing that must be kept goes this way.
 *
 * - Messages of one node on one topic come in their order, or not at all.
 * - A node that has not been heard for 8 s is gone, and said to be so once; a node that stops in
 *   order says so itself.
 */
export interface Bus {
  /** This node. */
  readonly node: NodeName

  /** All that are there, this one among them, sorted. */
  nodes(): readonly NodeName[]

  /** @returns what ends that. */
  onGone(fn: (node: NodeName) => void): () => void

  /** @param kind A short word, by which listeners tell messages apart. */
  publish(topic: Topic, kind: string, bytes: Uint8Array): void

  /** @returns what ends that. */
  listen(topic: Topic, listener: BusListener): () => void

  /** Says good-bye. Idempotent. */
  close(): Promise<void>
}
