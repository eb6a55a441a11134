import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { OpenStroke } from '../../../client/whiteboard/model/board.ts'
import { type Page, Pages } from './page.ts'

let pages: Pages
let ann: Page
let ben: Page
let carl: Page
let pen: OpenStroke
beforeEach(() => {
  pages = new Pages()
  ann = pages.open(1, 'Ann')
  ben = pages.open(2, 'Ben')
  carl = pages.open(3, 'Carl')
  for (const [one, other] of [
    [ann, ben],
    [ben, ann],
  ] as const)
    one.hearSay(other.client, other.told)
  for (const page of [ann, ben]) page.hearSay(3, carl.told)
  pen = carl.board.live.begin('pen', { colour: 0, size: 1, fill: 0 }, 1)
  pen.add([
    [0, 0, 0.5],
    [50, 50, 0.5],
  ])
  pages.clock.advance(200)
  for (const page of [ann, ben]) page.hear(carl)
})
afterEach(() => pages.close())

const carlLeaves = () => {
  for (const page of [ann, ben]) page.hearSay(3, null)
}

describe('a stroke whose author has gone', () => {
  test('[B68] becomes a shape after 10 s, by the page with the lowest client id alone', () => {
    pages.clock.advance(60_000)
    expect(ann.board.count).toBe(0)
    carlLeaves()
    pages.clock.advance(9_900)
    expect(ann.board.count).toBe(0)
    pages.clock.advance(200)
    expect(ann.board.get(pen.id)?.kind).toBe('pen')
    expect([...ann.board.live.strokes()]).toEqual([])
    expect(ben.board.count).toBe(0)
    ben.hear(ann)
    expect(ben.board.get(pen.id)?.kind).toBe('pen')
  })

  test('[B68] when that page sleeps, the next one does it', () => {
    carlLeaves()
    ann.isLive.value = false
    pages.clock.advance(14_900)
    expect(ben.board.count).toBe(0)
    pages.clock.advance(200)
    expect(ben.board.count).toBe(1)
  })

  test('[B68] a bot with a lower id is no page', () => {
    ann.hearSay(0, { user: { name: 'Bot' }, bot: true })
    carlLeaves()
    pages.clock.advance(10_100)
    expect(ann.board.count).toBe(1)
  })

  test('[B68] not when the author is back in time', () => {
    carlLeaves()
    pages.clock.advance(9_000)
    for (const page of [ann, ben]) page.hearSay(3, { user: { name: 'Carl' } })
    pages.clock.advance(60_000)
    expect(ann.board.count).toBe(0)
  })

  test('[B68] not while the link is down, nor in the first 10 s of it', () => {
    ann.isLive.value = false
    carlLeaves()
    pages.clock.advance(60_000)
    expect(ann.board.count).toBe(0)
    ann.isLive.value = true
    pages.clock.advance(9_900)
    expect(ann.board.count).toBe(0)
    pages.clock.advance(200)
    expect(ann.board.count).toBe(1)
  })

  test('[B68] the own stroke is not taken away, although the own awareness is empty', () => {
    const own = ann.board.live.begin('pen', { colour: 0, size: 1, fill: 0 }, 1)
    own.add([[0, 0, 0.5]])
    ann.awareness.setLocalState(null)
    pages.clock.advance(60_000)
    expect(ann.board.get(own.id)).toBeNull()
  })
})
