import type { ScriptReply } from './scripts.ts'

/** Asks one command; texts in the reply are `Buffer`s. @throws what ioredis throws. */
export type Ask = (name: string, ...args: (string | number)[]) => Promise<ScriptReply>

/** What a Redis says of itself. */
export interface Facts {
  /** The fields of INFO; without any where it may not be asked. */
  readonly info: ReadonlyMap<string, string>
  /** What the tier depends on of its configuration; `null` where that may not be read. */
  readonly config: ReadonlyMap<string, string> | null
}

const WANTED = ['appendonly', 'appendfsync', 'no-appendfsync-on-rewrite']

/** @throws what ioredis throws, when Redis did not answer; that it refuses to is an answer. */
export async function readFacts(ask: Ask): Promise<Facts> {
  const info = await readInfo(ask)
  const config = new Map<string, string>()
  // One at a time: Redis before 7.0 takes no more.
  for (const name of WANTED) {
    const pair = await orRefused(ask('CONFIG', 'GET', name))
    if (pair === null) return { info, config: null }
    const [, value] = pair as readonly Buffer[]
    if (value !== undefined) config.set(name, value.toString())
  }
  return { info, config }
}

/**
 * The fields of some sections of INFO, of the usual ones unless told: 20 µs of Redis for a few. None
 * where it may not be asked, or is not there: that is an answer.
 *
 * @throws what ioredis throws.
 */
export async function readInfo(ask: Ask, ...sections: string[]): Promise<Facts['info']> {
  return linesOf(await orRefused(ask('INFO', ...sections)))
}

/** `null` when the command is not there for us. */
async function orRefused(reply: Promise<ScriptReply>): Promise<ScriptReply> {
  try {
    return await reply
  } catch (error) {
    const isRefusal = error instanceof Error && /^(NOPERM|ERR unknown command)/.test(error.message)
    if (!isRefusal) throw error
    return null
  }
}

function linesOf(info: ScriptReply): Map<string, string> {
  const lines = info === null ? [] : String(info).split('\r\n')
  return new Map(
    lines.flatMap((line) => {
      const colon = line.indexOf(':')
      return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1)] as const] : []
    }),
  )
}
