import { varUintLength, writeVarUint } from '../core/varint.ts'
import { Ranges } from './ranges.ts'
import { MAX_CLOCK, Reader } from './reader.ts'

/** Rough memory of one client's set beside its ranges: the map's slot and the two objects. */
const CLIENT_BYTES = 200

/**
 * What was deleted, as sorted, disjoint ranges of clocks per client.
 *
 * Its bytes are Yjs' own (v1), in Yjs' order (higher client ids first), so that two equal sets are
 * equal bytes, and equal to what `Y.encodeStateAsUpdate` ends with:
 *
 * ```
 * delete set = varUint clients, { varUint client, varUint ranges, { varUint clock, varUint length } }
 * ```
 */
export class DeleteRanges {
  /** Made when the first delete comes: most entities never have one. */
  #clients: Map<number, Ranges> | null = null

  /** @throws {TributaryError} `malformed` unless the bytes are one delete set and nothing else. */
  static decode(bytes: Uint8Array): DeleteRanges {
    const deletes = new DeleteRanges()
    deletes.addEncoded(bytes)
    return deletes
  }

  /** How many ranges, over all clients. */
  get size(): number {
    let size = 0
    for (const ranges of this.#clients?.values() ?? []) size += ranges.size
    return size
  }

  /** Memory held, in bytes, roughly. */
  get bytes(): number {
    let bytes = 0
    for (const ranges of this.#clients?.values() ?? []) bytes += CLIENT_BYTES + ranges.bytes
    return bytes
  }

  get isEmpty(): boolean {
    return this.#clients === null
  }

  add(client: number, clock: number, length: number): void {
    this.#clients ??= new Map()
    let ranges = this.#clients.get(client)
    if (ranges === undefined) {
      ranges = new Ranges()
      this.#clients.set(client, ranges)
    }
    ranges.add(clock, clock + length)
  }

  /** Adds a set in its encoded form. @throws {TributaryError} `malformed`, see `decode`. */
  addEncoded(bytes: Uint8Array): void {
    const reader = new Reader(bytes)
    for (let clients = reader.count(2); clients > 0; clients--) {
      const client = reader.uint()
      for (let ranges = reader.count(2); ranges > 0; ranges--) {
        const at = reader.at
        const clock = reader.clock()
        const length = reader.nextClock()
        if (length === 0 || clock + length > MAX_CLOCK)
          reader.fail('a range has no such clocks', at)
        this.add(client, clock, length)
      }
    }
    reader.end()
  }

  /** Whether all of the `length` clocks from `clock` on are in the set. */
  covers(client: number, clock: number, length: number): boolean {
    return this.#clients?.get(client)?.covers(clock, clock + length) ?? false
  }

  /** Whether any of the `length` clocks from `clock` on is in the set. */
  overlaps(client: number, clock: number, length: number): boolean {
    return this.#clients?.get(client)?.overlaps(clock, clock + length) ?? false
  }

  /** The parts of the `length` clocks from `clock` on that are not in the set, in order. */
  uncovered(
    client: number,
    clock: number,
    length: number,
    each: (clock: number, length: number) => void,
  ): void {
    const ranges = this.#clients?.get(client)
    if (ranges === undefined) each(clock, length)
    else ranges.uncovered(clock, clock + length, (from, to) => each(from, to - from))
  }

  /** Whether every clock of `other` is in this set too. */
  contains(other: DeleteRanges): boolean {
    let missing = false
    other.forEach((client, clock, length) => {
      missing ||= !this.covers(client, clock, length)
    })
    return !missing
  }

  /** Every range, clients in the order of the bytes, ranges ascending. */
  forEach(each: (client: number, clock: number, length: number) => void): void {
    for (const [client, ranges] of this.#sorted()) {
      ranges.forEach((from, to) => {
        each(client, from, to - from)
      })
    }
  }

  encode(): Uint8Array {
    const sorted = this.#sorted()
    let size = varUintLength(sorted.length)
    for (const [client, ranges] of sorted) {
      size += varUintLength(client) + varUintLength(ranges.size)
      ranges.forEach((from, to) => {
        size += varUintLength(from) + varUintLength(to - from)
      })
    }
    const bytes = new Uint8Array(size)
    let at = writeVarUint(bytes, 0, sorted.length)
    for (const [client, ranges] of sorted) {
      at = writeVarUint(bytes, at, client)
      at = writeVarUint(bytes, at, ranges.size)
      ranges.forEach((from, to) => {
        at = writeVarUint(bytes, at, from)
        at = writeVarUint(bytes, at, to - from)
      })
    }
    return bytes
  }

  #sorted(): [number, Ranges][] {
    return [...(this.#clients ?? [])].sort(([a], [b]) => b - a)
  }
}
