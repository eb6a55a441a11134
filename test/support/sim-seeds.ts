import { type Counts, Tally } from './sim-counts.ts'
import { type ScheduleOptions, SimSchedule } from './sim-schedule.ts'

/** Lines of the trace that a failure shows. */
const SHOWN = 60

/**
 * Runs that many seeds, from `first` on, or as many as begin within `forMs`. `SIM_SEED=17` runs that
 * one alone, `SIM_RUNS=2000` so many (both are read here and nowhere else). A failure is made smaller
 * and told with its last events, unless `SIM_BRIEF` says that nobody will read it.
 */
export async function runSeeds(
  {
    first = 1,
    runs,
    forMs = Number.POSITIVE_INFINITY,
  }: { readonly first?: number; readonly runs: number; readonly forMs?: number },
  options: ScheduleOptions = {},
): Promise<Tally> {
  const only = Number(process.env.SIM_SEED ?? 0)
  const count = only > 0 ? 1 : Number(process.env.SIM_RUNS ?? runs)
  const tally = new Tally()
  const end = performance.now() + forMs
  for (let i = 0; i < count && performance.now() < end; i++) {
    const seed = only > 0 ? only : first + i
    const failure = await failureOf(seed, options, (counts) => tally.add(counts))
    if (failure !== null) throw new Error(await told(seed, failure, options))
  }
  return tally
}

async function failureOf(
  seed: number,
  options: ScheduleOptions,
  passed: (counts: Counts) => void = () => {},
): Promise<string | null> {
  const schedule = new SimSchedule(seed, options)
  try {
    passed(await schedule.run())
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    schedule.close()
  }
}

async function told(seed: number, failure: string, options: ScheduleOptions): Promise<string> {
  if (process.env.SIM_BRIEF !== undefined) return `seed ${seed}: ${failure}`
  const edits = await fewerEdits(seed, options)
  const lines: string[] = []
  const trace = (line: string) => {
    if (lines.push(line) > 4 * SHOWN) lines.splice(0, 2 * SHOWN)
  }
  const smaller = await failureOf(seed, { ...options, mostEdits: edits, trace })
  return [
    `seed ${seed}: ${failure}`,
    `Replay: SIM_SEED=${seed} npx vitest run test/sim`,
    `With at most ${edits} edits: ${smaller}`,
    ...lines.slice(-SHOWN),
  ].join('\n')
}

/** How few edits still fail: a shorter story, though not always the same one. */
async function fewerEdits(seed: number, options: ScheduleOptions): Promise<number> {
  for (const mostEdits of [1, 2, 3, 5, 8, 12, 20, 30, 45, 60, 90]) {
    if ((await failureOf(seed, { ...options, mostEdits })) !== null) return mostEdits
  }
  return Number.POSITIVE_INFINITY
}
