import { COUNTS, type CountName, type Counts, type RunOptions, Simulation } from './sim-run.ts'

/** Lines of the trace that a failure shows. */
const SHOWN = 60

/** What many runs came to: how often each thing happened, and in how many of the runs at all. */
export class Tally {
  runs = 0
  readonly #sums = new Map<CountName, number>()
  readonly #runsWith = new Map<CountName, number>()

  add(counts: Counts): void {
    this.runs++
    for (const name of COUNTS) {
      this.#sums.set(name, this.sum(name) + counts[name])
      if (counts[name] > 0) this.#runsWith.set(name, (this.#runsWith.get(name) ?? 0) + 1)
    }
  }

  sum(name: CountName): number {
    return this.#sums.get(name) ?? 0
  }

  /** The share of runs in which it happened. */
  share(name: CountName): number {
    return (this.#runsWith.get(name) ?? 0) / this.runs
  }

  toString(): string {
    const rows = COUNTS.map((name) => {
      const share = `${Math.round(this.share(name) * 100)} %`
      return `  ${name.padEnd(16)}${String(this.sum(name)).padStart(9)}   in ${share} of runs`
    })
    return [`${this.runs} runs`, ...rows].join('\n')
  }
}

/**
 * Runs seeds from `first` on. `SIM_SEED=17` runs that one alone, `SIM_RUNS=2000` so many; both are
 * read here and nowhere else. A failure is made smaller and told with its last events.
 */
export async function runSeeds(
  { first = 1, runs }: { first?: number; runs: number },
  options: RunOptions = {},
): Promise<Tally> {
  const only = Number(process.env.SIM_SEED ?? 0)
  const count = only > 0 ? 1 : Number(process.env.SIM_RUNS ?? runs)
  const tally = new Tally()
  for (let i = 0; i < count; i++) {
    const seed = only > 0 ? only : first + i
    const failure = await failureOf(seed, options, (counts) => tally.add(counts))
    if (failure !== null) throw new Error(await told(seed, failure, options))
  }
  return tally
}

async function failureOf(
  seed: number,
  options: RunOptions,
  passed: (counts: Counts) => void = () => {},
): Promise<string | null> {
  const simulation = new Simulation(seed, options)
  try {
    passed(await simulation.run())
    return null
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  } finally {
    simulation.close()
  }
}

async function told(seed: number, failure: string, options: RunOptions): Promise<string> {
  const { edits, failure: smallest } = await smaller(seed, failure, options)
  const lines: string[] = []
  await failureOf(seed, { ...options, mostEdits: edits, trace: (line) => lines.push(line) })
  return [
    `seed ${seed}: ${smallest}`,
    `Replay: SIM_SEED=${seed} npx vitest run test/sim`,
    `The same with ${edits} edits ends so:`,
    ...lines.slice(-SHOWN),
  ].join('\n')
}

/** The same seed with as few edits as still fail: a shorter story is not always the same one. */
async function smaller(seed: number, failure: string, options: RunOptions) {
  for (const edits of [1, 2, 3, 5, 8, 12, 20, 30, 45, 60, 90]) {
    const same = await failureOf(seed, { ...options, mostEdits: edits })
    if (same !== null) return { edits, failure: same }
  }
  return { edits: 1_000, failure }
}
