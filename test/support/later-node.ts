import { crc32 } from 'node:zlib'
import * as Y from 'yjs'
import { wrap } from '../../src/bus/envelope.ts'
import type { EntityKey } from '../../src/core/ids.ts'
import { formatPosition, ORIGIN } from '../../src/core/position.ts'
import { compactUpdates } from '../../src/crdt/canonical.ts'
import { contentBound, putContent, readContent } from '../../src/log/entry.ts'
import type { NewEntry } from '../../src/log/log.ts'
import { TOLD_BYTES } from '../../src/log/redis/news.ts'
import { RECORD_HEAD, RECORD_OVERHEAD, sealInPlace, unseal } from '../../src/record/record.ts'
import { NAMES, type Node, openNode } from './redis-store.ts'

/** `bit`: with a must-understand bit that nobody knows yet. `version`: of another record format. */
export type Later = 'bit' | 'version'

/** A node of a later version, as far as it writes: what it appends this version may not understand. */
export class LaterNode {
  /** What its client has written. */
  readonly doc = new Y.Doc()
  readonly #node: Node
  readonly #entity: EntityKey
  #count = 0

  private constructor(node: Node, entity: EntityKey) {
    this.#node = node
    this.#entity = entity
  }

  static async join(url: string, entity: string): Promise<LaterNode> {
    return new LaterNode(await openNode(url), `default/${entity}` as EntityKey)
  }

  /** One line more of its client, as an entry that is understood by everybody, or is not. */
  async write(line: string, how: Later | 'as-ever' = 'as-ever'): Promise<void> {
    const before = Y.encodeStateVector(this.doc)
    this.doc.getArray('lines').push([line])
    await this.append(Y.encodeStateAsUpdate(this.doc, before), how)
  }

  async append(update: Uint8Array, how: Later | 'as-ever' = 'as-ever'): Promise<void> {
    const id = `later-${this.doc.clientID}-${this.#count++}`
    const entry: NewEntry = {
      ...{ id, authors: [], origin: 'session', time: 0 },
      update: update as NewEntry['update'],
    }
    const { meta, stream, tombstones, snapshots, dirty } = NAMES.keys(this.#entity)
    await this.#node.link.run(
      'append',
      [meta, stream, tombstones, snapshots, dirty],
      [
        'later',
        id,
        how === 'as-ever' ? sealed(entry) : asOfLater(sealed(entry), how),
        '',
        '',
        NAMES.channel(this.#entity),
        TOLD_BYTES,
        '',
      ],
    )
  }

  /** Every record of the log, by offset. */
  async records(): Promise<ReadonlyMap<number, Buffer>> {
    const rows = (await this.#node.link.call(
      'XRANGE',
      NAMES.keys(this.#entity).stream,
      '-',
      '+',
    )) as readonly [Buffer, readonly Buffer[]][]
    return new Map(
      rows.map(([id, fields]) => [Number.parseInt(String(id), 10), fields[3] as Buffer]),
    )
  }

  /** What a cold start of the later version reads: it understands everything. */
  async read(): Promise<Y.Doc> {
    const doc = new Y.Doc()
    const snapshot = await this.#node.snapshots.load(this.#entity)
    if (snapshot !== null) Y.applyUpdate(doc, snapshot.update)
    const from = snapshot?.position.offset ?? 0
    for (const [offset, record] of await this.records()) {
      if (offset <= from) continue
      const content = readContent(unseal(asOfOurs(record)) as Buffer)
      if (typeof content !== 'string') Y.applyUpdate(doc, content.update)
    }
    return doc
  }

  /** A snapshot of everything, which every version understands; all nodes are told of it. */
  async compact(): Promise<void> {
    const { log, snapshots, link } = this.#node
    const old = await snapshots.load(this.#entity)
    const { head } = await log.read(this.#entity, ORIGIN)
    const doc = await this.read()
    const compacted = compactUpdates(null, [Y.encodeStateAsUpdate(doc)], { gc: true })
    const outcome = await snapshots.commit(
      this.#entity,
      { ...compacted, position: head },
      old?.position ?? null,
    )
    if (outcome !== 'committed') throw new Error(`the snapshot is ${outcome}`)
    const news = Buffer.from(`${formatPosition(head)} ${this.#entity}`)
    await link.publish([[NAMES.nodesChannel, wrap('later-node', 'snapshot', news)]])
  }

  close(): Promise<void> {
    return this.#node.close()
  }
}

function sealed(entry: NewEntry): Buffer {
  const buffer = Buffer.alloc(contentBound(entry) + RECORD_OVERHEAD)
  const end = putContent(buffer, RECORD_HEAD, entry)
  const record = buffer.subarray(0, end + RECORD_OVERHEAD - RECORD_HEAD)
  sealInPlace(record)
  return record
}

/** The same record as a later version might have written it, with a checksum that is right. */
export const asOfLater = (record: Buffer, how: Later): Buffer =>
  how === 'bit' ? withHead(record, record[0] ?? 0, 0x80) : withHead(record, 9, 0)

/** What this version would have written. */
export const asOfOurs = (record: Buffer): Buffer => withHead(record, 1, 0)

function withHead(record: Buffer, version: number, bits: number): Buffer {
  const copy = Buffer.from(record)
  copy[0] = version
  copy[1] = bits
  copy.writeUInt32LE(crc32(copy.subarray(0, -4)), copy.length - 4)
  return copy
}

export const isLater = (record: Buffer): boolean => unseal(record) === 'not-understood'
