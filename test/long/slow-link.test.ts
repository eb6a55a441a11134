import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import * as Y from 'yjs'
import { connect } from '../../client/provider/node/index.ts'
import type { Status } from '../../client/provider/status.ts'
import { within } from '../support/deadline.ts'
import { type Stage, stageTest } from '../support/stage.ts'

const MB = 1024 * 1024

/** A handle with a copy of its own, and all that its link was. */
function handleAt(stage: Stage, port: number, entity: string) {
  const handle = connect(`http://127.0.0.1:${port}`, entity, { offline: false })
  stage.atEnd(() => handle.destroy())
  const links: Status['link']['is'][] = []
  handle.on('status', ({ link }) => {
    if (links.at(-1) !== link.is) links.push(link.is)
  })
  return { ...handle, handle, links }
}

stageTest(
  '[U18] [S3] 60 MB come in at 2 MB/s without a reconnect, with progress, and nobody sees half of them',
  async (stage) => {
    const entity = stage.entity()
    const author = handleAt(stage, stage.port, entity)
    await write(author.doc, 60)
    await within('it is saved', 60_000, author.handle.saved())
    await author.handle.destroy()

    const slowly = async () => {
      const proxy = await stage.proxy()
      proxy.narrow(2 * MB)
      return proxy.port
    }
    const begun = performance.now()
    const reader = handleAt(stage, await slowly(), entity)
    const progress: number[] = []
    reader.handle.on('progress', (part) => progress.push(part))
    const seen = lengthsSeen(reader.doc)
    // A provider that knows nothing of parts has it as slowly, and as one.
    const door = stage.doorAt(await slowly())
    const stock = stage.stock('3.1.0', entity, { door, deadline: 150_000, connect: false })
    const stockSeen = lengthsSeen(stock.doc)
    stock.provider.connect()
    await within('all of it is here', 120_000, reader.handle.synced)
    console.info(`60 MB in ${(performance.now() - begun) | 0} ms, ${progress.length} steps`)
    expect(reader.links).toEqual(['connecting', 'online'])
    expect([...seen]).toEqual([`${60 * MB}`])
    expect(progress.length).toBeGreaterThan(100)
    expect(progress).toEqual(progress.toSorted((a, b) => a - b))
    expect(progress.at(-1)).toBeLessThanOrEqual(1)

    await stock.synced()
    console.info(`and to a stock client in ${(performance.now() - begun) | 0} ms`)
    expect(stock.sockets.map(({ closedWith }) => closedWith)).toEqual([null])
    // The newest snapshot may come before what was written behind it.
    expect([...stockSeen].filter((length) => length.startsWith('half'))).toEqual([])
    expect([...stockSeen].at(-1)).toBe(`${60 * MB}`)
  },
  { timeout: 300_000 },
)

/** So many MB by three authors, in many pieces. */
async function write(doc: Y.Doc, megabytes: number): Promise<void> {
  const authors = [1, 2, 3].map((clientID) => Object.assign(new Y.Doc(), { clientID }))
  for (let part = 0; part < megabytes; part++) {
    const author = authors[part % authors.length] as Y.Doc
    const before = Y.encodeStateVector(author)
    author.transact(() => {
      for (let piece = 0; piece < 4; piece++) author.getText().insert(0, 'x'.repeat(MB / 4))
      author.getMap('its').set('length', author.getText().length)
    })
    const update = Y.encodeStateAsUpdate(author, before)
    for (const other of authors) Y.applyUpdate(other, update)
    Y.applyUpdate(doc, update)
    await null
  }
}

/** How long its text ever was, and whether that was all of what somebody once had. */
function lengthsSeen(doc: Y.Doc): Set<string> {
  const seen = new Set<string>()
  doc.on('afterTransaction', () => {
    const { length } = doc.getText()
    const isWhole = length === (doc.getMap('its').get('length') ?? 0)
    if (length > 0) seen.add(isWhole ? `${length}` : `half: ${length}`)
  })
  return seen
}

stageTest(
  '[U18] an edit of 4 MB goes out at 400 KB/s without a reconnect',
  async (stage) => {
    const proxy = await stage.proxy()
    const author = handleAt(stage, proxy.port, stage.entity())
    await within('it is synced', stage.deadline, author.handle.synced)
    proxy.narrow(400 * 1024)
    author.doc.getText('t').insert(0, randomBytes(2 * MB).toString('hex'))
    await within('it is saved', 60_000, author.handle.saved())
    expect(author.links).not.toContain('offline')
    expect(author.links.filter((is) => is === 'online')).toHaveLength(1)
  },
  { timeout: 90_000 },
)
