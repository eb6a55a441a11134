/** Above so many queued ranges they are sorted in at once; their index must fit 22 bits. */
const MOST_QUEUED = 2 ** 20
const INDEX = 2 ** 22

/**
 * A set of clocks as sorted ranges that neither overlap nor touch: one client's deletes.
 *
 * Deletes mostly come in order (a decoded set, a merge), and are then appended. What comes out of
 * order is queued and sorted in at the next question: one range by moving the ones behind it (4 MB
 * of memory for the worst place among 500,000 ranges, 0.15 ms), many by one merge. So whatever order
 * a peer chooses, `n` ranges cost `n log n`, and a set that is only ever added to costs no search.
 *
 * Clocks are below 2^31; ranges are `[from, to)`.
 */
export class Ranges {
  /** from, to, from, to, … */
  #pairs = new Uint32Array(4)
  #count = 0
  #queue: number[] = []

  /** How many ranges. */
  get size(): number {
    this.#settle()
    return this.#count
  }

  /** Memory held, in bytes. */
  get bytes(): number {
    return this.#pairs.byteLength + this.#queue.length * 8
  }

  add(from: number, to: number): void {
    if (this.#queue.length === 0 && this.#append(from, to)) return
    this.#queue.push(from, to)
    const queued = this.#queue.length / 2
    if (queued >= MOST_QUEUED || queued >= Math.max(1024, this.#count)) this.#settle()
  }

  /** Whether all of `[from, to)` is in the set. */
  covers(from: number, to: number): boolean {
    this.#settle()
    const at = this.#firstBehind(from)
    return at < this.#count && this.#from(at) <= from && this.#to(at) >= to
  }

  /** Whether any of `[from, to)` is in the set. */
  overlaps(from: number, to: number): boolean {
    this.#settle()
    const at = this.#firstBehind(from)
    return at < this.#count && this.#from(at) < to
  }

  /** The parts of `[from, to)` that are not in the set, in order. */
  uncovered(from: number, to: number, each: (from: number, to: number) => void): void {
    this.#settle()
    let start = from
    for (let at = this.#firstBehind(from); at < this.#count && this.#from(at) < to; at++) {
      if (start < this.#from(at)) each(start, this.#from(at))
      start = this.#to(at)
    }
    if (start < to) each(start, to)
  }

  forEach(each: (from: number, to: number) => void): void {
    this.#settle()
    for (let at = 0; at < this.#count; at++) each(this.#from(at), this.#to(at))
  }

  #from(at: number): number {
    return this.#pairs[at * 2] as number
  }

  #to(at: number): number {
    return this.#pairs[at * 2 + 1] as number
  }

  /** The first range that ends behind `clock`. */
  #firstBehind(clock: number): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#to(middle) > clock) high = middle
      else low = middle + 1
    }
    return low
  }

  /** Takes a range that lies behind all others, or begins in or at the end of the last one. */
  #append(from: number, to: number): boolean {
    const last = this.#count - 1
    if (last >= 0) {
      if (from < this.#from(last)) return false
      if (from <= this.#to(last)) {
        if (to > this.#to(last)) this.#pairs[last * 2 + 1] = to
        return true
      }
    }
    this.#reserve(this.#count + 1)
    this.#pairs[this.#count * 2] = from
    this.#pairs[this.#count * 2 + 1] = to
    this.#count++
    return true
  }

  #reserve(count: number): void {
    if (count * 2 <= this.#pairs.length) return
    const larger = new Uint32Array(Math.max(count * 2, this.#pairs.length * 2))
    larger.set(this.#pairs.subarray(0, this.#count * 2))
    this.#pairs = larger
  }

  #settle(): void {
    const queue = this.#queue
    if (queue.length === 0) return
    this.#queue = []
    if (queue.length <= 16) {
      for (let i = 0; i < queue.length; i += 2) {
        this.#insert(queue[i] as number, queue[i + 1] as number)
      }
    } else {
      this.#merge(sortedPairs(queue))
    }
  }

  #insert(from: number, to: number): void {
    if (this.#append(from, to)) return
    // Ranges that touch are one: everything from the first that ends at `from` or behind it …
    const first = from === 0 ? 0 : this.#firstBehind(from - 1)
    // … to before the first that begins behind `to`.
    let behind = first
    while (behind < this.#count && this.#from(behind) <= to) behind++
    const start = first < behind ? Math.min(from, this.#from(first)) : from
    const end = first < behind ? Math.max(to, this.#to(behind - 1)) : to
    const count = this.#count - (behind - first) + 1
    this.#reserve(count)
    this.#pairs.copyWithin((first + 1) * 2, behind * 2, this.#count * 2)
    this.#pairs[first * 2] = start
    this.#pairs[first * 2 + 1] = end
    this.#count = count
  }

  #merge(added: Uint32Array): void {
    const old = this.#pairs
    const oldEnd = this.#count * 2
    this.#pairs = new Uint32Array(oldEnd + added.length)
    this.#count = 0
    let i = 0
    let j = 0
    while (i < oldEnd || j < added.length) {
      const takeOld =
        j === added.length || (i < oldEnd && (old[i] as number) <= (added[j] as number))
      if (takeOld) {
        this.#append(old[i] as number, old[i + 1] as number)
        i += 2
      } else {
        this.#append(added[j] as number, added[j + 1] as number)
        j += 2
      }
    }
  }
}

/** The pairs by their first number. A numeric sort of (from, index) keys: no call per comparison. */
function sortedPairs(pairs: readonly number[]): Uint32Array {
  const count = pairs.length / 2
  const keys = new Float64Array(count)
  for (let i = 0; i < count; i++) keys[i] = (pairs[i * 2] as number) * INDEX + i
  keys.sort()
  const sorted = new Uint32Array(pairs.length)
  for (let i = 0; i < count; i++) {
    const from = (keys[i] as number) % INDEX
    sorted[i * 2] = pairs[from * 2] as number
    sorted[i * 2 + 1] = pairs[from * 2 + 1] as number
  }
  return sorted
}
