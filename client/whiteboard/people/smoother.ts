import { PerfectCursor } from 'perfect-cursors'
import type { Point } from '../geometry/point.ts'

/** Makes of the places that arrive now and then a way that can be followed with the eye. */
export interface Smoother {
  add(point: Point): void
  close(): void
}

/** `show` is called with where the cursor is now: at once, and then once per frame. */
export type MakeSmoother = (show: (point: Point) => void) => Smoother

/** No way, only places: for those who want no motion, for crowds, and for tests. */
export const plain: MakeSmoother = (show) => ({ add: show, close() {} })

/** So many stretches of way may lie before a cursor besides the one that it goes. */
const MOST_AHEAD = 1
/** Half a frame, in ms: about what rounding up to whole frames adds to a stretch. */
const ROUNDING_MS = 8
/** With so many none was shown lately: the page was hidden. */
const TOO_MANY_AHEAD = 16
/** perfect-cursors never forgets a point of a cursor that never rests: after so many we begin anew. */
const MOST_POINTS = 1_000
/** perfect-cursors jumps to what comes sooner than this after the last, and then back. In ms. */
const SOONEST_MS = 16

declare const cancelAnimationFrame: (id: number) => void
declare const requestAnimationFrame: (draw: () => void) => number

/**
 * perfect-cursors, held to the present. It plays each stretch for as long as it took to arrive,
 * rounded up to whole frames, and so falls behind: at 33 ms between updates to 100 ms, at 25 frames a
 * second without end. With what is rounded up taken off, and what lies too far ahead skipped, it
 * stays 60 ms behind, and moves more evenly at that.
 *
 * It also never shows the end of a way, only the last frame before it: a cursor would rest as far
 * from its place as it went in a frame (14 pixels were seen). So the end is shown by us.
 */
export const perfect: MakeSmoother = (show) => {
  let last: Point | null = null
  let shown: Point | null = null
  let arriving = 0
  let isClosed = false
  let cursor = begin()

  function begin(): PerfectCursor {
    const one: PerfectCursor = new PerfectCursor(([x = 0, y = 0]) => {
      if (one !== cursor || isClosed) return
      shown = [x, y]
      show(shown)
    })
    return one
  }
  function arrive(): void {
    arriving = requestAnimationFrame(() => {
      if (cursor.state === 'animating') arrive()
      else if (last !== null && (shown?.[0] !== last[0] || shown[1] !== last[1])) show(last)
    })
  }
  function end(): void {
    cursor.dispose()
    cancelAnimationFrame(cursor.lastRequestId)
  }

  return {
    add(point) {
      if (cursor.queue.length > TOO_MANY_AHEAD || cursor.spline.points.length > MOST_POINTS) {
        const { timestamp } = cursor
        end()
        cursor = begin()
        if (last !== null) cursor.addPoint([...last])
        cursor.timestamp = timestamp
      }
      cursor.timestamp = Math.min(cursor.timestamp, performance.now() - SOONEST_MS)
      cursor.addPoint([...point])
      const newest = cursor.queue.at(-1)
      if (newest !== undefined) newest.duration = Math.max(0, newest.duration - ROUNDING_MS)
      for (const ahead of cursor.queue.slice(0, -MOST_AHEAD)) ahead.duration = 0
      last = point
      cancelAnimationFrame(arriving)
      arrive()
    },
    close() {
      isClosed = true
      cancelAnimationFrame(arriving)
      end()
    },
  }
}
