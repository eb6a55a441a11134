/** What the show-off measures, live. `null`: not known, nothing to measure. */
export interface Figures {
  /** Frames that the browser shows per second. */
  readonly fps: number | null
  /** What the page itself spends on a frame in which it paints, in ms. */
  readonly cpuMs: number | null
  /** From a bot's pen to this page, in ms. */
  readonly latencyP50: number | null
  readonly latencyP99: number | null
  /** Per second, over the socket of this page. */
  readonly bytesIn: number | null
  readonly bytesOut: number | null
  /** From here to the server and back, in ms. */
  readonly roundTrip: number | null
  /** Changes that are not on the server yet. */
  readonly waiting: number
  readonly shapes: number
  readonly people: number
}
