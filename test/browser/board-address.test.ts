import { describe, expect } from 'vitest'
import { stageTest, stockTest } from '../support/stage.ts'
import { Artist } from './artist.ts'
import { withoutChromium } from './chromium.ts'
import { Visitor } from './visitor.ts'

const arrive = Artist.arrive

describe.skipIf(withoutChromium)('the address of the whiteboard', () => {
  stockTest('[B90] the link is the board', async (stage) => {
    const id = stage.entity()
    const ann = await arrive(stage, id)
    await ann.is('Live')
    const stock = await stage.stock('3.1.0', `b/${id}`).synced()
    await ann.until('both are there', async () => stock.present.length === 2)
    expect(ann.board()).toBe(id)
  })

  stageTest('[B90] a link that names no board says so and opens no socket', async (stage) => {
    const ann = await arrive(stage, 'why%3F')
    await ann.page.getByText('No board is called "why?"').first().waitFor()
    expect(ann.requested.filter((url) => url.startsWith('ws'))).toEqual([])
    // Nothing that is shown says that it is still trying.
    expect(await ann.page.getByText('Connecting').isVisible()).toBe(false)
  })

  stageTest(
    '[B92] the front page is the last board of this browser, else a new one',
    async (stage) => {
      const ann = await arrive(stage, null)
      await ann.is('Live')
      const id = ann.board()
      expect(id).toMatch(/^[A-Za-z0-9]{12}$/)
      expect(ann.requested.filter((url) => /^http.*\/(b\/[^/]*)?$/.test(url))).toHaveLength(1)

      const other = stage.entity()
      await (await arrive(stage, other, { beside: ann })).is('Live')
      const tab = await arrive(stage, null, { beside: ann })
      await tab.is('Live')
      expect(tab.board()).toBe(other)
      const bob = await arrive(stage, null)
      await bob.is('Live')
      expect(bob.board()).not.toBe(id)
    },
  )

  for (const board of [null, 'plans']) {
    stageTest(`[B94] nothing comes from elsewhere, at ${board ?? 'the front'}`, async (stage) => {
      const ann = await arrive(stage, board)
      await ann.is('Live')
      await ann.until('the icon has come', async () =>
        ann.requested.some((url) => /\.svg$/.test(url)),
      )
      const hosts = new Set(ann.requested.map((url) => new URL(url).host))
      expect(hosts).toEqual(new Set([`127.0.0.1:${stage.port}`]))
    })

    stageTest(`[B94] all of it lies below a prefix, at ${board ?? 'the front'}`, async (stage) => {
      const ann = await arrive(stage, board, { path: '/some/where/' })
      await ann.is('Offline')
      const door = `ws://127.0.0.1:${stage.port}/some/where/connect`
      expect(ann.requested).toContain(door)
      await ann.until('the icon has come', async () =>
        ann.requested.some((url) => /\.svg$/.test(url)),
      )
      expect(ann.requested.filter((url) => !url.includes('/some/where/'))).toEqual([])
    })
  }

  stageTest('[B94] the text page leads here', async (stage) => {
    const ann = await Visitor.arrive(stage, stage.entity())
    await ann.is('Live')
    await ann.page.getByRole('link', { name: 'Draw instead' }).click()
    await ann.page.waitForURL(/\/b\/[A-Za-z0-9]{12}$/)
    await ann.is('Live')
  })
})
