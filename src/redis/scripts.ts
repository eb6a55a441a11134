import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import { ScriptCall } from './script-call.ts'
import { type Argument, type Call, Words } from './words.ts'

/** The scripts of `lua/`, by file name. Those that others include are not among them. */
export type ScriptName =
  | 'append'
  | 'commit'
  | 'due'
  | 'finish-job'
  | 'jobs'
  | 'keep-job'
  | 'kept-snapshots'
  | 'offer-job'
  | 'read'
  | 'remove'
  | 'set-aside'
  | 'stage-piece'
  | 'take-job'
  | 'trim'

/** What a script answers, as `callBuffer` gives it; `null` is Lua's `false`. */
export type ScriptReply = Buffer | number | null | readonly ScriptReply[]

interface Script {
  readonly source: string
  readonly sha: Words
}

const FOLDER = new URL('./lua/', import.meta.url)
const INCLUDE = /^-- include: ([\w-]+)$/gm

/**
 * Runs scripts by their SHA-1. Redis forgets them when it starts again, fails over or is told to
 * (`SCRIPT FLUSH`): then the call goes out once more with the whole source, which is loaded by that.
 *
 * All data is in KEYS and ARGV; nothing is ever put into a source but the files it includes.
 */
export class Scripts {
  readonly #scripts: ReadonlyMap<string, Script>

  /** Reads the files that lie beside this one. */
  constructor(folder: URL = FOLDER) {
    const names = readdirSync(folder).filter((name) => name.endsWith('.lua'))
    const read = (name: string) => readFileSync(new URL(`${name}.lua`, folder), 'utf8')
    this.#scripts = new Map(
      names.map((file) => {
        const name = file.slice(0, -'.lua'.length)
        const source = read(name).replace(INCLUDE, (_, included: string) => read(included))
        return [name, { source, sha: new Words([hash('sha1', source)]) }]
      }),
    )
  }

  /** So that no call finds one missing. */
  async load(redis: Redis): Promise<void> {
    const sources = Array.from(this.#scripts.values(), ({ source }) => source)
    await Promise.all(sources.map((source) => redis.script('LOAD', source)))
  }

  /**
   * Appends and removals of one entity must not be under way at the same time: one that has to be
   * repeated would be overtaken by the next.
   *
   * @throws what ioredis throws.
   */
  run(
    redis: Redis,
    name: ScriptName,
    keys: Call['keys'],
    args: readonly Argument[],
  ): Promise<ScriptReply> {
    const { source, sha } = this.#scripts.get(name) as Script
    return say(redis, { name: 'evalsha', script: sha, keys, args }).catch((error: unknown) => {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return say(redis, { name: 'eval', script: source, keys, args })
    })
  }
}

const say = (redis: Redis, call: Call): Promise<ScriptReply> =>
  redis.sendCommand(new ScriptCall(call)) as Promise<ScriptReply>
