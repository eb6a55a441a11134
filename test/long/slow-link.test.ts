import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
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
  '[U18] 60 MB come in at 2 MB/s without a reconnect, with progress, and nobody sees half of them',
  async (stage) => {
    const entity = stage.entity()
    const author = handleAt(stage, stage.port, entity)
    for (const name of ['a', 'b']) {
      author.doc.getText(name).insert(0, 'x'.repeat(30 * MB))
      await within('it is saved', 60_000, author.handle.saved())
    }

    const proxy = await stage.proxy()
    proxy.narrow(2 * MB)
    const begun = performance.now()
    const reader = handleAt(stage, proxy.port, entity)
    const progress: number[] = []
    const lengths: number[] = []
    reader.handle.on('progress', (part) => progress.push(part))
    reader.doc.on('update', () => {
      lengths.push(reader.doc.getText('a').length + reader.doc.getText('b').length)
    })
    await within('all of it is here', 120_000, reader.handle.synced)
    console.info(`60 MB in ${(performance.now() - begun) | 0} ms, ${progress.length} steps`)
    expect(reader.links).toEqual(['connecting', 'online'])
    expect(lengths).toEqual([60 * MB])
    expect(progress.length).toBeGreaterThan(100)
    expect(progress).toEqual(progress.toSorted((a, b) => a - b))
    expect(progress.at(-1)).toBeLessThanOrEqual(1)
  },
  { timeout: 240_000 },
)

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
