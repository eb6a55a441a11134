import { hash } from 'node:crypto'
import type { NodeName } from './bus.ts'

/**
 * All nodes in the order in which they are responsible for a key: the same everywhere, another one
 * for each key, and a node that comes or goes changes no other two's order.
 */
export function ranked(key: string, nodes: readonly NodeName[]): readonly NodeName[] {
  const weighed = nodes.map((node) => ({ node, weight: hash('sha1', `${node}\n${key}`) }))
  return weighed.sort((a, b) => (a.weight < b.weight ? -1 : 1)).map(({ node }) => node)
}

/** How many come before a node; 0 for the one that is to begin, and for one that is not among them. */
export const rankOf = (node: NodeName, key: string, nodes: readonly NodeName[]): number =>
  Math.max(0, ranked(key, nodes).indexOf(node))
