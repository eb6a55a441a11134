import { varUintLength, writeVarUint } from '../core/varint.ts'
import { skipAny } from './any-scan.ts'
import { Reader } from './reader.ts'
import {
  ANY,
  contentOf,
  DELETED,
  GC,
  HAS_ORIGIN,
  HAS_RIGHT,
  STRING,
  type UpdateScan,
} from './scan.ts'

/** U+FFFD: what is left of a surrogate pair that is cut in two. Yjs puts the same in its place. */
const HALF_PAIR = Uint8Array.of(0xef, 0xbf, 0xbd)

/**
 * The new half of a struct, from `offset` clocks on, as Yjs itself would send it: behind the clock
 * before it, without parent and key, its content cut.
 *
 * A struct that is half known must not go on whole. A reader puts it behind what it has at the clock
 * before; when that was collected, and a peer can make others believe that it was, it throws.
 *
 * @param row of a struct with several clocks: a text, a list of values, or something deleted.
 */
export function structFrom(
  scan: UpdateScan,
  section: number,
  row: number,
  offset: number,
): Uint8Array {
  const info = scan.info[row] as number
  const length = (scan.length[row] as number) - offset
  if (info === GC) return numbers(GC, length)
  const client = scan.sectionClient[section] as number
  const origin = [client, (scan.clock[row] as number) + offset - 1]
  const hasRight = (info & HAS_RIGHT) !== 0
  const right = hasRight ? [scan.rightClient[row] as number, scan.rightClock[row] as number] : []
  const ids = numbers(...origin, ...right)
  const content = contentFrom(scan, section, row, offset, length)
  const struct = new Uint8Array(1 + ids.length + content.length)
  struct[0] = info | HAS_ORIGIN
  struct.set(ids, 1)
  struct.set(content, 1 + ids.length)
  return struct
}

function contentFrom(
  scan: UpdateScan,
  section: number,
  row: number,
  offset: number,
  length: number,
): Uint8Array {
  const content = contentOf(scan.info[row] as number)
  if (content === DELETED) return numbers(length)
  const reader = new Reader(scan.bytes.subarray(scan.contentAt[row], scan.structEnd(section, row)))
  const count = reader.uint()
  if (content === STRING) {
    const rest = textFrom(reader.bytes.subarray(reader.at, reader.at + count), offset)
    return joined(numbers(rest.length), rest)
  }
  for (let left = offset; left > 0; left--) {
    if (content === ANY) skipAny(reader)
    else reader.skip(reader.uint())
  }
  return joined(numbers(length), reader.bytes.subarray(reader.at))
}

/** UTF-8 from a place that is counted in UTF-16 units. */
function textFrom(text: Uint8Array, units: number): Uint8Array {
  let at = 0
  let left = units
  while (left > 0) {
    const lead = text[at] as number
    at += lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    left -= lead < 0xf0 ? 1 : 2
  }
  return left < 0 ? joined(HALF_PAIR, text.subarray(at)) : text.subarray(at)
}

function numbers(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.reduce((sum, value) => sum + varUintLength(value), 0))
  let at = 0
  for (const value of values) at = writeVarUint(bytes, at, value)
  return bytes
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length)
  bytes.set(a)
  bytes.set(b, a.length)
  return bytes
}
