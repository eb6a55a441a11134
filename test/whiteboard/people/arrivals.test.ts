import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Page, Pages } from './page.ts'

let pages: Pages
let page: Page
let said: string[]
beforeEach(() => {
  pages = new Pages()
  page = pages.open(1)
  said = []
  page.editor.announcement.subscribe((words) => {
    if (words !== '') said.push(words)
  })
})
afterEach(() => pages.close())

const comes = (client: number, name: string, bot?: true) =>
  page.hearSay(client, { user: { name, colour: 0 }, ...(bot && { bot }) })
const leaves = (client: number) => page.hearSay(client, null)

describe('who comes and goes', () => {
  test('[B67] is said, but not of those who were here before', () => {
    comes(2, 'Ann')
    pages.clock.advance(5_000)
    expect(said).toEqual([])
    comes(3, 'Ben')
    pages.clock.advance(1_000)
    leaves(2)
    pages.clock.advance(5_000)
    expect(said).toEqual(['Ben is here', 'Ann has left'])
  })

  test('[B67] is said together, once in 3 s, and of many only how many', () => {
    pages.clock.advance(5_000)
    comes(2, 'Ann')
    comes(3, 'Ben')
    pages.clock.advance(1_000)
    expect(said).toEqual(['Ann and Ben are here'])
    for (let client = 10; client < 30; client += 1) {
      comes(client, `Guest ${client}`)
      pages.clock.advance(100)
    }
    leaves(2)
    pages.clock.advance(900)
    expect(said).toHaveLength(1)
    pages.clock.advance(100)
    expect(said.slice(1)).toEqual(['20 people are here. Ann has left'])
  })

  test('[B67] is not said of bots, nor of who only loads the page again', () => {
    comes(2, 'Ann')
    pages.clock.advance(5_000)
    comes(50, 'Bot 1', true)
    leaves(2)
    comes(3, 'Ann')
    pages.clock.advance(5_000)
    expect(said).toEqual([])
  })

  test('[B67] is not said when it is this page that has left', () => {
    comes(2, 'Ann')
    pages.clock.advance(5_000)
    comes(3, 'Ben')
    page.isLive.value = false
    leaves(2)
    leaves(3)
    pages.clock.advance(5_000)
    page.isLive.value = true
    comes(2, 'Ann')
    pages.clock.advance(5_000)
    expect(said).toEqual([])
  })
})
