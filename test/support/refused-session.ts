import * as Y from 'yjs'
import type { Handle } from '../../client/provider/handle/handle.ts'
import { connect } from '../../client/provider/node/index.ts'
import type { Aside } from '../../client/provider/store.ts'
import { areEqual } from './checker.ts'
import { until } from './deadline.ts'
import { Seeded } from './seeded.ts'
import { STOCK_VERSIONS, StockClient } from './stock-clients.ts'
import { TcpProxy } from './tcp-proxy.ts'

const PATIENCE_MS = 60_000
export const UPDATE_BYTES = 2_000
export const ENTITY_BYTES = 8_000
/** The flags of a server for such sessions. */
export const REFUSING = [
  ...['--limit-update-bytes', `${UPDATE_BYTES}B`],
  ...['--limit-entity-bytes', `${ENTITY_BYTES}B`],
]

/** Somebody who edits an entity, with whatever client. */
interface Author {
  readonly doc: Y.Doc
  /** Each transaction of their own, as Yjs told of it. */
  readonly written: Uint8Array[]
  readonly handle: Handle | null
  isOffline: boolean
  leave(): void
  comeBack(): void
  isDone(): boolean
  end(): void | Promise<void>
}

/** What is left of a session. */
export interface Played {
  readonly entity: string
  readonly seed: number
  /** The state of each copy at the end: the authors', and that of one who came last. */
  readonly copies: readonly Uint8Array[]
  readonly authors: readonly {
    readonly client: number
    readonly written: readonly Uint8Array[]
    /** `null`: a stock client, which has no place for it. */
    readonly asides: readonly Aside[] | null
  }[]
}

/**
 * Two or three authors with different clients edit texts, maps and arrays, some of them offline for a
 * while, and write now and then what is too large, or in some sessions more than there is room for. In
 * the end all are back, and each writes once more.
 *
 * @throws {Deadline} when they do not come to agree.
 */
export async function playRefused(port: number, entity: string, seed: number): Promise<Played> {
  const random = new Seeded(seed)
  const fills = random.chance(0.4)
  const authors: Author[] = []
  for (let count = random.int(2, 3); count > 0; count--) {
    authors.push(await (random.chance(0.6) ? provided : stock)(port, entity, random))
  }
  for (let step = 0; step < 30; step++) {
    const author = random.pick(authors)
    author.doc.transact(() => edit(author.doc, random, fills))
    // An answer that is on its way when somebody leaves is never heard.
    if (random.chance(0.4)) await new Promise((resolve) => setTimeout(resolve, random.int(0, 6)))
    const roll = random.next()
    if (roll < 0.1 && !author.isOffline) author.leave()
    else if (author.isOffline && roll < 0.3) author.comeBack()
  }
  for (const author of authors) if (author.isOffline) author.comeBack()
  const docs = authors.map(({ doc }) => doc)
  const agree = async (what: string) => {
    const isDone = () => authors.every((author) => author.isDone())
    await until(`all is sent ${what} (seed ${seed})`, PATIENCE_MS, isDone)
    // The clocks first: to compare the rest costs something, and hundreds of sessions wait side by side.
    const hasClocks = () => new Set(docs.map((doc) => `${Y.encodeStateVector(doc)}`)).size === 1
    const isEqual = () => hasClocks() && areEqual(docs)
    await until(`they agree ${what} (seed ${seed})`, PATIENCE_MS, isEqual, 30)
  }
  await agree('when all are back')
  for (const { doc } of authors) doc.getArray('list').push([`the last of ${doc.clientID}`])
  await agree('behind that')
  const late = await stock(port, entity, random)
  docs.push(late.doc)
  await agree('with one who came last')
  const played = {
    entity,
    seed,
    copies: docs.map((doc) => Y.encodeStateAsUpdate(doc)),
    authors: await Promise.all(
      authors.map(async ({ doc, written, handle }) => ({
        client: doc.clientID,
        written,
        asides: handle && (await handle.setAside()),
      })),
    ),
  }
  for (const author of [...authors, late]) await author.end()
  return played
}

/** One who uses the provider, over a line of their own. */
async function provided(port: number, entity: string): Promise<Author> {
  const proxy = await TcpProxy.start(port)
  const handle = connect(`ws://127.0.0.1:${proxy.port}`, entity, { offline: false })
  const { doc } = handle
  const author: Author = {
    doc,
    written: noted(doc, (origin) => origin === handle),
    handle,
    isOffline: false,
    leave() {
      this.isOffline = true
      proxy.plugInto(null)
      proxy.cut()
    },
    comeBack() {
      this.isOffline = false
      proxy.plugInto(port)
    },
    isDone: () => handle.status.pending === 0 && handle.status.link.is === 'online',
    async end() {
      await handle.destroy()
      await proxy.close()
    },
  }
  await handle.synced
  return author
}

/** One who uses a provider that knows nothing of refusals. */
async function stock(port: number, entity: string, random: Seeded): Promise<Author> {
  const version = random.pick(STOCK_VERSIONS)
  const client = new StockClient(version, `ws://127.0.0.1:${port}/sync`, entity, {
    deadline: PATIENCE_MS,
  })
  const { doc, provider } = client
  const author: Author = {
    doc,
    written: noted(doc, (origin) => origin === provider),
    handle: null,
    isOffline: false,
    leave() {
      this.isOffline = true
      provider.disconnect()
    },
    comeBack() {
      this.isOffline = false
      provider.connect()
    },
    isDone: () => provider.wsconnected && provider.synced,
    end: () => client.end(),
  }
  await client.synced()
  return author
}

function noted(doc: Y.Doc, isForeign: (origin: unknown) => boolean): Uint8Array[] {
  const written: Uint8Array[] = []
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (!isForeign(origin)) written.push(update)
  })
  return written
}

/** One transaction's worth: small mostly, too large now and then, or in a session that fills it, much. */
function edit(doc: Y.Doc, random: Seeded, fills: boolean): void {
  const size = random.chance(0.15)
    ? random.int(2_200, 5_000)
    : fills && random.chance(0.6)
      ? random.int(900, 1_600)
      : random.int(1, 12)
  const words = random.pick(['a', 'é', 'z']).repeat(size)
  const text = doc.getText('text')
  const map = doc.getMap('map')
  const list = doc.getArray('list')
  const key = `k${random.int(0, 3)}`
  const at = (length: number) => random.int(0, length)
  const acts = [
    () => text.insert(at(text.length), words),
    () => text.insert(at(text.length), words, { bold: random.chance(0.5) || null }),
    () => {
      const from = at(text.length)
      const length = Math.min(random.int(1, 9), text.length - from)
      if (length > 0) text.format(from, length, { bold: random.chance(0.6) || null })
    },
    () => {
      const from = at(text.length)
      text.delete(from, Math.min(random.int(1, 300), text.length - from))
    },
    () => map.set(key, words),
    () => map.delete(key),
    () => map.set(key, new Y.Map([['inner', words]])),
    () => list.insert(at(list.length), [words, random.int(0, 99), { of: words.length }]),
    () => list.insert(at(list.length), [Y.Array.from([words])]),
    () => list.insert(at(list.length), [new Y.Text(words)]),
    () => {
      if (list.length > 0) list.delete(random.int(0, list.length - 1))
    },
    () => nested([...map.values(), ...list.toArray()], words, random),
    () => nested([...map.values(), ...list.toArray()], words, random),
  ]
  random.pick(acts)()
}

/** In a type that somebody has put there, which may be gone, or go, with what it is in. */
function nested(all: readonly unknown[], words: string, random: Seeded): void {
  const types = all.filter((one) => one instanceof Y.AbstractType)
  if (types.length === 0) return
  const type = random.pick(types)
  if (type instanceof Y.Map) type.set(`n${random.int(0, 2)}`, words)
  else if (type instanceof Y.Text) type.insert(random.int(0, type.length), words)
  else if (type instanceof Y.Array) type.insert(random.int(0, type.length), [words])
}
