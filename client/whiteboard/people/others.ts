import type { ReadonlySignal } from '@preact/signals-core'
import type { Point } from '../geometry/point.ts'
import type { Peer } from './peer.ts'

/** What the layers need to know about the others. `people.ts` implements it. */
export interface Others {
  readonly peers: ReadonlySignal<readonly Peer[]>
  /** Changes whenever a smoothed cursor has moved: draw the overlay again. */
  readonly moved: ReadonlySignal<number>
  /**
   * Where to show the cursor of a client just now, smoothed; the tip of their stroke while they
   * draw one; `null` for none.
   */
  cursorOf(client: number): Point | null
  /** 1 for who is active, towards 0 for who has been idle for long. */
  presenceOf(client: number): number
}
