import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { until } from './deadline.ts'
import type { Stage } from './stage.ts'

/** Which calls of a process fail, and how. */
export interface DiskFault {
  readonly calls: string
  readonly error: string
  /** Calls that go on as ever, and are in the trace. */
  readonly watched?: string
}

/** From now on those calls of that process fail. @returns what repairs the disk. */
export async function breakDisk(
  stage: Stage,
  pid: number,
  { calls, error, watched }: DiskFault,
  trace: string,
): Promise<() => Promise<void>> {
  const traced = watched === undefined ? calls : `${calls},${watched}`
  const fault = ['-e', `trace=${traced}`, '-e', `inject=${calls}:error=${error}`]
  const strace: ChildProcess = spawn('strace', ['-f', '-p', String(pid), '-o', trace, ...fault], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const repair = async () => {
    if (strace.exitCode !== null || strace.signalCode !== null) return
    strace.kill('SIGINT')
    await once(strace, 'exit')
  }
  stage.atEnd(repair)
  let said = ''
  strace.stderr?.on('data', (text: Buffer) => {
    said += text
  })
  await until('strace is attached', stage.deadline, () => said.includes('attached'))
  return repair
}
