import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { within } from './deadline.ts'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const START_MS = 40_000
/** The command itself promises 10 s for SIGTERM; a busy machine adds to that. */
const STOP_MS = 20_000

export interface ServerOptions {
  /** The data folder; whoever made it removes it. Without: its flags say where everything is kept. */
  readonly data?: string
  /** 0, any free one, by default. */
  readonly port?: number
  /** Flags beside `--port` and `--data`. */
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** The file that is run: that of `dist/` by default. */
  readonly main?: string
  /** A command put in front, such as `strace -f …`. */
  readonly under?: readonly string[]
  /** Errors that the test provokes: lines that match are no fault. */
  readonly provoked?: RegExp
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** Processes that still run: a test file that dies half-way, or is ended, takes them along. */
const running = new Set<ServerProcess>()
const endAll = () => {
  for (const server of running) server.killNow()
}
process.on('exit', endAll)
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.once(signal, () => {
    endAll()
    process.kill(process.pid, signal)
  })
}

/** The server as it ships: `dist/main.js` as a process of its own, known by its start line. */
export class ServerProcess {
  readonly options: ServerOptions
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** Of the process that answers, also under `strace`. */
  readonly pid: number
  readonly exit: Promise<Exit>
  readonly #child: ChildProcess
  readonly #output: string[]
  #exited = false

  private constructor(options: ServerOptions, child: ChildProcess, output: string[], line: Line) {
    this.options = options
    this.#child = child
    this.#output = output
    this.url = line.url
    this.pid = line.pid
    this.exit = exitOf(child).then((exit) => {
      this.#exited = true
      running.delete(this)
      return exit
    })
    running.add(this)
  }

  /** @throws {Error} with everything it has said, when it ends before its start line. */
  static async start(options: ServerOptions): Promise<ServerProcess> {
    const [command, ...args] = [
      ...(options.under ?? []),
      process.execPath,
      options.main ?? MAIN,
      ...['--port', String(options.port ?? 0)],
      ...(options.data === undefined ? [] : ['--data', options.data]),
      ...(options.flags ?? []),
    ] as [string, ...string[]]
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
    })
    const output: string[] = []
    const started = new Promise<Line>((resolve, reject) => {
      readLines(child, (line) => {
        output.push(line)
        const start = parseStartLine(line)
        if (start !== null) resolve(start)
      })
      child.once('error', reject)
      child.once('close', (code) =>
        reject(new Error(`the server ended with ${code}\n${output.join('\n')}`)),
      )
    })
    try {
      return new ServerProcess(
        options,
        child,
        output,
        await within('the start line', START_MS, started),
      )
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }

  get exited(): boolean {
    return this.#exited
  }

  /** Everything it wrote, both streams, one line each. */
  get output(): readonly string[] {
    return this.#output
  }

  /** [C8] Lines that no run may hold, whatever was done to it. */
  get faults(): readonly string[] {
    const { provoked } = this.options
    return this.#output
      .filter((line) => FAULT.test(line) && provoked?.test(line) !== true)
      .map((line) => line.slice(0, 500))
  }

  /** SIGTERM, then its own end. */
  async stop(): Promise<Exit> {
    this.#signal('SIGTERM')
    return within('the end of the server', STOP_MS, this.exit)
  }

  /** `kill -9`: nothing of it gets a chance to write anything more. */
  async kill(): Promise<void> {
    this.killNow()
    await within('the death of the server', STOP_MS, this.exit)
  }

  killNow(): void {
    this.#signal('SIGKILL')
    // Under `strace` the child is the tracer: it ends with what it traces, unless it hangs.
    if (this.pid !== this.#child.pid && this.#exited) this.#child.kill('SIGKILL')
  }

  /** SIGSTOP and SIGCONT. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#signal(signal)
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#exited) return
    try {
      process.kill(this.pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}

const FAULT = /unhandled|uncaught|\bat .+:\d+:\d+|"level":(?:"fatal"|60)|FATAL|out of memory/i

interface Line {
  readonly url: string
  readonly pid: number
}

/** The start line is the first JSON line that names a `url` and a `pid`. */
function parseStartLine(line: string): Line | null {
  if (!line.startsWith('{')) return null
  const said: unknown = JSON.parse(line)
  if (typeof said !== 'object' || said === null) return null
  const { url, pid } = said as Record<string, unknown>
  return typeof url === 'string' && typeof pid === 'number' ? { url, pid } : null
}

function readLines(child: ChildProcess, line: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    let rest = ''
    stream?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() as string
      lines.forEach(line)
    })
    stream?.on('end', () => {
      if (rest !== '') line(rest)
    })
  }
}

async function exitOf(child: ChildProcess): Promise<Exit> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return { code: child.exitCode, signal: child.signalCode }
  }
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { code, signal }
}
