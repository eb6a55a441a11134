/** A zoom that has not changed for so long is the one that stays, in ms. */
const SETTLED = 120

/**
 * At which scale tiles are painted. While the zoom stays: at its own, so that lines are crisp. While
 * it moves every frame has another, and tiles for each would be thrown away at once: what is there is
 * shown scaled, and what is missing is painted at the nearest power of two.
 */
export class TileLevel {
  #scale = 0
  #wanted = 0
  #since = Number.NEGATIVE_INFINITY

  /** The scale of the tiles to show and paint. */
  get scale(): number {
    return this.#scale
  }

  /** Whether the zoom may still move: ask again in the next frame. */
  get unsettled(): boolean {
    return this.#scale !== this.#wanted
  }

  /**
   * The view is shown at `wanted` pixels per unit, at the time `now` in ms. `complete` says whether
   * the tiles of the present level cover all of it.
   */
  see(wanted: number, now: number, complete: () => boolean): void {
    if (wanted !== this.#wanted) {
      const first = this.#wanted === 0
      this.#wanted = wanted
      this.#since = first ? Number.NEGATIVE_INFINITY : now
    }
    if (this.#scale === wanted) return
    if (now - this.#since >= SETTLED) this.#scale = wanted
    else if (!this.#near(wanted) || !complete()) this.#scale = 2 ** Math.round(Math.log2(wanted))
  }

  #near(wanted: number): boolean {
    return wanted / this.#scale < 2.5 && this.#scale / wanted < 2.5
  }
}
