import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { within } from './deadline.ts'
import type { Stage } from './stage.ts'
import type { StockVersion } from './stock-clients.ts'

const SCRIPT = fileURLToPath(new URL('lone-client.mjs', import.meta.url))

/** A stock client in a process of its own. */
export interface LoneClient {
  /** Its Yjs client id. */
  readonly client: number
  /** `kill -9`: no close frame, no goodbye. */
  kill(): void
}

/** Resolves when it is synced and its presence `{ name }` is set. */
export async function startLoneClient(
  stage: Stage,
  version: StockVersion,
  id: string,
  name: string,
): Promise<LoneClient> {
  const child = spawn(process.execPath, [SCRIPT, version, stage.door, id, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  stage.atEnd(() => {
    child.kill('SIGKILL')
  })
  const client = await within('a lone client', stage.deadline, clientIdOf(child))
  return { client, kill: () => child.kill('SIGKILL') }
}

function clientIdOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const said = /^present (\d+)$/m.exec(text)
      if (said !== null) resolve(Number(said[1]))
    })
    child.once('close', (code) => reject(new Error(`the lone client ended with ${code}`)))
  })
}
