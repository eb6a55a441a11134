const COUNTS = [
  'edits',
  'messages',
  'unclosed',
  'questions',
  'repeated',
  'neutered',
  'conflations',
  'catchUps',
  'compactedAway',
  'compactions',
  'cuts',
  'kills',
  'drains',
  'loads',
  'unloads',
  'storeFailures',
  'siblingMessages',
  'acknowledged',
  'departures',
] as const

export type CountName = (typeof COUNTS)[number]

/** How often what happened in one run. */
export type Counts = { [name in CountName]: number }

export const noCounts = (): Counts => Object.fromEntries(COUNTS.map((name) => [name, 0])) as Counts

/**
 * What many runs came to: how often each thing happened, and in how many of the runs at all. A
 * simulation in which nothing happens finds nothing, so the shares are shown and held.
 */
export class Tally {
  runs = 0
  readonly #sums = noCounts()
  readonly #runsWith = noCounts()

  add(counts: Counts): void {
    this.runs++
    for (const name of COUNTS) {
      this.#sums[name] += counts[name]
      if (counts[name] > 0) this.#runsWith[name]++
    }
  }

  sum(name: CountName): number {
    return this.#sums[name]
  }

  /** The share of runs in which it happened. */
  share(name: CountName): number {
    return this.#runsWith[name] / this.runs
  }

  toString(): string {
    const rows = COUNTS.map((name) => {
      const share = `${Math.round(this.share(name) * 100)} %`
      return `  ${name.padEnd(16)}${String(this.sum(name)).padStart(9)}   in ${share} of runs`
    })
    return [`${this.runs} runs`, ...rows].join('\n')
  }
}
