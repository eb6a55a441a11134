/** So many of the newest samples count: about the last half minute of 20 bots. */
const SAMPLES = 4_096
/** Messages of which only one half is known yet: more would mean that the other half never comes. */
const OPEN = 2_048

/**
 * How long what the bots send takes to be seen here, in ms: over their sockets, through the server,
 * and over the socket of this page. A bot tells when a stroke had how many points, the page when it
 * first saw at least so many; which of the two is known first does not matter.
 */
export class Latency {
  readonly #sent = new Map<string, { readonly points: number; readonly at: number }[]>()
  readonly #seen = new Map<string, { readonly points: number; readonly at: number }[]>()
  readonly #samples = new Float64Array(SAMPLES)
  #count = 0

  /** Stroke `id` left its bot with so many points at `at` (ms, any clock that both sides share). */
  sent(id: string, points: number, at: number): void {
    const seen = this.#seen.get(id)?.find((moment) => moment.points >= points)
    if (seen === undefined) noteIn(this.#sent, id, points, at)
    else this.#add(seen.at - at)
  }

  /** Stroke `id` was here with so many points at `at`. */
  seen(id: string, points: number, at: number): void {
    noteIn(this.#seen, id, points, at)
    const open = this.#sent.get(id)
    if (open === undefined) return
    const arrived = open.filter((moment) => moment.points <= points)
    for (const moment of arrived) this.#add(at - moment.at)
    this.#sent.set(
      id,
      open.filter((moment) => moment.points > points),
    )
  }

  /** The latency that `part` of the newest samples stay below: 0.5, 0.99. `null` without samples. */
  quantile(part: number): number | null {
    const length = Math.min(this.#count, SAMPLES)
    if (length === 0) return null
    const sorted = this.#samples.slice(0, length).sort()
    return sorted[Math.min(length - 1, Math.floor(part * length))] ?? null
  }

  /** Forgets everything: the next samples are of another time. */
  clear(): void {
    this.#sent.clear()
    this.#seen.clear()
    this.#count = 0
  }

  #add(ms: number): void {
    this.#samples[this.#count % SAMPLES] = ms
    this.#count += 1
  }
}

function noteIn(
  notes: Map<string, { readonly points: number; readonly at: number }[]>,
  id: string,
  points: number,
  at: number,
): void {
  const moments = notes.get(id) ?? []
  moments.push({ points, at })
  notes.set(id, moments)
  const oldest = notes.keys().next().value
  if (notes.size > OPEN && oldest !== undefined) notes.delete(oldest)
}
