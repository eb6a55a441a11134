import { describe, expect } from 'vitest'
import { type Artist, company } from '../browser/artist.ts'
import { BoardReader } from '../browser/board-reader.ts'
import { withoutChromium } from '../browser/chromium.ts'
import { sees } from '../browser/peep.ts'
import { until } from '../support/deadline.ts'
import { stageTest } from '../support/stage.ts'

/** A busy board on a busy machine takes its time, in ms. */
const PATIENCE = 25_000

describe.skipIf(withoutChromium)('the show-off', () => {
  stageTest(
    '[B68] [B83] 5,000 shapes and 20 bots reach all, and what is left open becomes a shape',
    async (stage) => {
      const id = stage.entity()
      const [ann, bob, cleo] = (await company(stage, id, 'Ann', 'Bob', 'Cleo')) as [
        Artist,
        Artist,
        Artist,
      ]
      const reader = await BoardReader.open(stage, id)
      const open = () => [...reader.board.live.strokes()].length

      // Cleo's tab is closed while her pen is down. It takes 10 s until others care for her stroke.
      await cleo.hold([
        [100, 150],
        [200, 180],
        [300, 150],
      ])
      await sees(ann, 'live', [150, 165])
      await cleo.leave()

      await ann.page.locator('#menu-button').click()
      await ann.page.getByRole('menuitem', { name: 'Figures' }).click()
      await ann.page.getByRole('button', { name: 'Add 5,000 shapes' }).click()
      await patiently('5,000 shapes', () => reader.board.count >= 5_000)
      await patiently('Ann’s page shows 5,000', () => figure(ann, 'Shapes', /^5,00[01]$/))
      await bob.until('they are seen by Bob', async () => {
        await bob.press('Shift+1')
        return (await bob.words('#zoom .percent')) !== '100 %'
      })
      await sees(bob, 'scene', [640, 360], { size: 100 })

      await ann.page.getByRole('button', { name: '20 bots' }).click()
      await patiently('they are here', () => figure(ann, 'People', /^22$/))
      await patiently('they draw', () => open() > 5)
      for (const [name, words] of [
        ['Frames per second', /^\d+$/],
        ['CPU per frame', /^[\d.]+ ms$/],
        ['Peer latency, p50', /^\d[\d,]* ms$/],
        ['Peer latency, p99', /^\d[\d,]* ms$/],
        ['In', /^[\d.]+ kB\/s$/],
        ['Out', /^[\d.]+ k?B\/s$/],
      ] as const) {
        await patiently(name, () => figure(ann, name, words))
      }
      await bob.page.getByRole('button', { name: '22 people here' }).waitFor()

      await ann.page.getByRole('button', { name: '20 bots' }).click()
      await patiently('they are gone', () => figure(ann, 'People', /^2$/))
      await patiently('all strokes are shapes, Cleo’s too', () => open() === 0)
      const left = reader.shapes().filter(({ at }) => at[0] === 100 - 640 && at[1] === 150 - 360)
      expect(left.map(({ kind, size }) => [kind, ...size])).toEqual([['pen', 200, 30]])
    },
    { timeout: 90_000 },
  )
})

const patiently = (what: string, holds: () => boolean | Promise<boolean>) =>
  until(what, PATIENCE, holds, 50)

/** Whether the panel says that of a figure. */
async function figure({ page }: Artist, name: string, words: RegExp): Promise<boolean> {
  const row = page.locator('#figures div').filter({ has: page.getByText(name, { exact: true }) })
  return words.test((await row.locator('dd').textContent()) ?? '')
}
