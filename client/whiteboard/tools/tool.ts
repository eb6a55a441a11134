import type { Point } from '../geometry/point.ts'

/** What a finger, pen, mouse or the keyboard does, without the browser in it. */
export interface Press {
  /** On the board. */
  readonly at: Point
  /** In the view, in CSS pixels. */
  readonly inView: Point
  /** 0 to 1; 0.5 of what cannot tell. */
  readonly pressure: number
  readonly by: 'mouse' | 'pen' | 'touch' | 'keyboard'
  readonly shift: boolean
  readonly alt: boolean
  /** Ctrl, or Cmd on a Mac. */
  readonly ctrl: boolean
  /** The number of quick presses on one spot: 2 of a double click. */
  readonly clicks: number
}

/** One gesture from press to release. It is over after `up` or `cancel`, whichever comes first. */
export interface Gesture {
  /** All positions since the last call, the newest last: a fast pen has several per frame. */
  move(presses: readonly Press[]): void
  up(press: Press): void
  /** Escape, a second finger, a lost pointer: as if never begun. */
  cancel(): void
}

/** What pressing down does while this tool is chosen. */
export interface Tool {
  /** Begins a gesture; `null` when a press does all there is to do. */
  down(press: Press): Gesture | null
  /** The pointer moves with nothing pressed. */
  hover?(press: Press): void
  /** Another tool was chosen. */
  leave?(): void
}
