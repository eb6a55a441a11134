import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { build } from 'vite'
import { beforeAll, describe, expect } from 'vitest'
import * as Y from 'yjs'
import { browser, withoutChromium } from '../browser/chromium.ts'
import { equalityFaults } from '../support/checker.ts'
import { until } from '../support/deadline.ts'
import { parseMessage, step1, step2, update } from '../support/frames.ts'
import { type Stage, stageTest } from '../support/stage.ts'
import type { ProsemirrorPage } from './prosemirror-page.ts'

const ENTRY = fileURLToPath(new URL('prosemirror-page.ts', import.meta.url))
const BLOCKS = 400
/** 20 MB in all. */
const BLOCK_BYTES = 50_000
const WAIT_MS = 60_000

interface Written {
  readonly doc: Y.Doc
  /** Of each block the quotation, by one author, and its paragraph, by another. */
  readonly blocks: readonly (readonly [Uint8Array, Uint8Array])[]
}

/**
 * A quotation must hold a paragraph, and y-prosemirror deletes what may not be: of every other author
 * half an update is the worst there is for it. The quotations' author comes first in a snapshot.
 */
function written(bytes: number): Written {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (made: Uint8Array) => updates.push(made))
  const fragment = doc.getXmlFragment('prosemirror')
  const blocks = Array.from({ length: BLOCKS }, (_, i) => {
    const quotation = new Y.XmlElement('blockquote')
    const paragraph = new Y.XmlElement('paragraph')
    paragraph.insert(0, [new Y.XmlText(`${i} `.padEnd(bytes, 'lorem ipsum '))])
    doc.clientID = 2_000_000_000
    fragment.push([quotation])
    doc.clientID = 1
    quotation.insert(0, [paragraph])
    return updates.splice(0) as unknown as [Uint8Array, Uint8Array]
  })
  return { doc, blocks }
}

let script = ''

beforeAll(async () => {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: false,
      lib: { entry: ENTRY, formats: ['iife'], name: 'ignored' },
    },
  })
  const [output] = [built].flat()
  if (output === undefined || !('output' in output)) throw new Error('nothing was built')
  script = output.output[0].code
})

/** An empty page with the editor's code, in a browser of its own. */
async function openPage(stage: Stage): Promise<Page> {
  const context = await (await browser()).newContext()
  stage.atEnd(() => context.close())
  const page = await context.newPage()
  await page.goto(`http://127.0.0.1:${stage.port}/readyz`)
  await page.setContent('<!doctype html><title>editor</title><body></body>')
  await page.addScriptTag({ content: script })
  return page
}

const ask = <Name extends 'synced' | 'blocks' | 'made' | 'held'>(page: Page, name: Name) =>
  page.evaluate(`page.${name}()`) as Promise<ReturnType<ProsemirrorPage[Name]>>

describe.skipIf(withoutChromium)('y-prosemirror', () => {
  stageTest(
    '[S3] joins an entity of 20 MB in pieces, and sends nothing back',
    async (stage) => {
      const { doc, blocks } = written(BLOCK_BYTES)
      const id = stage.entity()
      const writer = await stage.raw(id, { deadline: WAIT_MS })
      writer.send(step1())
      await writer.next('step2')
      writer.send(step2())
      for (const block of blocks) writer.send(update(Y.mergeUpdates([...block])))
      await writer.settled()
      await writer.close()

      const page = await openPage(stage)
      const received: number[] = []
      const sent: Uint8Array[] = []
      page.on('websocket', (socket) => {
        socket.on('framereceived', ({ payload }) => received.push(payload.length))
        socket.on('framesent', ({ payload }) => sent.push(Buffer.from(payload)))
      })
      await page.evaluate(`page.join('${stage.door}', '${id}')`)
      await until('the editor is synced', WAIT_MS, () => ask(page, 'synced'), 100)
      const done = async () =>
        (await ask(page, 'blocks')) === BLOCKS || (await ask(page, 'made')) > 0
      await until('it shows everything', WAIT_MS, done)
      await page.waitForTimeout(500)
      expect(await ask(page, 'made')).toBe(0)

      expect(received.filter((bytes) => bytes > 1_000_000).length).toBeGreaterThan(1)
      expect(Math.max(...received)).toBeLessThan(9_000_000)
      const messages = sent.map((bytes) => parseMessage(bytes))
      expect(messages.filter(({ is }) => is === 'update')).toEqual([])
      for (const message of messages) {
        if (message.is === 'step2') expect([...message.bytes]).toEqual([0, 0])
      }
      const reader = await stage.raw(id, { deadline: WAIT_MS })
      const after = await reader.join()
      expect(
        equalityFaults([
          { name: 'written', doc },
          { name: 'after', doc: after },
        ]),
      ).toEqual([])
    },
    { timeout: 300_000 },
  )
})

describe.skipIf(withoutChromium)('why pieces wait for each other', () => {
  for (const { how, pieces, left } of [
    {
      how: 'of pieces that can be applied one by one deletes what is half-built',
      pieces: 2,
      left: 0,
    },
    { how: 'keeps what comes as a whole', pieces: 1, left: BLOCKS },
  ]) {
    stageTest(`[S3] y-prosemirror ${how}`, async (stage) => {
      const { blocks } = written(10)
      const page = await openPage(stage)
      const authors = [blocks.map(([one]) => one), blocks.map(([, other]) => other)]
      const updates =
        pieces === 1 ? [Y.mergeUpdates(authors.flat())] : authors.map((one) => Y.mergeUpdates(one))
      await page.evaluate(`page.apply(${JSON.stringify(updates.map(base64))})`)
      expect(await ask(page, 'held')).toBe(left)
      expect(await ask(page, 'made')).toBe(BLOCKS - left)
    })
  }
})

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
