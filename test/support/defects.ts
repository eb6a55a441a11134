import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const DEFECTS = join(ROOT, 'test/defects')
const PARTS = [
  ...['src', 'client', 'test', 'package.json', 'package-lock.json'],
  ...['tsconfig.json', 'tsconfig.build.json'],
  ...['docker-compose.yml', 'Dockerfile'],
]
/** What Redis runs: it goes along as it is. */
const SCRIPTS = 'src/redis/lua'
/** Tests of real processes and threads run from `dist/`, which is built anew in the copy then. */
const NEEDS_BUILD = [
  ...['test/faults/', 'test/cluster/', 'test/long/', 'test/stock/', 'test/wire-socket/'],
  'test/provider/connect.test.ts',
  ...['test/snapshots/sqlite', 'test/ops/thread-pool'],
]
/** The copies' own. What a defect has not changed is not compiled again. */
const CONFIG = `export default {
  cacheDir: '.vite',
  test: {
    pool: 'forks', maxWorkers: 2, experimental: { fsModuleCache: true },
    testTimeout: 60_000, hookTimeout: 120_000, teardownTimeout: 10_000,
  },
}
`

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

/** A copy of the tree, in which defects are put in and taken out. */
export class DefectiveCopy {
  readonly #root = mkdtempSync(join(tmpdir(), 'tributary-defects-'))

  static async make(): Promise<DefectiveCopy> {
    const copy = new DefectiveCopy()
    for (const part of PARTS) cpSync(join(ROOT, part), join(copy.#root, part), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(copy.#root, 'node_modules'))
    await writeFile(join(copy.#root, 'vitest.config.js'), CONFIG)
    return copy
  }

  /** @throws {Error} when the patch does not apply: it must be made anew then, or has lost its object. */
  async put(defect: Defect, way: 'in' | 'out'): Promise<void> {
    const args = ['apply', '-p1', ...(way === 'out' ? ['--reverse'] : []), defect.path]
    const { code, output } = await run('git', args, this.#root)
    if (code !== 0) throw new Error(`${defect.name} does not apply:\n${output}`)
  }

  /** Runs the test of a defect, whether that is in the copy or not. */
  async test(defect: Defect): Promise<Outcome> {
    return outcomeOf(await this.#run([defect]), defect)
  }

  /** The same for many at once: what each of their tests came to. */
  async testAll(defects: readonly Defect[]): Promise<Map<Defect, Outcome>> {
    const outcomes = new Map<Defect, Outcome>()
    for (const alike of groupsOf(defects)) {
      const results = await this.#run(alike)
      for (const defect of alike) outcomes.set(defect, outcomeOf(results, defect))
    }
    return outcomes
  }

  async #run(defects: readonly Defect[]): Promise<Results> {
    const report = join(this.#root, 'report.json')
    rmSync(report, { force: true })
    if (defects.some(needsBuild)) {
      const { code, output } = await this.#build()
      if (code !== 0) return { output, report: null }
    }
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
    const files = new Set(defects.map((one) => one.test))
    const args = [vitest, 'run', '--reporter=json', `--outputFile=${report}`, ...files]
    const titles = new Set(defects.map(({ title }) => title))
    if (!titles.has(null)) args.push('-t', [...titles].map((title) => `(${title})`).join('|'))
    const runs = Math.max(...defects.map((one) => one.runs))
    const env = { SIM_BRIEF: '1', ...(runs > 0 ? { SIM_RUNS: String(runs) } : {}) }
    const { output } = await run(process.execPath, args, this.#root, env)
    return { output, report: readReport(report) }
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
    rmSync(this.#root, { recursive: true, force: true })
  }
}

/** What can be run together: with a title or without. Of those with seeds each file by itself, with its most. */
function groupsOf(defects: readonly Defect[]): Defect[][] {
  const groups = new Map<string, Defect[]>()
  for (const defect of defects) {
    const key = [
      defect.title === null,
      defect.runs > 0 ? defect.test : '',
      needsBuild(defect),
    ].join()
    groups.set(key, [...(groups.get(key) ?? []), defect])
  }
  return [...groups.values()]
}

const needsBuild = ({ test }: Defect): boolean => NEEDS_BUILD.some((path) => test.startsWith(path))

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

interface Results {
  readonly output: string
  /** `null` when there is none. */
  readonly report: Report | null
}

function readReport(path: string): Report | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report
  } catch {
    return null
  }
}

function outcomeOf({ output, report }: Results, { test: file, title }: Defect): Outcome {
  if (report === null) return { passed: 0, failures: [], broken: output }
  const results = report.testResults.filter(({ name }) => name.endsWith(`/${file}`))
  const isMeant = (name: string) => title === null || new RegExp(title).test(name)
  const ran = results
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ fullName, status }) => isMeant(fullName) && ['passed', 'failed'].includes(status))
  const failed = ran.filter(({ status }) => status === 'failed')
  const messages = results.map(({ message }) => message).join('\n')
  return {
    passed: ran.length - failed.length,
    failures: failed.map(({ failureMessages }) => failureMessages.join('\n')),
    broken: ran.length === 0 ? `no test ran: ${messages}${output.slice(-2_000)}` : null,
  }
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; output: string }> {
  // A repository around the copy must not be taken for its own; nor this run's settings for the copy's.
  const { SIM_SEED: _seed, SIM_RUNS: _runs, VITEST: _vitest, ...rest } = process.env
  const whole = { ...rest, ...env, GIT_CEILING_DIRECTORIES: tmpdir() }
  return new Promise((resolve) => {
    execFile(command, args, { cwd, env: whole, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, output: stdout + stderr })
    })
  })
}
