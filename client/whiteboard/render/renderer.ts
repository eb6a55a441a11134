import { effect, type Signal } from '@preact/signals-core'
import type { Editor } from '../editor/editor.ts'
import type { ShapeChange } from '../model/board.ts'
import type { Others } from '../people/others.ts'
import { THEMES, type ThemeName } from '../scene/theme.ts'
import { Afloat } from './afloat.ts'
import { Brush } from './brush.ts'
import { type FrameSource, Frames } from './frames.ts'
import { liftedBy } from './lifted.ts'
import { LiveLayer } from './live-layer.ts'
import { OverlayLayer } from './overlay-layer.ts'
import { SceneLayer } from './scene-layer.ts'
import { type Sight, sameSight, sightOf } from './sight.ts'

export interface RendererParts {
  /** Gets three canvases. It has a size and a position of its own. */
  readonly host: HTMLElement
  readonly editor: Editor
  readonly others: Others
  readonly theme: Signal<ThemeName>
}

/** More pixels per CSS pixel are not worth four times the work. */
const MOST_RATIO = 2
/** How long a frame may paint tiles, in ms: while the view moves, while others draw, in peace. */
const BUDGET_MOVING = 4
const BUDGET_LIVELY = 7
const BUDGET_STILL = 12
/** The view counts as moving for so long after it moved, in ms. */
const STILL_AFTER = 150

/**
 * Shows the board, in three layers that lie on each other: the scene, what is being drawn, and what
 * is about people. Each is drawn when something that it shows has changed, and all of them at most
 * once per animation frame.
 */
export class Renderer {
  readonly frames: Frames
  readonly #parts: RendererParts
  readonly #canvases: readonly HTMLCanvasElement[]
  readonly #scene: SceneLayer
  readonly #live: LiveLayer
  readonly #overlay: OverlayLayer
  readonly #afloat: Afloat
  readonly #sizes: ResizeObserver
  readonly #stops: (() => void)[]
  #brush: Brush
  /** Since the last frame. */
  #changes: ShapeChange[] = []
  #liveChanged = true
  #overlayChanged = true
  #ratio = 1
  #sight: Sight | null = null
  #movedAt = Number.NEGATIVE_INFINITY

  constructor(parts: RendererParts) {
    const { host, editor, others, theme } = parts
    this.#parts = parts
    this.#brush = new Brush(editor.measure, THEMES[theme.peek()])
    this.#canvases = ['scene', 'live', 'overlay'].map((name) => makeCanvas(host, name))
    const [scene, live, overlay] = this.#canvases as [
      HTMLCanvasElement,
      HTMLCanvasElement,
      HTMLCanvasElement,
    ]
    const { index, measure } = editor
    this.#scene = new SceneLayer({ canvas: scene, index, measure, brush: this.#brush })
    this.#live = new LiveLayer(live, editor, this.#brush)
    this.#afloat = new Afloat(editor)
    this.#overlay = new OverlayLayer(overlay, editor, others, this.#brush.theme)
    this.frames = new Frames(browserFrames, (at) => this.#draw(at))
    this.#stops = this.#follow()
    this.#sizes = new ResizeObserver((entries) => this.#resize(entries.at(-1)))
    observeSize(this.#sizes, host)
  }

  close(): void {
    this.frames.close()
    this.#sizes.disconnect()
    for (const stop of this.#stops.splice(0)) stop()
    for (const canvas of this.#canvases) canvas.remove()
  }

  /** Asks for a frame whenever something has changed, and notes down for which layer. */
  #follow(): (() => void)[] {
    const { editor, others, theme } = this.#parts
    const liveChanged = () => {
      this.#liveChanged = true
      this.frames.ask()
    }
    return [
      editor.board.observe((changes) => {
        for (const change of changes) this.#changes.push(change)
        // Selected shapes may be among them.
        this.#overlayChanged = true
        this.frames.ask()
      }),
      editor.live.observe(liveChanged),
      effect(() => {
        editor.draft.value
        liveChanged()
      }),
      effect(() => {
        const lifted = liftedBy(editor, others.peers.value)
        if (this.#afloat.lift(lifted, editor.stretch.value)) liveChanged()
      }),
      effect(() => {
        for (const signal of [others.peers, others.moved]) signal.value
        for (const signal of [editor.frame, editor.handles, editor.stretch]) signal.value
        for (const signal of [editor.editing, editor.marquee, editor.crosshair]) signal.value
        this.#overlayChanged = true
        this.frames.ask()
      }),
      effect(() => {
        editor.camera.value
        this.frames.ask()
      }),
      effect(() => this.#use(theme.value)),
    ]
  }

  #use(theme: ThemeName): void {
    this.#brush = new Brush(this.#parts.editor.measure, THEMES[theme])
    this.#scene.use(this.#brush)
    this.#live.use(this.#brush)
    this.#overlay.use(this.#brush.theme)
    this.#liveChanged = true
    this.#overlayChanged = true
    this.frames.ask()
  }

  #draw(at: number): boolean {
    const { editor } = this.#parts
    const view = editor.view.peek()
    if (view.width === 0 || view.height === 0) return false
    const sight = sightOf(editor.camera.peek(), view, this.#ratio)
    const moved = this.#sight === null || !sameSight(sight, this.#sight)
    if (moved) this.#movedAt = at
    this.#sight = sight

    const changes = this.#changes
    this.#changes = []
    const latest = performance.now() + this.#budget(at)
    const late = () => performance.now() >= latest
    if (this.#afloat.take(changes)) this.#liveChanged = true
    const moreAfloat = this.#afloat.paint(sight, this.#brush, late)
    this.#scene.leaveOut(this.#afloat.leftOut)
    this.#scene.take(changes)
    const moreScene = this.#scene.draw(sight, at, late)
    // After the scene: what it has painted in this frame leaves the other layer in this frame.
    if (this.#afloat.isSettling) {
      this.#afloat.settle(this.#scene.pending(sight))
      this.#liveChanged = true
    }
    if (moved || moreAfloat || this.#liveChanged) this.#live.draw(sight, this.#afloat)
    if (moved || this.#overlayChanged) this.#overlay.draw(sight)
    this.#liveChanged = false
    this.#overlayChanged = false
    return moreScene || moreAfloat
  }

  #budget(at: number): number {
    const { draft, stretch } = this.#parts.editor
    if (draft.peek() !== null || stretch.peek() !== null) return BUDGET_MOVING
    if (at - this.#movedAt < STILL_AFTER) return BUDGET_MOVING
    return this.#liveChanged ? BUDGET_LIVELY : BUDGET_STILL
  }

  #resize(entry: ResizeObserverEntry | undefined): void {
    if (entry === undefined) return
    const { width, height } = entry.contentRect
    this.#ratio = Math.min(MOST_RATIO, window.devicePixelRatio || 1)
    for (const canvas of this.#canvases) {
      canvas.width = Math.round(width * this.#ratio)
      canvas.height = Math.round(height * this.#ratio)
      canvas.style.width = `${canvas.width / this.#ratio}px`
      canvas.style.height = `${canvas.height / this.#ratio}px`
    }
    this.#scene.resized(this.#ratio)
    this.#liveChanged = true
    this.#overlayChanged = true
    this.#parts.editor.view.value = { width, height }
    // Before the browser paints: the canvases are empty now.
    this.frames.now()
  }
}

function makeCanvas(host: HTMLElement, layer: string): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.dataset.layer = layer
  canvas.setAttribute('aria-hidden', 'true')
  Object.assign(canvas.style, { position: 'absolute', left: '0', top: '0', pointerEvents: 'none' })
  host.append(canvas)
  return canvas
}

/** Reports a change of the size in pixels of the screen, where the browser can. */
function observeSize(sizes: ResizeObserver, host: HTMLElement): void {
  try {
    sizes.observe(host, { box: 'device-pixel-content-box' })
  } catch {
    sizes.observe(host)
  }
}

const browserFrames: FrameSource = {
  request: (draw) => requestAnimationFrame(draw),
  cancel: (request) => cancelAnimationFrame(request),
  now: () => performance.now(),
  // A message is delivered after the rest of the frame it was posted in, where canvases rasterise.
  afterPaint: (tell) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      tell()
    }
    port2.postMessage(null)
  },
}
