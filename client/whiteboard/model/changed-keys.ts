import type * as Y from 'yjs'

type AnyType = Parameters<Y.Transaction['changed']['get']>[0]

/**
 * The keys of `root` under which a transaction changed anything, however deep.
 *
 * `root.observeDeep` would say the same, with an event per changed type, sorted by their paths; and
 * a path counts through the lists on its way, so a list of a thousand maps, all changed at once,
 * stops the page. Climbing up from what changed costs a few steps each, whatever is in there.
 */
export function changedKeys(transaction: Y.Transaction, root: Y.Map<unknown>): Set<string> {
  const keys = new Set<string>()
  const climbed = new Map<AnyType, string | null>()
  for (const [type, names] of transaction.changed) {
    if (isSame(type, root)) {
      for (const name of names) if (name !== null) keys.add(name)
      continue
    }
    const key = keyOver(type, root, climbed)
    if (key !== null) keys.add(key)
  }
  return keys
}

/** The key of `root` that `type` is under; `null` if it is elsewhere. */
function keyOver(
  type: AnyType,
  root: Y.Map<unknown>,
  climbed: Map<AnyType, string | null>,
): string | null {
  const way: AnyType[] = []
  let key: string | null = null
  for (let at: AnyType | null = type; at !== null; at = at.parent) {
    const known = climbed.get(at)
    if (known !== undefined) {
      key = known
      break
    }
    way.push(at)
    if (isSame(at.parent, root)) {
      key = at._item?.parentSub ?? null
      break
    }
  }
  for (const step of way) climbed.set(step, key)
  return key
}

/** Yjs' types say that a map is no `AbstractType`. */
const isSame = (type: unknown, root: unknown): boolean => type === root
