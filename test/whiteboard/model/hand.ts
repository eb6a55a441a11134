import type { InkPoint } from '../../../client/whiteboard/model/ink-point.ts'
import type { Seeded } from '../../support/seeded.ts'

export interface Hand {
  readonly points: number
  readonly perSecond: number
  /** Pixels per second, on average; 500 is lively writing at 100 %. */
  readonly speed?: number
  /** A mouse is at whole pixels and has no pressure; a pen is in between and has. */
  readonly with: 'mouse' | 'pen'
  readonly from?: readonly [number, number]
}

/**
 * A stroke as a hand draws it: it heads for one place after another, some 150 ms each, and turns
 * smoothly. Its pressure rises, wavers and falls.
 */
export function handDrawn(dice: Seeded, hand: Hand): InkPoint[] {
  const { speed = 500, from = [200, 200] } = hand
  const seconds = 1 / hand.perSecond
  const points: InkPoint[] = []
  let [x, y] = from
  let [vx, vy] = [0, 0]
  let angle = dice.next() * 2 * Math.PI
  let pressure = 0.1
  let wanted = 0.5
  for (let nth = 0; nth < hand.points; nth += 1) {
    if (dice.chance(seconds / 0.15)) {
      angle += (dice.next() - 0.4) * 3
      wanted = 0.3 + dice.next() * 0.5
    }
    const pull = Math.min(1, seconds / 0.06)
    vx += (Math.cos(angle) * speed * 1.3 - vx) * pull
    vy += (Math.sin(angle) * speed - vy) * pull
    x += vx * seconds
    y += vy * seconds
    const left = (hand.points - nth) * seconds
    pressure += ((left < 0.08 ? 0 : wanted) - pressure) * Math.min(1, seconds / 0.08)
    const wavering = pressure + (dice.next() - 0.5) * 0.02
    if (hand.with === 'mouse') points.push([Math.round(x), Math.round(y), 0.5])
    else points.push([x + (dice.next() - 0.5) * 0.3, y + (dice.next() - 0.5) * 0.3, wavering])
  }
  return points
}
