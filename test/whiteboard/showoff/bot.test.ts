import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { openBoard } from '../../../client/whiteboard/model/open-board.ts'
import { Bot } from '../../../client/whiteboard/showoff/bot.ts'
import { Seeded } from '../../support/seeded.ts'

interface Said {
  readonly at?: readonly [number, number]
  readonly sel?: readonly string[]
  readonly st?: readonly number[]
  readonly bot: boolean
}

/** A bot, and what somebody else on its board sees of it. */
function stage(seed: number) {
  const seen = new Y.Doc()
  const watcher = openBoard(seen)
  const said: Said[] = []
  const sent: [string, number][] = []
  const seeded = new Seeded(seed)
  const session = {
    isOpen: true,
    update: (update: Uint8Array) => Y.applyUpdate(seen, update),
    presence: (state: object) => said.push(state as Said),
    close() {
      session.isOpen = false
    },
  }
  const bot = new Bot({
    doc: new Y.Doc(),
    session,
    name: 'Ada',
    colour: 3,
    home: [500, 500],
    random: () => seeded.next(),
    sent: (id, points) => sent.push([id, points]),
  })
  return { bot, watcher, said, sent, session }
}

describe('[B84] a bot', () => {
  test('draws, tells where it is, and moves what it drew', () => {
    const { bot, watcher, said } = stage(1)
    const live = new Set<string>()
    for (let now = 1; now < 60_000; now += 33) {
      bot.step(now)
      for (const { id } of watcher.live.strokes()) live.add(id)
    }
    expect(watcher.count).toBeGreaterThan(10)
    // Others saw them grow, and they became the shapes that they were announced as.
    for (const { id } of watcher.shapes()) expect(live).toContain(id)
    for (const { at = [500, 500] } of said) {
      expect(Math.hypot(at[0] - 500, at[1] - 500)).toBeLessThan(2_000)
    }
    const moves = said.filter(({ st }) => st !== undefined)
    expect(moves.length).toBeGreaterThan(0)
    for (const { sel = [] } of moves) expect(sel).toHaveLength(1)
    bot.close()
    watcher.close()
  })

  test('draws at most 40 shapes, then only moves them', () => {
    const { bot, watcher } = stage(2)
    for (let now = 1; now < 400_000; now += 33) bot.step(now)
    expect(watcher.count).toBe(40)
    const before = [...watcher.shapes()].map(({ at }) => at.join()).sort()
    for (let now = 400_000; now < 460_000; now += 33) bot.step(now)
    expect(watcher.count).toBe(40)
    expect([...watcher.shapes()].map(({ at }) => at.join()).sort()).not.toEqual(before)
    bot.close()
    watcher.close()
  })

  test('leaves no stroke open, and waits while nobody hears it', () => {
    const { bot, watcher, session } = stage(3)
    let now = 1
    for (; [...watcher.live.strokes()].length === 0; now += 33) bot.step(now)
    bot.close()
    expect([...watcher.live.strokes()]).toEqual([])
    expect(watcher.count).toBe(1)
    expect(session.isOpen).toBe(false)
    watcher.close()

    const deaf = stage(4)
    deaf.session.isOpen = false
    for (let at = 1; at < 60_000; at += 33) deaf.bot.step(at)
    expect(deaf.watcher.count).toBe(0)
    deaf.bot.close()
    deaf.watcher.close()
  })
})
