import { generateKeyBetween, generateNKeysBetween } from 'fractional-indexing'
import { LONGEST_ORDER } from './limits.ts'
import type { Random } from './new-id.ts'
import type { ShapeId } from './shape.ts'

/** What stands in a pile. */
export interface Piled {
  readonly id: ShapeId
  readonly order: string
}

/** Where a shape stands that does not say so. */
export const FIRST_ORDER = 'a0'
/** Keys that we make are no longer: when there is no room for a short one, neighbours move too. */
const LONGEST_OWN = 24

/** Compares by order, then by id, as plain text: the same everywhere, in every language. */
export function inPile(a: Piled, b: Piled): number {
  if (a.order !== b.order) return a.order < b.order ? -1 : 1
  if (a.id === b.id) return 0
  return a.id < b.id ? -1 : 1
}

/** Whether it is a key that others can be put before and after. */
export function isOrder(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > LONGEST_ORDER) return false
  if (!/^[A-Za-z][0-9A-Za-z]+$/.test(value)) return false
  try {
    generateKeyBetween(value, null)
    return true
  } catch {
    return false
  }
}

/**
 * `count` keys between two others, `null` for an end of the pile; `null` if there is no room for
 * short ones.
 *
 * Each has three random signs at its end. Without them two people who draw at the same moment would
 * both take the same key, and nothing could be put between their shapes.
 */
export function ordersBetween(
  lower: string | null,
  upper: string | null,
  count: number,
  random: Random,
): string[] | null {
  if (lower !== null && upper !== null && lower >= upper) return null
  let even: string[]
  try {
    even = generateNKeysBetween(lower, upper, count)
  } catch {
    return null
  }
  const keys = even.map((key, at) => {
    const next = even[at + 1] ?? upper
    const unlike = key + jitter(random)
    // `a1` and `a1V` may be neighbours: then there are keys behind `a1…` that lie above `a1V`.
    return next === null || unlike < next ? unlike : key
  })
  return keys.every((key) => key.length <= LONGEST_OWN) ? keys : null
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Three digits, the last one not 0, which is how a key may end. */
function jitter(random: Random): string {
  const value = Math.floor(random() * 62 * 62 * 61)
  const last = 1 + (value % 61)
  const rest = Math.floor(value / 61)
  return `${DIGITS[Math.floor(rest / 62)]}${DIGITS[rest % 62]}${DIGITS[last]}`
}

/**
 * New keys for those of a pile that have `moved`, so that the pile stands as it is given, from the
 * bottom up. The keys of the others are in order; they stay, but where there is no room: between
 * two equal keys, or two that are almost. Then so many neighbours as it takes get new ones too.
 */
export function newOrders(
  pile: readonly Piled[],
  moved: ReadonlySet<ShapeId>,
  random: Random,
): Map<ShapeId, string> {
  const orders = pile.map(({ id, order }) => (moved.has(id) ? null : order))
  const fresh = new Map<ShapeId, string>()
  const above = (from: number) => {
    let at = from
    while (at < orders.length && orders[at] === null) at += 1
    return at
  }
  for (let at = 0; at < orders.length; at += 1) {
    if (orders[at] !== null) continue
    let low = at - 1
    let high = above(at)
    // What is equal to the one below would have to stand below us: it comes along.
    while (high < orders.length && low >= 0 && orders[high] === orders[low]) high = above(high + 1)
    let keys: string[] | null = null
    for (let wider = 1; keys === null; wider *= 2) {
      const lower = orders[low] ?? null
      const upper = orders[high] ?? null
      keys = ordersBetween(lower, upper, high - low - 1, random)
      if (keys !== null) break
      if (low < 0 && high >= orders.length) return fresh
      low = Math.max(-1, low - wider)
      high = above(Math.min(orders.length, high + wider))
    }
    for (const [nth, key] of keys.entries()) {
      const place = low + 1 + nth
      const piled = pile[place]
      if (piled === undefined) continue
      orders[place] = key
      fresh.set(piled.id, key)
    }
    at = high - 1
  }
  return fresh
}
