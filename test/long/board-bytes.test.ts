import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { Artist, type Spot, type Traffic } from '../browser/artist.ts'
import { BoardReader } from '../browser/board-reader.ts'
import { withoutChromium } from '../browser/chromium.ts'
import { type Stage, stageTest } from '../support/stage.ts'

/*
 * `FIGURES=1 npx vitest run --project browser board-bytes` prints what docs/whiteboard.md says.
 */

/** What something cost, in bytes. */
interface Cost extends Traffic {
  /** By how much the whole board has grown. */
  readonly state: number
}

interface StrokeCost extends Cost {
  /** How much longer than meant the hand took, at least 1: presence is told by the second. */
  readonly stretch: number
}

/** How much longer than meant a hand may take on a busy machine before it is another hand. */
const SLACK = 1.3
const TRIES = 4

describe.skipIf(withoutChromium)('what drawing costs on the wire', () => {
  stageTest(
    '[B1] [B10] [B59] [B97] strokes of 300 points, and a drag',
    async (stage) => {
      // One after another: three browsers that draw at once are slow hands.
      const slow = await stroke(stage, 60)
      const fast = await stroke(stage, 120)
      const moved = await drag(stage)
      if (process.env.FIGURES !== undefined) {
        console.table({ 'stroke, 60 a second': slow, 'stroke, 120 a second': fast, drag: moved })
      }
      for (const cost of [slow, fast]) {
        expect(cost.bytesOut).toBeLessThanOrEqual(3_000 * cost.stretch)
        expect(cost.state).toBeLessThanOrEqual(1_000)
        // Chunks, not one lump at the end, which would be cheaper.
        expect(cost.framesOut).toBeGreaterThan(5)
      }
      // Presence, at most 30 times in each second that it took, two on a quiet machine, until the drop.
      expect(moved.bytesOut / moved.framesOut).toBeLessThan(250)
      expect(moved.framesOut).toBeLessThanOrEqual((moved.took / 1_000) * 30 + 10)
      expect(moved.framesOut).toBeGreaterThan(5)
      expect(moved.state).toBeLessThanOrEqual(60)
    },
    { timeout: 180_000 },
  )
})

/** By the mouse, at a pace, as a hand draws. */
async function stroke(stage: Stage, perSecond: number): Promise<StrokeCost> {
  const { ann, reader } = await begin(stage)
  for (let tries = 1; ; tries += 1) {
    const before = sizeOf(reader)
    const count = reader.board.count
    let took = 0
    const traffic = await ann.trafficOf(async () => {
      await ann.page.mouse.down()
      took = await along(ann, perSecond, 300, (n) => {
        const turn = (n / 300) * 5 * Math.PI
        return [400 + n, 300 + 90 * Math.sin(turn) + 20 * Math.sin(n / 3)]
      })
      await ann.lift()
      await reader.until('the stroke', (shapes) => shapes.length > count)
    })
    const meant = 300_000 / perSecond
    if (took <= meant * SLACK || tries === TRIES) {
      const stretch = Math.max(1, took / meant)
      return { ...traffic, state: sizeOf(reader) - before, stretch }
    }
    await ann.point([400, 300])
  }
}

async function drag(stage: Stage): Promise<Cost & { readonly took: number }> {
  const { ann, reader } = await begin(stage)
  await ann.press('R')
  await ann.draw([
    [400, 300],
    [500, 400],
  ])
  const [shape] = await reader.until('the rectangle', (shapes) => shapes.length === 1)
  await ann.point([400, 320])
  await ann.says('Saved')
  await ann.quiet()
  const before = sizeOf(reader)
  const begun = performance.now()
  const traffic = await ann.trafficOf(async () => {
    await ann.page.mouse.down()
    await along(ann, 60, 120, (n) => [400 + 2 * n, 320 + 60 * Math.sin(n / 20)])
    await ann.lift()
    await reader.until('the drop', ([now]) => now !== undefined && now.at[0] !== shape?.at[0])
  })
  const took = performance.now() - begun
  return { ...traffic, took, state: sizeOf(reader) - before }
}

async function begin(stage: Stage): Promise<{ ann: Artist; reader: BoardReader }> {
  const id = stage.entity()
  const ann = await Artist.arrive(stage, id, { name: 'Ann' })
  const reader = await BoardReader.open(stage, id)
  await ann.is('Live')
  await ann.point([400, 300])
  return { ann, reader }
}

/**
 * Moves the mouse `count` times, so many times a second. Nobody waits for the page in between: a
 * hand does not, and browsers hand over what came meanwhile with the next frame.
 *
 * @returns How long it took until the page had all of it, in ms.
 */
async function along(
  { page }: Artist,
  perSecond: number,
  count: number,
  way: (n: number) => Spot,
): Promise<number> {
  const begun = performance.now()
  const moves: Promise<void>[] = []
  for (let n = 1; n <= count; n += 1) {
    const early = begun + (n * 1_000) / perSecond - performance.now()
    if (early > 0) await new Promise((done) => setTimeout(done, early))
    moves.push(page.mouse.move(...way(n)))
  }
  await Promise.all(moves)
  return performance.now() - begun
}

const sizeOf = ({ stock }: BoardReader): number => Y.encodeStateAsUpdate(stock.doc).length
