/**
 * Tells of every stretch of clocks that an update brings. It understands what the writers here
 * write and what servers make of it by merging: text, bytes, deleted text, collected garbage, gaps.
 *
 * @param {import('./bytes.mjs').Reader} reader At the first byte of the update.
 * @param {(client: number, from: number, to: number) => void} visit Stretches of one client ascend.
 */
export function walkUpdate(reader, visit) {
  for (let clients = reader.number(); clients > 0; clients--) {
    let structs = reader.number()
    const client = reader.number()
    let clock = reader.number()
    for (; structs > 0; structs--) {
      const info = reader.byte()
      const kind = info & 31
      if (kind === 0 || kind === 10) {
        const length = reader.number()
        if (kind === 0) visit(client, clock, clock + length)
        clock += length
        continue
      }
      passPlace(reader, info)
      const length = lengthOf(reader, kind)
      visit(client, clock, clock + length)
      clock += length
    }
  }
}

/** @param {import('./bytes.mjs').Reader} reader @param {number} info */
function passPlace(reader, info) {
  if (info & 0x80) {
    reader.number()
    reader.number()
  }
  if (info & 0x40) {
    reader.number()
    reader.number()
  }
  if (info & 0xc0) return
  if (reader.number() === 1) reader.passBytes()
  else {
    reader.number()
    reader.number()
  }
  if (info & 0x20) reader.passBytes()
}

/** @param {import('./bytes.mjs').Reader} reader @param {number} kind */
function lengthOf(reader, kind) {
  if (kind === 1) return reader.number()
  if (kind === 3) {
    reader.passBytes()
    return 1
  }
  // All text here is ASCII: as many clocks as bytes.
  if (kind === 4) return reader.passBytes()
  throw new Error(`an update with content of kind ${kind}, which no writer here has made`)
}
