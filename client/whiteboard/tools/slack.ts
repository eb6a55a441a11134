import { distance } from '../geometry/point.ts'
import type { Press } from './tool.ts'

/** How far somebody's hand wanders although it only clicks, in pixels of the view. */
const SLACK = { mouse: 3, pen: 5, touch: 10, keyboard: 0 } as const
/** How far from a thin line somebody may aim and still mean it, in pixels of the view. */
const REACH = { mouse: 6, pen: 8, touch: 14, keyboard: 6 } as const

/** Whether this is a drag and no longer a click that began at `from`. */
export function isDrag(from: Press, to: Press): boolean {
  return distance(from.inView, to.inView) > SLACK[from.by]
}

/** How far a press reaches on the board. */
export const reachOf = ({ by }: Press, zoom: number): number => REACH[by] / zoom
