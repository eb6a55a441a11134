import { contradictionIn } from './contradictions.ts'
import {
  KNOWN,
  Refusal,
  readConfigFile,
  readFlags,
  readVariables,
  settle,
} from './option-sources.ts'
import { helpText, printedConfig, versionText } from './option-text.ts'
import { type Config, configOf, OPTIONS } from './options.ts'
import { readToken, type TokenWish } from './token-options.ts'

/** What the command was asked to do. */
export type Reading =
  | { readonly is: 'run'; readonly config: Config; readonly warnings: readonly string[] }
  /** `token`: print one. */
  | { readonly is: 'token'; readonly wish: TokenWish }
  /** `--help`, `--version`, `--print-config`: say this and exit with 0. */
  | { readonly is: 'print'; readonly text: string }
  /** What is wrong and what to do, in one line: say it and exit with 2. */
  | { readonly is: 'refused'; readonly line: string }

/** The environment, by name. */
type Environment = Readonly<Record<string, string | undefined>>

/**
 * Flag > variable > config file > default.
 *
 * @param argv Without the program itself.
 * @example readOptions(['--port', '0'], {})
 */
export function readOptions(argv: readonly string[], env: Environment = process.env): Reading {
  try {
    return argv[0] === 'token' ? readToken(argv.slice(1), env) : readServer(argv, env)
  } catch (thrown) {
    if (thrown instanceof Refusal) return { is: 'refused', line: thrown.message }
    throw thrown
  }
}

function readServer(argv: readonly string[], env: Environment): Reading {
  if (argv.includes('--help') || argv.includes('-h')) return { is: 'print', text: helpText() }
  if (argv.includes('--version') || argv.includes('-v')) {
    return { is: 'print', text: `${versionText()}\n` }
  }
  const flags = readFlags(argv, KNOWN)
  const variables = readVariables(env)
  const given = [flags.given, variables.given]
  const sources = [...given, ...readConfigFile(given)]

  const values = new Map(OPTIONS.map((option) => [option, settle(option, sources)]))
  const config = configOf(values)
  const contradiction = contradictionIn(config)
  if (contradiction !== null) throw new Refusal(contradiction)
  return flags.print
    ? { is: 'print', text: printedConfig(values) }
    : { is: 'run', config, warnings: variables.unknown }
}
