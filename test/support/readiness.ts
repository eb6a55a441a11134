import { until } from './deadline.ts'
import type { ServerProcess } from './spawn-server.ts'

/** What a node says of itself. */
export interface Readyz {
  readonly code: number
  readonly status: string
  readonly tier: string
  readonly declared?: boolean
  readonly trouble?: string
  readonly warnings: readonly string[]
}

export async function readyz({ url }: ServerProcess): Promise<Readyz> {
  const response = await fetch(`${url}/readyz`)
  return { code: response.status, ...((await response.json()) as Omit<Readyz, 'code'>) }
}

/** Resolves to the first answer that is as wanted. */
export async function readyzWhen(
  server: ServerProcess,
  what: string,
  isSo: (answer: Readyz) => boolean,
  ms = 15_000,
): Promise<Readyz> {
  let last: Readyz | null = null
  const look = async () => {
    last = await readyz(server)
    return isSo(last)
  }
  await until(what, ms, look, 50).catch((error) => {
    throw new Error(`${error.message}; /readyz says ${JSON.stringify(last)}`, { cause: error })
  })
  return last as unknown as Readyz
}

export const ready = (server: ServerProcess): Promise<Readyz> =>
  readyzWhen(server, 'the node is ready', ({ code }) => code === 200)

export const troubled = (server: ServerProcess): Promise<Readyz> =>
  readyzWhen(server, 'the node is in trouble', ({ code }) => code === 503)

/** The lines of one event that a node has written, as objects. */
export const linesOf = (server: ServerProcess, event: string): Record<string, unknown>[] =>
  server.output
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line.event === event)
