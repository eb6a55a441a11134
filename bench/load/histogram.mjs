/** Values up to 2^31 µs; a bucket is at most 1/128 as wide as what it holds. */
const BUCKETS = 24 * 128 + 128

/**
 * Times, in buckets that are off by 0.4 % at most. Histograms of several processes can be added up,
 * which percentiles cannot.
 */
export class Histogram {
  #counts = new Float64Array(BUCKETS)
  count = 0
  /** In ms, exact. */
  max = 0

  /** @param {number} ms */
  add(ms) {
    if (ms > this.max) this.max = ms
    const micros = ms <= 0 ? 0 : Math.min(Math.round(ms * 1_000), 0x7fffffff)
    const shift = micros < 256 ? 0 : 24 - Math.clz32(micros)
    const bucket = (shift << 7) + (micros >>> shift)
    this.#counts[bucket] = /** @type {number} */ (this.#counts[bucket]) + 1
    this.count++
  }

  /**
   * @param {number} share 0.99 for the 99th percentile.
   * @returns {number} In ms; NaN when nothing was added.
   */
  at(share) {
    if (this.count === 0) return Number.NaN
    const rank = Math.max(1, Math.ceil(share * this.count))
    let passed = 0
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      passed += /** @type {number} */ (this.#counts[bucket])
      if (passed >= rank) return Math.min(middleOf(bucket) / 1_000, this.max)
    }
    return this.max
  }

  /** What goes through a pipe between processes. */
  pack() {
    const filled = []
    for (const [bucket, count] of this.#counts.entries())
      if (count > 0) filled.push([bucket, count])
    return { filled, max: this.max }
  }

  /** @param {ReturnType<Histogram['pack']>} packed */
  merge({ filled, max }) {
    for (const [bucket = 0, count = 0] of filled) {
      this.#counts[bucket] = /** @type {number} */ (this.#counts[bucket]) + count
      this.count += count
    }
    this.max = Math.max(this.max, max)
  }
}

/** @param {number} bucket */
function middleOf(bucket) {
  if (bucket < 256) return bucket
  const shift = (bucket >>> 7) - 1
  return (bucket - (shift << 7) + 0.5) * 2 ** shift
}
