/** Where frames come from; the real ones are in `renderer.ts`. */
export interface FrameSource {
  /** As `requestAnimationFrame`; the time is that of `now`. */
  request(draw: (at: number) => void): number
  cancel(request: number): void
  /** In ms. */
  now(): number
  /** Calls `tell` when the frame that is being drawn has been painted. */
  afterPaint(tell: () => void): void
}

type Tell = (cpuMs: number, at: number) => void

/**
 * One loop of animation frames for all layers. It sleeps: a frame comes only after `ask`, and while
 * `draw` says that it has more to do. However often it is asked, a frame is drawn once.
 *
 * What a frame cost is measured up to the moment after it was painted. A canvas without a GPU only
 * notes down what is drawn on it and rasterises after the callback, so the callback alone would
 * look four times cheaper than it is (measured: 0.4 ms of calls, 17 ms of raster).
 */
export class Frames {
  readonly #source: FrameSource
  readonly #draw: (at: number) => boolean
  readonly #tells = new Set<Tell>()
  #request: number | null = null
  #closed = false

  /** `draw` draws a frame and says whether there is more to draw in the next. */
  constructor(source: FrameSource, draw: (at: number) => boolean) {
    this.#source = source
    this.#draw = draw
  }

  /** Something has to be drawn: soon there is a frame. */
  ask(): void {
    if (this.#closed || this.#request !== null) return
    this.#request = this.#source.request((at) => {
      this.#request = null
      this.#run(at)
    })
  }

  /** Draws a frame now, for what may not wait: a canvas that was resized is empty. */
  now(): void {
    if (this.#closed) return
    if (this.#request !== null) this.#source.cancel(this.#request)
    this.#request = null
    this.#run(this.#source.now())
  }

  /** Tells what each frame cost on this thread, in ms, and when it was drawn. Returns the way out. */
  onFrame(tell: Tell): () => void {
    this.#tells.add(tell)
    return () => this.#tells.delete(tell)
  }

  close(): void {
    this.#closed = true
    if (this.#request !== null) this.#source.cancel(this.#request)
    this.#request = null
    this.#tells.clear()
  }

  #run(at: number): void {
    const begun = this.#source.now()
    if (this.#draw(at)) this.ask()
    if (this.#tells.size === 0) return
    this.#source.afterPaint(() => {
      const cpuMs = this.#source.now() - begun
      for (const tell of this.#tells) tell(cpuMs, at)
    })
  }
}
