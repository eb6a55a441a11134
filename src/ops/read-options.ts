import { readFileSync } from 'node:fs'
import { contradictionIn } from './contradictions.ts'
import { nearest } from './nearest.ts'
import { helpText, printedConfig, versionText } from './option-text.ts'
import {
  CONFIG_FILE,
  type Config,
  configOf,
  type Given,
  OPTIONS,
  type Option,
  QUESTIONS,
  VARIABLES,
} from './options.ts'

/** What the command was asked to do. */
export type Reading =
  | { readonly is: 'run'; readonly config: Config; readonly warnings: readonly string[] }
  /** `--help`, `--version`, `--print-config`: say this and exit with 0. */
  | { readonly is: 'print'; readonly text: string }
  /** What is wrong and what to do, in one line: say it and exit with 2. */
  | { readonly is: 'refused'; readonly line: string }

/** What one source gives, by flag. */
type Source = Map<string, Given>

class Refusal extends Error {}

/**
 * Flag > variable > config file > default.
 *
 * @param argv Without the program itself.
 * @example readOptions(['--port', '0'], {})
 */
export function readOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Reading {
  if (argv.includes('--help') || argv.includes('-h')) return { is: 'print', text: helpText() }
  if (argv.includes('--version') || argv.includes('-v'))
    return { is: 'print', text: `${versionText()}\n` }
  try {
    const flags = readFlags(argv)
    const variables = readVariables(env)
    const sources = [flags.given, variables.given]
    const file = settle(CONFIG_FILE, sources).value
    if (file !== null) sources.push(readConfigFile(String(file)))

    const values = new Map(OPTIONS.map((option) => [option, settle(option, sources)]))
    const config = configOf(values)
    const contradiction = contradictionIn(config)
    if (contradiction !== null) throw new Refusal(contradiction)
    return flags.print
      ? { is: 'print', text: printedConfig(values) }
      : { is: 'run', config, warnings: variables.unknown }
  } catch (thrown) {
    if (thrown instanceof Refusal) return { is: 'refused', line: thrown.message }
    throw thrown
  }
}

const KNOWN = new Map([...OPTIONS, CONFIG_FILE].map((option) => [option.flag, option]))

function readFlags(argv: readonly string[]): { given: Source; print: boolean } {
  const given: Source = new Map()
  let print = false
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] as string
    if (!word.startsWith('--')) throw new Refusal(`"${word}" is not an option: see --help`)
    const equals = word.indexOf('=')
    const flag = equals < 0 ? word.slice(2) : word.slice(2, equals)
    if (word === '--print-config') {
      print = true
      continue
    }
    if (!KNOWN.has(flag)) {
      throw new Refusal(`--${flag} is not an option${meant(flag, '--', Object.keys(QUESTIONS))}`)
    }
    const value = equals < 0 ? argv[++at] : word.slice(equals + 1)
    if (value === undefined || (equals < 0 && value.startsWith('--'))) {
      throw new Refusal(`--${flag} needs a value: --${flag} ${KNOWN.get(flag)?.value}`)
    }
    given.set(flag, { value, from: `--${flag}` })
  }
  return { given, print }
}

/**
 * A variable of ours that means nothing is only warned of: orchestrators set some by themselves
 * (`TRIBUTARY_SERVICE_HOST`, for a service of this name). An empty one counts as not set.
 */
function readVariables(env: Readonly<Record<string, string | undefined>>): {
  given: Source
  unknown: string[]
} {
  const given: Source = new Map()
  const unknown: string[] = []
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(VARIABLES) || value === undefined || value === '') continue
    const flag = variable.slice(VARIABLES.length).toLowerCase().replaceAll('_', '-')
    if (KNOWN.has(flag) && variable === KNOWN.get(flag)?.variable) {
      given.set(flag, { value, from: variable })
    } else unknown.push(`${variable} is not an option${meant(flag, '')}`)
  }
  return { given, unknown }
}

function readConfigFile(file: string): Source {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''))
  } catch (thrown) {
    const why = (thrown as Error).message.replaceAll('\n', ' ')
    throw new Refusal(
      thrown instanceof SyntaxError
        ? `the config file ${file} is not JSON: ${why}`
        : `the config file ${file} cannot be read: ${why}`,
    )
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new Refusal(`the config file ${file} must hold one object, like {"port": 8787}`)
  }
  const given: Source = new Map()
  for (const [flag, value] of Object.entries(content)) {
    const from = `"${flag}" in ${file}`
    if (flag === CONFIG_FILE.flag || !KNOWN.has(flag)) {
      throw new Refusal(`${from} is not an option${meant(flag, '')}`)
    }
    given.set(flag, { value, from })
  }
  return given
}

function meant(flag: string, prefix: string, others: readonly string[] = []): string {
  const near = nearest(flag, [...KNOWN.keys(), ...others])
  return near === null ? ': see --help' : `: is ${prefix}${near} meant?`
}

/** The value from the first source that has one, checked. */
function settle(option: Option, sources: readonly Source[]): Given {
  const given = sources.find((source) => source.has(option.flag))?.get(option.flag)
  if (given === undefined) return { value: option.default, from: 'default' }
  const checked = option.check.safeParse(given.value)
  if (checked.success) return { value: checked.data, from: given.from }
  const must = checked.error.issues[0]?.message
  throw new Refusal(`${given.from} must be ${must}, not ${JSON.stringify(given.value)}`)
}
