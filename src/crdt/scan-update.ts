import { MOST_DEPTH, skipAny, skipOptions } from './any-scan.ts'
import { scanJson } from './json-scan.ts'
import { MAX_CLOCK, Reader } from './reader.ts'
import {
  ANY,
  BINARY,
  contentOf,
  DELETED,
  DOC,
  EMBED,
  FORMAT,
  GC,
  HAS_KEY,
  HAS_ORIGIN,
  HAS_RIGHT,
  JSON_LIST,
  NONE,
  SKIP,
  STRING,
  TYPE,
  UpdateScan,
} from './scan.ts'
import { tidied } from './tidy.ts'

/** Larger updates get a scan of their own, so that one of them does not stay in memory. */
const SCRATCH_BYTES = 256 * 1024
const scratch = new UpdateScan()

/** Type references: array, map, text, element, fragment, hook, xml text. */
const LAST_TYPE = 6
const ELEMENT = 3
const HOOK = 5

const UNDEFINED = new TextEncoder().encode('undefined')

/**
 * Where everything lies in an update, and whether it is one: the grammar of the format, held
 * strictly. For bytes of our own, which a stranger cannot have touched: a snapshot, a stored entry,
 * what was cut or merged from sound updates. Bytes of a stranger go to `checkUpdate`.
 *
 * One pass by hand, without an object per struct, and nothing that is made from a number in the
 * bytes: 0.12 µs for a small typing update, where `Y.applyUpdate` takes ten and believes what it
 * reads.
 *
 * `scan.bytes` is what was read: the bytes given, or a tidier copy (`tidied` says of what). Callers
 * go on with it, and never change it.
 *
 * @param into the scan to fill; without it one that the next call fills again.
 * @throws {TributaryError} `malformed`, with the reason and the place.
 */
export function scanUpdate(bytes: Uint8Array, into?: UpdateScan): UpdateScan {
  const scan = into ?? (bytes.length > SCRATCH_BYTES ? new UpdateScan() : scratch)
  if (!readUpdate(bytes, scan)) readUpdate(tidied(scan), scan)
  return scan
}

/** Fills the scan; false when the update has to be tidied, and then read again. */
function readUpdate(bytes: Uint8Array, scan: UpdateScan): boolean {
  const reader = new Reader(bytes)
  scan.reset(bytes)
  let isTidy = true
  for (let left = reader.count(5); left > 0; left--) isTidy = readSection(reader, scan) && isTidy
  scan.deletesAt = reader.at
  isTidy = readDeletes(reader, scan) && isTidy
  reader.end()
  return isTidy
}

function readSection(reader: Reader, scan: UpdateScan): boolean {
  const at = reader.at
  const section = scan.addSection()
  if (section < 0) reader.fail('too many sections')
  const structs = reader.count(2)
  if (structs === 0) reader.fail('a section is empty', at)
  const client = reader.uint()
  let clock = reader.clock()
  scan.sectionAt[section] = at
  scan.sectionClient[section] = client
  scan.sectionFrom[section] = scan.structs
  let isTidy = section === 0 || client < (scan.sectionClient[section - 1] as number)
  for (let left = structs; left > 0; left--) {
    const from = reader.at
    const length = readStruct(reader, scan, client, clock)
    if (length === 0) isTidy = false
    clock += length
    if (clock > MAX_CLOCK) reader.fail('a clock is beyond 2^31', from)
  }
  return isTidy
}

/** Fills the next row. The length it gives is 0 for an empty text only. */
function readStruct(reader: Reader, scan: UpdateScan, client: number, clock: number): number {
  const row = scan.addStruct()
  if (row < 0) reader.fail('too many structs')
  const at = reader.at
  const info = reader.byte()
  scan.at[row] = at
  scan.info[row] = info
  scan.clock[row] = clock
  scan.originClock[row] = NONE
  scan.rightClock[row] = NONE
  scan.parentClock[row] = NONE
  if (info !== GC && info !== SKIP) {
    // With flags, a GC or a Skip is read by one reader of Yjs and refused by another.
    const content = contentOf(info)
    if (content === GC || content > DOC) reader.fail(`a struct has the info byte ${info}`, at)
    readPlace(reader, scan, row, info, client, clock)
  }
  scan.contentAt[row] = reader.at
  const length = readContent(reader, info)
  scan.length[row] = length
  return length
}

/** Origin, right origin, parent and key. */
function readPlace(
  reader: Reader,
  scan: UpdateScan,
  row: number,
  info: number,
  client: number,
  clock: number,
): void {
  if (info & HAS_ORIGIN) {
    readId(reader, scan.originClient, scan.originClock, row, client, clock)
  }
  if (info & HAS_RIGHT) readId(reader, scan.rightClient, scan.rightClock, row, client, clock)
  if (info & (HAS_ORIGIN | HAS_RIGHT)) return
  const isRoot = reader.uint()
  if (isRoot === 1) reader.text()
  else if (isRoot === 0) {
    readId(reader, scan.parentClient, scan.parentClock, row, client, clock)
  } else reader.fail('a parent is neither a name nor an id', reader.at - 1)
  if (info & HAS_KEY) reader.text()
}

/** Takes an id that a struct of that client and clock names. */
function readId(
  reader: Reader,
  clients: Float64Array,
  clocks: Uint32Array,
  row: number,
  client: number,
  clock: number,
): void {
  const at = reader.at
  const named = reader.uint()
  const namedClock = reader.clock()
  // Yjs looks such an id up without asking whether it has it, and throws in every replica.
  if (named === client && namedClock >= clock) {
    reader.fail('a struct names itself or a later one of its client', at)
  }
  clients[row] = named
  clocks[row] = namedClock
}

/** Takes the content and gives its length in clocks. */
function readContent(reader: Reader, info: number): number {
  const at = reader.at
  if (info === GC || info === SKIP) return readLength(reader)
  switch (contentOf(info)) {
    case STRING:
      return reader.text()
    case DELETED:
      return readLength(reader)
    case ANY: {
      const values = readLength(reader)
      for (let left = values; left > 0; left--) skipAny(reader)
      return values
    }
    case JSON_LIST: {
      const values = readLength(reader)
      for (let left = values; left > 0; left--) skipJson(reader, true)
      return values
    }
    case BINARY:
      reader.skip(reader.size())
      return 1
    case EMBED:
      skipJson(reader, false)
      return 1
    case FORMAT:
      reader.text()
      skipJson(reader, false)
      return 1
    case TYPE: {
      const type = reader.uint()
      if (type > LAST_TYPE) reader.fail(`a type has the reference ${type}`, at)
      if (type === ELEMENT || type === HOOK) reader.text()
      return 1
    }
    default: // DOC: `readStruct` has seen to it that there is no other
      reader.text()
      skipOptions(reader)
      return 1
  }
}

function readLength(reader: Reader): number {
  const at = reader.at
  const length = reader.uint()
  // Yjs takes it, and can from then on no longer find the struct of a clock.
  if (length === 0) reader.fail('a length is zero', at)
  return length
}

/** Takes a JSON text. `undefined` is what Yjs writes for that value in a list. */
function skipJson(reader: Reader, undefinedToo: boolean): void {
  const size = reader.size()
  const from = reader.at
  reader.skip(size)
  if (undefinedToo && reader.tookWord(from, UNDEFINED)) return
  const fault = scanJson(reader.bytes, from, reader.at, MOST_DEPTH)
  if (fault === 'json') reader.fail('a text is not JSON', from)
  if (fault === 'depth') reader.fail('a JSON text is nested too deep', from)
}

function readDeletes(reader: Reader, scan: UpdateScan): boolean {
  let isTidy = true
  let previous = Number.POSITIVE_INFINITY
  for (let clients = reader.count(2); clients > 0; clients--) {
    const client = reader.uint()
    if (client >= previous) isTidy = false
    previous = client
    let end = -1
    for (let ranges = reader.count(2); ranges > 0; ranges--) {
      const row = scan.addDelete()
      if (row < 0) reader.fail('too many deletes')
      const from = reader.at
      const clock = reader.clock()
      const length = reader.uint()
      if (length === 0 || clock <= end) isTidy = false
      end = clock + length
      if (end > MAX_CLOCK) reader.fail('a clock is beyond 2^31', from)
      scan.deleteClient[row] = client
      scan.deleteClock[row] = clock
      scan.deleteLength[row] = length
    }
  }
  return isTidy
}
