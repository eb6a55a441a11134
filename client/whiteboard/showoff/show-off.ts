import { type ReadonlySignal, type Signal, signal } from '@preact/signals-core'
import type { Status } from '../../provider/status.ts'
import { toBoard } from '../editor/camera.ts'
import type { Editor } from '../editor/editor.ts'
import type { Others } from '../people/others.ts'
import type { Figures } from './figures.ts'
import { Latency } from './latency.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import type { Plug } from './plug.ts'

const BOTS = 20
const SHAPES = 5_000
/** Between two readings of the figures, in ms. */
const READING_MS = 500

export interface ShowOffParts {
  /** The WebSocket of this board: where the bots connect. */
  readonly address: string
  readonly editor: Editor
  readonly others: Others
  readonly plug: Plug
  readonly status: ReadonlySignal<Status>
  /** Calls `tell` after every painted frame with what it cost this page, in ms. */
  readonly onFrame: (tell: (cpuMs: number) => void) => () => void
}

/** What makes a board busy, and what says how well it copes. Costs nothing until it is begun. */
export class ShowOff {
  readonly figures: ReadonlySignal<Figures>
  /** Whether the bots are drawing. */
  readonly hasBots: ReadonlySignal<boolean>
  /** How many of the shapes are there, 0 to 1; `null` while none are being added. */
  readonly adding: ReadonlySignal<number | null>
  readonly #parts: ShowOffParts
  readonly #figures: Signal<Figures>
  readonly #hasBots = signal(false)
  readonly #adding = signal<number | null>(null)
  readonly #latency = new Latency()
  #worker: Worker | null = null
  #stopReading: (() => void) | null = null

  constructor(parts: ShowOffParts) {
    this.#parts = parts
    this.#figures = signal(this.#read(null, null, null, null))
    this.figures = this.#figures
    this.hasBots = this.#hasBots
    this.adding = this.#adding
  }

  /** Begins to measure. Again: does nothing. */
  begin(): void {
    if (this.#stopReading !== null) return
    // What can be known without measuring is shown from the first.
    this.#figures.value = this.#read(null, null, null, null)
    this.#stopReading = this.#measure()
  }

  /** Ends the measuring, and the bots with it. */
  end(): void {
    this.#stopReading?.()
    this.#stopReading = null
    this.#worker?.terminate()
    this.#worker = null
    this.#hasBots.value = false
    this.#adding.value = null
  }

  /** Whether this page has been taken offline. */
  get isOffline(): ReadonlySignal<boolean> {
    return this.#parts.plug.isOut
  }

  toggleOffline(): void {
    const { plug } = this.#parts
    if (plug.isOut.value) plug.putBack()
    else plug.pull()
  }

  toggleBots(): void {
    this.#hasBots.value = !this.#hasBots.value
    this.#latency.clear()
    if (this.#hasBots.value) this.#ask({ ask: 'bots', count: BOTS, ...this.#where() })
    else this.#ask({ ask: 'no-bots' })
  }

  /** Adds 5,000 shapes around the middle of the view. While it is at it: does nothing. */
  addShapes(): void {
    if (this.#adding.value !== null) return
    this.#adding.value = 0
    this.#ask({ ask: 'shapes', count: SHAPES, ...this.#where() })
  }

  #where() {
    const { address, editor } = this.#parts
    const { width, height } = editor.view.value
    return { address, around: toBoard([width / 2, height / 2], editor.camera.value) }
  }

  #ask(wish: ToWorker): void {
    if (this.#worker === null) {
      this.#worker = new Worker(new URL('./bots.ts', import.meta.url), { type: 'module' })
      this.#worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
        if (data.tell === 'sent') for (const chunk of data.chunks) this.#latency.sent(...chunk)
        else this.#adding.value = data.done < data.of ? data.done / data.of : null
      })
    }
    this.#worker.postMessage(wish)
  }

  #measure(): () => void {
    const { editor, onFrame, plug } = this.#parts
    const { traffic } = plug
    let frames = 0
    let painted = 0
    let cpu = 0
    let request = requestAnimationFrame(function count() {
      frames += 1
      request = requestAnimationFrame(count)
    })
    const stopFrames = onFrame((cpuMs) => {
      painted += 1
      cpu += cpuMs
    })
    const stopStrokes = editor.live.observe((changes) => {
      const at = performance.timeOrigin + performance.now()
      for (const { id, after } of changes) {
        if (after !== null) this.#latency.seen(id, after.points.length, at)
      }
    })
    let last = { at: performance.now(), ...traffic }
    const timer = setInterval(() => {
      const next = { at: performance.now(), ...traffic }
      const seconds = (next.at - last.at) / 1_000
      this.#figures.value = this.#read(
        frames / seconds,
        painted === 0 ? null : cpu / painted,
        (next.received - last.received) / seconds,
        (next.sent - last.sent) / seconds,
      )
      last = next
      frames = 0
      painted = 0
      cpu = 0
    }, READING_MS)
    return () => {
      cancelAnimationFrame(request)
      clearInterval(timer)
      stopFrames()
      stopStrokes()
    }
  }

  #read(
    fps: number | null,
    cpuMs: number | null,
    bytesIn: number | null,
    bytesOut: number | null,
  ): Figures {
    return {
      fps,
      cpuMs,
      latencyP50: this.#latency.quantile(0.5),
      latencyP99: this.#latency.quantile(0.99),
      bytesIn,
      bytesOut,
      roundTrip: this.#parts.status.value.rtt,
      waiting: this.#parts.status.value.pending,
      shapes: this.#parts.editor.board.count,
      people: this.#parts.others.peers.value.length + 1,
    }
  }
}
