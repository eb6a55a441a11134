import { createHash } from 'node:crypto'

/**
 * Everything that can be read of some entities through the ports, as plain JSON: what a fixture is
 * expected to hold. Long bytes are told by their length and their hash.
 *
 * @param {import('../../src/log/log.ts').Log} log
 * @param {import('../../src/snapshots/snapshots.ts').Snapshots} snapshots
 * @param {readonly string[]} keys
 */
export async function dumpStore(log, snapshots, keys) {
  /** @type {Record<string, unknown>} */
  const entities = {}
  for (const name of keys) {
    const key = /** @type {import('../../src/core/ids.ts').EntityKey} */ (name)
    const snapshot = await snapshots.load(key)
    const read = await log.read(key, snapshot?.position ?? ORIGIN)
    const { head } = read
    const held = snapshot && {
      position: snapshot.position,
      depth: snapshot.depth,
      update: told(snapshot.update),
      stateVector: told(snapshot.stateVector),
      deleteSet: told(snapshot.deleteSet),
      index: told(snapshot.index),
    }
    entities[name] =
      read.is === 'reset'
        ? { snapshot: held, reset: head }
        : {
            snapshot: held,
            head,
            tombstone: read.tombstone && [...read.tombstone],
            skipped: read.skipped,
            entries: read.entries.map((entry) => ({ ...entry, update: told(entry.update) })),
          }
  }
  return entities
}

/** @type {import('../../src/core/position.ts').Position} */
const ORIGIN = { epoch: '0.', offset: 0, check: '0000000000000000' }

/** @param {Uint8Array} bytes */
export function told(bytes) {
  if (bytes.length <= 200) return Buffer.from(bytes).toString('hex')
  return `${bytes.length} bytes, sha1 ${createHash('sha1').update(bytes).digest('hex')}`
}

/**
 * @template Item
 * @param {AsyncIterable<Item>} items
 */
export async function all(items) {
  /** @type {Item[]} */
  const found = []
  for await (const item of items) found.push(item)
  return found
}
