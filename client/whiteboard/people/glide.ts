import type { ReadonlySignal } from '@preact/signals-core'
import type { Cancel } from '../../../src/core/clock.ts'
import { type Camera, LEAST_ZOOM, MOST_ZOOM, toView } from '../editor/camera.ts'
import type { Editor } from '../editor/editor.ts'
import { distance, type Point } from '../geometry/point.ts'
import type { Pace } from './pace.ts'

/** After so long a third of the way is left, in ms; after 200 ms a twentieth. */
const SETTLE_MS = 67

export interface GlideParts {
  readonly editor: Editor
  readonly pace: Pace
  /** Whether this person wants no motion. */
  readonly isStill: ReadonlySignal<boolean>
  /** Called when somebody else moves the camera: a hand on the board. */
  readonly taken: () => void
}

/** Moves the camera to where it shall be, smoothly. Whoever else moves it ends that. */
export class Glide {
  readonly #parts: GlideParts
  #goal: Camera | null = null
  /** The camera as it is if nobody else moved it. */
  #own: Camera
  #last = 0
  #moving: Cancel | null = null
  readonly #stopCamera: () => void

  constructor(parts: GlideParts) {
    this.#parts = parts
    this.#own = parts.editor.camera.peek()
    this.#stopCamera = parts.editor.camera.subscribe((camera) => {
      if (camera === this.#own) return
      this.#own = camera
      this.stop()
      parts.taken()
    })
  }

  /** Shows this point in the middle of the view, at the zoom given. */
  head([x, y]: Point, zoom: number): void {
    const { editor, pace, isStill } = this.#parts
    const { width, height } = editor.view.peek()
    const bounded = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, zoom))
    this.#goal = { x: x - width / bounded / 2, y: y - height / bounded / 2, zoom: bounded }
    if (isStill.peek()) this.#arrive(this.#goal)
    else if (this.#moving === null) {
      this.#last = pace.monotonic()
      this.#moving = pace.frame(this.#step)
    }
  }

  stop(): void {
    this.#goal = null
    this.#moving?.()
    this.#moving = null
  }

  close(): void {
    this.stop()
    this.#stopCamera()
  }

  readonly #step = (): void => {
    this.#moving = null
    const { editor, pace } = this.#parts
    const goal = this.#goal
    if (goal === null) return
    const { width, height } = editor.view.peek()
    const now = pace.monotonic()
    const left = Math.exp(-(now - this.#last) / SETTLE_MS)
    this.#last = now

    const camera = editor.camera.peek()
    const middleOf = ({ x, y, zoom }: Camera): Point => [
      x + width / zoom / 2,
      y + height / zoom / 2,
    ]
    const [from, to] = [middleOf(camera), middleOf(goal)]
    const isThere =
      distance(toView(to, camera), toView(from, camera)) < 0.5 &&
      Math.abs(Math.log(goal.zoom / camera.zoom)) < 0.001
    if (isThere) {
      this.#arrive(goal)
      return
    }
    // Zoom is felt as a factor: halfway between 1 and 4 lies 2.
    const zoom = goal.zoom * (camera.zoom / goal.zoom) ** left
    const x = to[0] + (from[0] - to[0]) * left
    const y = to[1] + (from[1] - to[1]) * left
    this.#move({ x: x - width / zoom / 2, y: y - height / zoom / 2, zoom })
    this.#moving = pace.frame(this.#step)
  }

  #arrive(goal: Camera): void {
    this.stop()
    this.#move(goal)
  }

  #move(camera: Camera): void {
    this.#own = camera
    this.#parts.editor.camera.value = camera
  }
}
