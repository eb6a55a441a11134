import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const DEFECTS = join(ROOT, 'test/defects')
const PARTS = [
  ...['src', 'test', 'package.json', 'tsconfig.json', 'tsconfig.build.json'],
  ...['docker-compose.yml', 'Dockerfile'],
]
/** Tests of real processes and threads run from `dist/`, which is built anew in the copy then. */
const NEEDS_BUILD = [
  ...['test/faults/', 'test/cluster/', 'test/long/', 'test/stock/', 'test/wire-socket/'],
  ...['test/snapshots/sqlite', 'test/ops/thread-pool'],
]
/** The copy's own: one test file runs at a time. */
const CONFIG = `export default { cacheDir: '.vite', test: { pool: 'forks', testTimeout: 60_000 } }\n`

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

  async test({
    test: file,
    title,
    runs,
  }: Omit<Defect, 'name' | 'path' | 'what'>): Promise<Outcome> {
    const report = join(this.#root, 'report.json')
    rmSync(report, { force: true })
    if (NEEDS_BUILD.some((path) => file.startsWith(path))) {
      const { code, output } = await this.#build()
      if (code !== 0) return { passed: 0, failures: [], broken: output }
    }
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
    const args = [vitest, 'run', '--reporter=json', `--outputFile=${report}`, file]
    if (title !== null) args.push('-t', title)
    const env = { SIM_BRIEF: '1', ...(runs > 0 ? { SIM_RUNS: String(runs) } : {}) }
    const { output } = await run(process.execPath, args, this.#root, env)
    return readReport(report, output)
  }

  #build() {
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
    const args = [compiler, '-p', 'tsconfig.build.json', '--noCheck']
    return run(process.execPath, args, this.#root)
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true })
  }
}

interface Report {
  readonly testResults: readonly {
    readonly message: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

function readReport(path: string, output: string): Outcome {
  let report: Report
  try {
    report = JSON.parse(readFileSync(path, 'utf8')) as Report
  } catch {
    return { passed: 0, failures: [], broken: output }
  }
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults)
  const failed = tests.filter(({ status }) => status === 'failed')
  const messages = report.testResults.map(({ message }) => message).join('\n')
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    failures: failed.map(({ failureMessages }) => failureMessages.join('\n')),
    broken: tests.length === 0 ? `no test ran: ${messages}` : null,
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
