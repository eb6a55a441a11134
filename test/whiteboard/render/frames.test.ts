import { describe, expect, test } from 'vitest'
import { Frames } from '../../../client/whiteboard/render/frames.ts'

/** Frames that come when the test says so, on a clock that the test sets. */
function stage(draw: (at: number) => boolean) {
  const clock = { ms: 0 }
  const wanted = new Map<number, (at: number) => void>()
  const painted: (() => void)[] = []
  let requests = 0
  const source = {
    request(tell: (at: number) => void) {
      wanted.set(++requests, tell)
      return requests
    },
    cancel: (request: number) => wanted.delete(request),
    now: () => clock.ms,
    afterPaint: (tell: () => void) => painted.push(tell),
  }
  return {
    clock,
    frames: new Frames(source, draw),
    waiting: () => wanted.size,
    pass() {
      const due = [...wanted.values()]
      wanted.clear()
      for (const tell of due) tell(clock.ms)
    },
    paint() {
      for (const tell of painted.splice(0)) tell()
    },
  }
}

describe('[B31] frames', () => {
  test('come only when asked for, and once however often', () => {
    let drawn = 0
    const s = stage(() => ++drawn < 0)
    expect(s.waiting()).toBe(0)
    s.frames.ask()
    s.frames.ask()
    expect(s.waiting()).toBe(1)
    s.pass()
    expect(drawn).toBe(1)
    expect(s.waiting()).toBe(0)
  })

  test('go on while there is more to draw', () => {
    let left = 3
    const s = stage(() => --left > 0)
    s.frames.ask()
    for (let pass = 0; pass < 10; pass++) s.pass()
    expect(left).toBe(0)
  })

  test('that may not wait take the place of the one that was asked for', () => {
    let drawn = 0
    const s = stage(() => ++drawn < 0)
    s.frames.ask()
    s.frames.now()
    expect(drawn).toBe(1)
    s.pass()
    expect(drawn).toBe(1)
  })

  test('tell what they cost, with what the browser does after the callback', () => {
    const s = stage(() => {
      s.clock.ms += 2
      return false
    })
    const told: [number, number][] = []
    const stop = s.frames.onFrame((...frame) => told.push(frame))
    s.clock.ms = 100
    s.frames.ask()
    s.pass()
    expect(told).toEqual([])
    s.clock.ms += 5
    s.paint()
    expect(told).toEqual([[7, 100]])
    stop()
    s.frames.ask()
    s.pass()
    s.paint()
    expect(told).toHaveLength(1)
  })

  test('end with close, also one that draws just then', () => {
    const s = stage(() => {
      s.frames.close()
      return true
    })
    s.frames.ask()
    s.pass()
    s.frames.ask()
    s.frames.now()
    expect(s.waiting()).toBe(0)
  })
})
