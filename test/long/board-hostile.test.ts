import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { packInk } from '../../client/whiteboard/model/ink.ts'
import { type Artist, company } from '../browser/artist.ts'
import { BoardReader } from '../browser/board-reader.ts'
import { withoutChromium } from '../browser/chromium.ts'
import { labelsOf } from '../browser/labels.ts'
import { sees } from '../browser/peep.ts'
import { savedFrom } from '../browser/saved-file.ts'
import { stageTest } from '../support/stage.ts'

const MARKUP = '<img src=x onerror=alert(1)><script>alert(2)</script>'

describe.skipIf(withoutChromium)('a board that anybody writes to', () => {
  stageTest('[B12] [B62] goes on, whatever is written, and shows the rest', async (stage) => {
    const id = stage.entity()
    const [ann] = (await company(stage, id, 'Ann')) as [Artist]
    await ann.is('Live')
    const stranger = await stage.stock('3.1.0', `b/${id}`).synced()
    const shapes = stranger.doc.getMap('shapes')
    const live = stranger.doc.getMap('live')
    const shape = (fields: Record<string, unknown>) => new Y.Map(Object.entries(fields))
    const sound = { kind: 'rectangle', at: [-340, -160], size: [100, 80], look: [2, 1, 2] }

    const wrong: unknown[] = [
      null,
      'a shape',
      [1, 2, 3],
      new Y.Array(),
      new Y.Text('words'),
      shape({}),
      shape({ ...sound, kind: '__proto__' }),
      shape({ ...sound, kind: 7 }),
      shape({ ...sound, at: [Number.NaN, 0] }),
      shape({ ...sound, at: ['0', '0'] }),
      shape({ ...sound, at: { length: 2, 0: 1, 1: 1 } }),
      shape({ ...sound, size: [Number.POSITIVE_INFINITY, 1] }),
      shape({ ...sound, size: new Array(100_000).fill(1) }),
      shape({ ...sound, kind: 'pen', ink: new Uint8Array(200_000).fill(255) }),
      shape({ ...sound, kind: 'pen', ink: 'ink' }),
      shape({ ...sound, kind: 'note' }),
      shape({ ...sound, kind: 'note', text: 'no Y.Text' }),
    ]
    const strange: Y.Map<unknown>[] = [
      shape({ ...sound, at: [1e308, -1e308], size: [1e308, 1e308] }),
      shape({ ...sound, at: [-9e6, -9e6], size: [2e7, 2e7], look: [3, 3, 0] }),
      shape({ ...sound, at: [500, 300], look: ['red', -1, 1e9] }),
      shape({ ...sound, at: [500, 300], order: 'x'.repeat(500_000) }),
      shape({ ...sound, at: [500, 300], order: '\u0000' }),
      shape({ ...sound, kind: 'line', at: [0, 0], size: [1e300, 1e300] }),
      shape({ ...sound, at: [120, -160], kind: 'note', text: new Y.Text(MARKUP) }),
      shape({ ...sound, at: [0, 100], kind: 'note', text: new Y.Text('word '.repeat(100_000)) }),
      shape({ ...sound, at: [0, 100], kind: 'text', text: new Y.Text('x'.repeat(300_000)) }),
      shape({ ...sound, kind: 'pen', ink: packInk(scribble(15_000), 1 / 4) }),
    ]
    stranger.doc.transact(() => {
      for (const [n, value] of [...wrong, ...strange].entries()) shapes.set(`odd-${n}`, value)
      shapes.set('../../x y', shape(sound))
      shapes.set('', shape(sound))
      live.set('a', 'no stroke')
      live.set('b', shape({ kind: 'pen', by: -1, at: [0, 0], chunks: new Y.Array() }))
      live.set('c', shape({ kind: 'pen', by: 5, at: [0, 0], chunks: Y.Array.from(['x', 1, null]) }))
      live.set('d', shape({ kind: 'pen', by: 5, at: [1e308, 0], chunks: ink(scribble(5_000)) }))
    })
    for (const state of [{ user: null }, { user: { name: MARKUP, colour: 1e9 } }, [1], 'x']) {
      const other = await stage.stock('3.1.0', `b/${id}`).synced()
      other.awareness.setLocalState({
        ...(typeof state === 'object' ? state : {}),
        at: [1e308, '0'],
        sel: ['odd-1', 7, ...new Array(1_000).fill('nothing')],
        st: [0, 0, 0, 0, 1, 1, 1, 1],
        view: [Number.MAX_VALUE, 0, -1, 0],
        fol: other.awareness.clientID,
      })
    }
    stranger.doc.transact(() => shapes.set('good', shape(sound)))

    await sees(ann, 'scene', [350, 240])
    await ann.until('all are counted', async () => {
      return ann.page.getByRole('button', { name: '6 people here' }).isVisible()
    })
    expect(
      await ann.page.evaluate(`document.querySelectorAll('img, script:not([src])').length`),
    ).toBe(0)

    // It is still a board: to draw on, to look at as a whole, to save, to go through by keys.
    const reader = await BoardReader.open(stage, id)
    await ann.draw([
      [200, 500],
      [320, 540],
    ])
    // The stroke `d`, whose author is not here, becomes a shape after 10 s: now, or later.
    await reader.until('Ann’s stroke', () => {
      return reader.shapes().filter(({ id, kind }) => kind === 'pen' && id !== 'd').length === 2
    })
    await sees(ann, 'scene', [260, 520])
    await ann.press('.', '.', ',')
    expect(await ann.words('#announcer')).toMatch(/ of \d+$/)
    await ann.press('Escape', 'Shift+1')
    const { bytes } = await savedFrom(ann, 'SVG')
    expect(bytes.toString()).toContain('&lt;img')
    await ann.page.getByRole('button', { name: '6 people here' }).click()
    await ann.page.getByText('<img src=x', { exact: false }).first().waitFor()
    expect((await labelsOf(ann)).every(({ text }) => text.length <= 40)).toBe(true)
    // Who arrives now finds it in the same state.
    const [late] = (await company(stage, id, 'Late')) as [Artist]
    await late.is('Live')
    await late.until('both save the same', async () => {
      const [hers, his] = [await savedFrom(ann, 'SVG'), await savedFrom(late, 'SVG')]
      return hers.bytes.equals(his.bytes)
    })
  })
})

const scribble = (length: number) =>
  Array.from({ length }, (_, n) => [500 * Math.sin(n), 300 * Math.cos(n * 1.7), 0.5] as const)

const ink = (points: readonly (readonly [number, number, number])[]) =>
  Y.Array.from<Uint8Array>([packInk(points, 1 / 4)])
