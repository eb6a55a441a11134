import { describe, expect, test } from 'vitest'
import { Pacer } from '../../src/log/pacer.ts'
import { ManualClock } from '../support/manual-clock.ts'

/** Takes every turn it is given, for `work` ms each, and notes when. */
function paced(pace: number, work = 0) {
  const clock = new ManualClock()
  const pacer = new Pacer(clock, pace)
  const start = clock.now
  const turns: number[] = []
  const turn = async () => {
    await pacer.next()
    turns.push(clock.now - start)
    clock.advance(work)
  }
  const advance = async (ms: number) => {
    clock.advance(ms)
    await Promise.resolve()
    await Promise.resolve()
  }
  return { clock, pacer, turns, turn, advance }
}

describe('[L42] groups are paced', () => {
  test('after quiet the first goes as soon as what has arrived is in it', async () => {
    const { turns, turn, advance, clock } = paced(10)
    const first = turn()
    expect(turns).toEqual([])
    await advance(0)
    await first
    expect(turns).toEqual([0])
    clock.advance(500)
    const second = turn()
    await advance(0)
    await second
    expect(turns).toEqual([0, 500])
  })

  test('while busy the next begins no sooner than 10 ms after the last began', async () => {
    const { turns, turn, advance } = paced(10, 3)
    const all = (async () => {
      for (let i = 0; i < 4; i++) await turn()
    })()
    for (let ms = 0; ms < 60; ms++) await advance(1)
    await all
    expect(turns.map((at, i) => at - (turns[i - 1] ?? at)).slice(1)).toEqual([10, 10, 10])
  })

  test('one that took longer than that is followed at once', async () => {
    const { turns, turn, advance } = paced(10, 25)
    const all = turn().then(turn)
    for (let ms = 0; ms < 3; ms++) await advance(0)
    await all
    expect(turns).toEqual([0, 25])
  })

  test('nobody waits any more when the log is being closed', async () => {
    const { turns, turn, advance, pacer, clock } = paced(10)
    const first = turn()
    await advance(0)
    await first
    const second = turn()
    pacer.hurry()
    await second
    expect(turns).toEqual([0, 0])
    expect(clock.pending, 'no timer is left').toBe(0)
    const third = turn()
    await advance(0)
    await third
    expect(turns).toEqual([0, 0, 0])
  })
})
