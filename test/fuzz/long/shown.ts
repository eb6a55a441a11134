import { inspect } from 'node:util'
import * as Y from 'yjs'

type Shared = NonNullable<ReturnType<Y.Doc['share']['get']>>

interface Run {
  readonly clock: number
  readonly len: number
}

/** What is left out of a comparison: nothing, unless somebody forged it. */
export interface Forged {
  readonly isAny: boolean
  hasKey(parent: Shared, key: string): boolean
  idsOf(client: number): readonly Run[]
}

const NOTHING: Forged = { isAny: false, hasKey: () => false, idsOf: () => [] }

/**
 * What a document holds, whatever its structs are cut into: clocks, deletes, and what can be seen, by
 * id.
 */
export function shown(doc: Y.Doc, without: Forged = NOTHING): unknown {
  const deletes = Y.createDeleteSetFromStructStore(doc.store).clients
  return {
    pending: [doc.store.pendingStructs, doc.store.pendingDs],
    clocks: byClient(Y.decodeStateVector(Y.encodeStateVector(doc))),
    deletes: byClient(deletes).map(([who, runs]) => [who, minus(runs, without.idsOf(who))]),
    roots: [...doc.share]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, type]) => [name, seen(type, without)]),
  }
}

const byClient = <Value>(entries: Iterable<readonly [number, Value]>) =>
  [...entries].sort(([a], [b]) => a - b)

/**
 * What is in some runs and in none of the others, as the longest runs `[from, to)`. Nobody counts
 * them through: one that is forged may have 2^31 clocks.
 */
export function minus(runs: readonly Run[], others: readonly Run[]): [number, number][] {
  const edges = [
    ...runs.flatMap(({ clock, len }) => [
      { at: clock, inside: 1, outside: 0 },
      { at: clock + len, inside: -1, outside: 0 },
    ]),
    ...others.flatMap(({ clock, len }) => [
      { at: clock, inside: 0, outside: 1 },
      { at: clock + len, inside: 0, outside: -1 },
    ]),
  ].sort((one, other) => one.at - other.at)
  const left: [number, number][] = []
  let [inside, outside] = [0, 0]
  let from: number | null = null
  for (const [n, edge] of edges.entries()) {
    inside += edge.inside
    outside += edge.outside
    if (edges[n + 1]?.at === edge.at) continue
    const isIn = inside > 0 && outside === 0
    if (isIn) from ??= edge.at
    else if (from !== null) {
      left.push([from, edge.at])
      from = null
    }
  }
  return left
}

function seen(type: Shared, without: Forged): unknown {
  const list: unknown[] = []
  for (let item = type._start; item !== null; item = item.right) {
    if (!item.deleted) list.push(...pieces(item, without))
  }
  const entries = [...type._map].filter(
    ([key, item]) => !item.deleted && !without.hasKey(type, key),
  )
  return { list, entries: entries.map(([key, item]) => [key, pieces(item, without)]).sort() }
}

/** One for each clock of an item: where it is cut is nobody's business. */
function pieces({ id, content, length }: Y.Item, without: Forged): unknown[] {
  if (content instanceof Y.ContentType) return [[id.client, id.clock, seen(content.type, without)]]
  const values = valuesOf(content)
  // Not as JSON, which has no BigInt.
  return Array.from({ length }, (_, n) => [id.client, id.clock + n, inspect(values[n])])
}

function valuesOf(content: Y.Item['content']): unknown[] {
  if (content instanceof Y.ContentDoc) return [content.doc.guid]
  if (content instanceof Y.ContentFormat) return [[content.key, content.value]]
  return content.getContent()
}

/**
 * Content of several clocks under a key of a map, which no check of one update can see (SPEC.md, "What
 * stays possible for a writer"). What Yjs makes of it depends on the order in which the updates come:
 * of that key, of what was ever put there, and of nothing else.
 *
 * @param witness It has collected nothing.
 */
export function forgedIn(witness: Y.Doc): Forged {
  const keys = new Set<string>()
  for (const item of itemsOf(witness)) {
    if (item.parentSub !== null && isOfSeveral(item)) {
      keys.add(placeOf(item.parent as Shared, item.parentSub))
    }
  }
  const ids = new Map<number, Run[]>()
  for (const item of itemsOf(witness)) {
    if (!liesUnder(item, keys)) continue
    const { client, clock } = item.id
    ids.set(client, [...(ids.get(client) ?? []), { clock, len: item.length }])
  }
  return {
    isAny: keys.size > 0,
    hasKey: (parent, key) => keys.has(placeOf(parent, key)),
    idsOf: (client) => ids.get(client) ?? [],
  }
}

function* itemsOf(doc: Y.Doc): Generator<Y.Item, void> {
  for (const structs of doc.store.clients.values()) {
    for (const struct of structs) if (struct instanceof Y.Item) yield struct
  }
}

/** Values that were replaced are joined by Yjs itself; but they are no characters. */
function isOfSeveral({ id, origin, content, length, deleted }: Y.Item): boolean {
  if (!(content instanceof Y.ContentString)) return length > 1 && !deleted
  const isSecond = origin?.client === id.client && origin.clock + 1 === id.clock
  return length > 1 || isSecond
}

function liesUnder(item: Y.Item, keys: ReadonlySet<string>): boolean {
  for (let at: Y.Item | null = item; at !== null; at = (at.parent as Shared)._item) {
    if (!isType(at.parent)) return false
    if (at.parentSub !== null && keys.has(placeOf(at.parent, at.parentSub))) return true
  }
  return false
}

/** Of what was collected nobody knows the parent. */
const isType = (parent: Y.Item['parent']): parent is Shared => parent instanceof Y.AbstractType

function placeOf(type: Shared, key: string): string {
  const { _item } = type
  if (_item !== null) return `${_item.id.client} ${_item.id.clock} ${key}`
  const [name] = [...(type.doc?.share ?? [])].find(([, root]) => root === type) ?? []
  return `"${name}" ${key}`
}
