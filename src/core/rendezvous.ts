/**
 * Who of several does a thing, agreed upon without a word: each weighs every name together with the
 * thing, and the heaviest has it. When one of them goes, only what was its own changes hands.
 *
 * @returns how many of `nodes` come before `node`: 0 for the one whose it is.
 */
export function rankOf(what: string, node: string, nodes: readonly string[]): number {
  const own = weigh(node, what)
  let rank = 0
  for (const other of nodes) {
    if (other === node) continue
    const weight = weigh(other, what)
    if (weight > own || (weight === own && other > node)) rank++
  }
  return rank
}

/** FNV-1a over UTF-16, and the finalizer of MurmurHash3: names that differ in one digit differ in all bits. */
function weigh(node: string, what: string): number {
  let hash = 0x811c9dc5
  for (const text of [node, ' ', what]) {
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
