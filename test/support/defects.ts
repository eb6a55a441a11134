import { type ChildProcess, execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const DEFECTS = join(ROOT, 'test/defects')
/** What no test reads. What was built is copied too: what a copy lacked would look like a defect. */
const NOT_COPIED = ['.git', '.tmp', 'coverage', 'node_modules']
/** What Redis runs: it goes along as it is. */
const SCRIPTS = 'src/redis/lua'
/** Tests of real processes and threads run from `dist/`, which is built anew in the copy then. */
const NEEDS_BUILD = [
  ...['test/faults/', 'test/cluster/', 'test/long/', 'test/stock/', 'test/wire-socket/'],
  'test/provider/connect.test.ts',
  ...['test/snapshots/sqlite', 'test/ops/thread-pool', 'test/command/'],
]
/** The copies' own. */
const CONFIG = `export default {
  cacheDir: '.vite',
  test: { pool: 'forks', maxWorkers: 2, teardownTimeout: 10_000 },
}
`
interface Timeouts {
  readonly testTimeout: number
  readonly hookTimeout: number
}

/** Milliseconds. What waits for ever is noticed by its time: a unit's is short. */
const TIMEOUTS = {
  units: { testTimeout: 10_000, hookTimeout: 10_000 },
  processes: { testTimeout: 60_000, hookTimeout: 120_000 },
  seeds: { testTimeout: 5 * 60_000, hookTimeout: 10_000 },
} as const satisfies Record<string, Timeouts>

/** A defence taken out, as a patch file tells it: what, and which test must notice. */
export interface Defect {
  readonly name: string
  /** In words. */
  readonly what: string
  /** The test file that must fail. */
  readonly test: string
  /** A part of the title of those of its tests that must fail; `null` for any of them. */
  readonly title: string | null
  /** How many seeds a simulation has to notice it; 0 where there are none. */
  readonly runs: number
  readonly path: string
}

export interface Outcome {
  readonly passed: number
  /** The messages of the tests that failed. */
  readonly failures: readonly string[]
  /** Why no test could run; `null` when they could. */
  readonly broken: string | null
}

/** Every patch in `test/defects`. */
export function allDefects(): Defect[] {
  const names = readdirSync(DEFECTS).filter((file) => file.endsWith('.patch'))
  return names.sort().map((file) => {
    const path = join(DEFECTS, file)
    const [head = ''] = readFileSync(path, 'utf8').split('\n--- ')
    const field = (name: string) => new RegExp(`^${name}: (.+)$`, 'm').exec(head)?.[1]
    const [what = ''] = head.split('\n')
    const test = field('Test')
    if (test === undefined) throw new Error(`${file} names no test`)
    return {
      name: file.slice(0, -'.patch'.length),
      what,
      test,
      title: field('Title') ?? null,
      runs: Number(field('Runs') ?? 0),
      path,
    }
  })
}

/** A copy of the whole tree, in which defects are put in and taken out. */
export class DefectiveCopy {
  readonly #root = mkdtempSync(join(tmpdir(), 'tributary-defects-'))
  /** What was written since the runner looked last. */
  readonly #changed = new Set<string>()
  #runner: ChildProcess | null = null

  static async make(): Promise<DefectiveCopy> {
    const copy = new DefectiveCopy()
    for (const part of readdirSync(ROOT)) {
      if (NOT_COPIED.includes(part)) continue
      cpSync(join(ROOT, part), join(copy.#root, part), {
        recursive: true,
        filter: (path) => basename(path) !== 'node_modules',
      })
    }
    symlinkSync(join(ROOT, 'node_modules'), join(copy.#root, 'node_modules'))
    await writeFile(join(copy.#root, 'vitest.copy.config.js'), CONFIG)
    return copy
  }

  /** @throws {Error} when the patch does not apply: it must be made anew then, or has lost its object. */
  async put(defect: Defect, way: 'in' | 'out'): Promise<void> {
    const args = ['apply', '-p1', ...(way === 'out' ? ['--reverse'] : []), defect.path]
    const { code, output } = await run('git', args, this.#root)
    if (code !== 0) throw new Error(`${defect.name} does not apply:\n${output}`)
    for (const path of filesOf(defect)) this.#changed.add(path)
  }

  /** Runs the test of a defect, whether that is in the copy or not. */
  async test(defect: Defect): Promise<Outcome> {
    const { seeds, processes, units } = TIMEOUTS
    const timeouts = defect.runs > 0 ? seeds : needsBuild(defect) ? processes : units
    return outcomeOf(await this.#run([defect], timeouts), defect)
  }

  /** The same for those of a group (`unitGroupsOf`), at once: what the tests of each came to. */
  async testAll(group: readonly Defect[]): Promise<Outcome[]> {
    const results = await this.#run(group, TIMEOUTS.seeds)
    return group.map((defect) => outcomeOf(results, defect))
  }

  async #run(defects: readonly Defect[], timeouts: Timeouts): Promise<Results> {
    if (defects.some(needsBuild)) {
      const { code, output } = await this.#build()
      if (code !== 0) return { tests: [], errors: [output] }
    }
    const tests = [...new Set(defects.map(({ test }) => test))].map((file) => {
      const titles = defects.filter(({ test }) => test === file).map(({ title }) => title)
      const title = titles.includes(null) ? null : titles.map((one) => `(${one})`).join('|')
      return { file, title }
    })
    const runs = Math.max(...defects.map((one) => one.runs))
    const env = { SIM_BRIEF: '1', ...(runs > 0 ? { SIM_RUNS: String(runs) } : {}) }
    this.#runner ??= await startRunner(this.#root)
    const runner = this.#runner
    const ended = new AbortController()
    runner.send({ tests, env, timeouts, changed: [...this.#changed] })
    this.#changed.clear()
    try {
      const [answer] = (await Promise.race([
        once(runner, 'message', { signal: ended.signal }),
        once(runner, 'exit', { signal: ended.signal }),
      ])) as [Results | number | null]
      if (typeof answer === 'object' && answer !== null) return answer
      this.#runner = null
      return { tests: [], errors: [`The runner has ended with ${answer}.`] }
    } finally {
      ended.abort()
    }
  }

  #build() {
    cpSync(join(this.#root, SCRIPTS), join(this.#root, SCRIPTS.replace('src', 'dist')), {
      recursive: true,
    })
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
    const args = [compiler, '-p', 'tsconfig.build.json', '--noCheck']
    return run(process.execPath, args, this.#root)
  }

  remove(): void {
    this.#runner?.kill('SIGKILL')
    rmSync(this.#root, { recursive: true, force: true })
  }
}

/**
 * Those whose tests are run in a copy without a defect, in groups that can be run together: those of
 * units, and of each file that counts its seeds. Tests of processes take minutes, and run without a
 * defect beside this one, in the tree of which a copy has all.
 */
export function unitGroupsOf(defects: readonly Defect[]): Defect[][] {
  const groups = new Map<string, Defect[]>()
  for (const defect of defects) {
    if (needsBuild(defect)) continue
    const key = defect.runs > 0 ? defect.test : ''
    groups.set(key, [...(groups.get(key) ?? []), defect])
  }
  return [...groups.values()]
}

const needsBuild = ({ test }: Defect): boolean => NEEDS_BUILD.some((path) => test.startsWith(path))

/** What `copy-runner.mjs` answers. */
interface Results {
  readonly tests: readonly {
    readonly file: string
    readonly name: string
    readonly state: 'passed' | 'failed' | 'skipped' | 'pending'
    readonly errors: readonly string[]
  }[]
  /** What went wrong outside of tests. */
  readonly errors: readonly string[]
}

/** What a copy lacks is not what a test was to notice. */
const OF_THE_COPY = /ENOENT: .*tributary-defects-|Cannot find (?:module|package)/

function outcomeOf({ tests, errors }: Results, { test: path, title }: Defect): Outcome {
  const isMeant = (name: string) => title === null || new RegExp(title).test(name)
  const ran = tests.filter(
    ({ file, name, state }) =>
      file === path && isMeant(name) && ['passed', 'failed'].includes(state),
  )
  const failures = ran.filter(({ state }) => state === 'failed').map((one) => one.errors.join('\n'))
  return {
    passed: ran.length - failures.length,
    failures,
    broken:
      ran.length === 0
        ? `no test ran: ${errors.join('\n')}`
        : (failures.find((failure) => OF_THE_COPY.test(failure)) ?? null),
  }
}

/** Which files a patch is about. */
function filesOf({ path }: Defect): string[] {
  const patch = readFileSync(path, 'utf8')
  return [...patch.matchAll(/^(?:---|\+\+\+) [ab]\/(\S+)/gm)].map(([, file]) => String(file))
}

async function startRunner(root: string): Promise<ChildProcess> {
  const runner = fork(join(root, 'test/support/copy-runner.mjs'), {
    cwd: root,
    env: clean(process.env),
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  await once(runner, 'message')
  return runner
}

/** A repository around a copy must not be taken for its own; nor this run's settings for the copy's. */
function clean(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { SIM_SEED: _seed, SIM_RUNS: _runs, VITEST: _vitest, ...rest } = env
  return { ...rest, GIT_CEILING_DIRECTORIES: tmpdir() }
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<{ code: number; output: string }> {
  const options = { cwd, env: clean(process.env), maxBuffer: 2 ** 26 }
  return new Promise((resolve) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, output: stdout + stderr })
    })
  })
}
