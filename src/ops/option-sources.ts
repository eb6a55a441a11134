import { readFileSync } from 'node:fs'
import { fileTrouble } from '../core/file-trouble.ts'
import { nearest } from './nearest.ts'
import { CONFIG_FILE, type Given, OPTIONS, type Option, QUESTIONS, VARIABLES } from './options.ts'

/** What one source gives, by the flag of the option. */
export type Source = Map<string, Given>

/** What is wrong and what to do, in one line. */
export class Refusal extends Error {}

/** Every flag, variable and key of the server. */
export const KNOWN: ReadonlyMap<string, Option> = new Map(
  [...OPTIONS, CONFIG_FILE].map((option) => [option.flag, option]),
)

export interface Flags {
  readonly given: Source
  /** Of the options that may be given again: every value. */
  readonly lists: ReadonlyMap<string, readonly Given[]>
  readonly print: boolean
}

/**
 * @param known What each flag means: a command may call an option of the server by another name.
 * @throws {Refusal}
 */
export function readFlags(argv: readonly string[], known: ReadonlyMap<string, Option>): Flags {
  const given: Source = new Map()
  const lists = new Map<string, Given[]>()
  let print = false
  let before: { option: Option; flag: string } | undefined
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] as string
    if (!word.startsWith('--')) throw strayWord(word, before, known)
    const equals = word.indexOf('=')
    const flag = equals < 0 ? word.slice(2) : word.slice(2, equals)
    if (word === '--print-config' && known === KNOWN) {
      print = true
      continue
    }
    const option = known.get(flag)
    if (option === undefined) {
      throw new Refusal(`--${flag} is not an option${meantBy(flag, '--', known)}`)
    }
    const value = equals < 0 ? argv[++at] : word.slice(equals + 1)
    if (value === undefined || (equals < 0 && value.startsWith('--'))) {
      throw new Refusal(`--${flag} needs a value: --${flag} ${option.value}`)
    }
    const one = { value, from: `--${flag}` }
    given.set(option.flag, one)
    lists.set(option.flag, [...(lists.get(option.flag) ?? []), one])
    before = { option, flag }
  }
  return { given, lists, print }
}

/** A secret of several words that nobody quoted must not be shown by its second one. */
function strayWord(
  word: string,
  before: { option: Option; flag: string } | undefined,
  known: ReadonlyMap<string, Option>,
): Refusal {
  if (before?.option.isSecret === true) {
    return new Refusal(`--${before.flag} is one word: put it into quotes`)
  }
  const command = known === KNOWN ? nearest(word, COMMANDS) : null
  if (command !== null) return new Refusal(`"${word}" is not an option: is ${command} meant?`)
  // `help` and `-port` are only written wrongly; any other word may mean anything.
  const flag = word.replace(/^-/, '')
  const isOne = flag !== word || known.has(flag) || Object.hasOwn(QUESTIONS, flag)
  return new Refusal(`"${word}" is not an option${meantBy(isOne ? flag : '', '--', known)}`)
}

/** What may stand first, without dashes. */
const COMMANDS = ['token']

/**
 * A variable of ours that means nothing is only warned of: orchestrators set some by themselves
 * (`TRIBUTARY_SERVICE_HOST`, for a service of this name). An empty one counts as not set.
 */
export function readVariables(env: Readonly<Record<string, string | undefined>>): {
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
    } else unknown.push(`${variable} is not an option${meantBy(flag, '', KNOWN)}`)
  }
  return { given, unknown }
}

/** The values of the config file, if flags or variables name one. */
export function readConfigFile(sources: readonly Source[]): Source[] {
  const { value } = settle(CONFIG_FILE, sources)
  return value === null ? [] : [configIn(String(value))]
}

function configIn(file: string): Source {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''))
  } catch (thrown) {
    throw new Refusal(
      thrown instanceof SyntaxError
        ? `the config file ${file} is not JSON: ${withoutQuote(thrown.message.replaceAll('\n', ' '))}`
        : `the config file ${file} cannot be read: ${fileTrouble(thrown)}`,
    )
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new Refusal(`the config file ${file} must hold one object, like {"port": 8787}`)
  }
  const given: Source = new Map()
  for (const [flag, value] of Object.entries(content)) {
    const from = `"${flag}" in ${file}`
    if (flag === CONFIG_FILE.flag || !KNOWN.has(flag)) {
      throw new Refusal(`${from} is not an option${meantBy(flag, '', KNOWN)}`)
    }
    given.set(flag, { value, from })
  }
  return given
}

/** V8 quotes what stands around the fault, which may be the secret. */
const withoutQuote = (why: string): string => why.replace(/,? *(?:\.\.\.)?".*$/, '')

function meantBy(flag: string, prefix: string, known: ReadonlyMap<string, Option>): string {
  const isServer = known === KNOWN
  const questions = prefix === '' ? [] : isServer ? Object.keys(QUESTIONS) : ['help']
  const near = nearest(flag, [...known.keys(), ...questions])
  if (near !== null) return `: is ${prefix}${near} meant?`
  return isServer ? ': see --help' : ': see tributary token --help'
}

/** Of an address, which is refused for it. */
const withoutPassword = (shown: string): string => shown.replace(/\/\/[^/@]*@/g, '//…@')

/** The value from the first source that has one, checked. */
export function settle(option: Option, sources: readonly Source[]): Given {
  const given = sources.find((source) => source.has(option.flag))?.get(option.flag)
  return given === undefined ? { value: option.default, from: 'default' } : checked(option, given)
}

/** @throws {Refusal} */
export function checked(option: Option, { value, from }: Given): Given {
  const result = option.check.safeParse(value)
  if (result.success) return { value: result.data, from }
  const must = result.error.issues[0]?.message
  const not = option.isSecret === true ? '' : `, not ${withoutPassword(JSON.stringify(value))}`
  throw new Refusal(`${from} must be ${must}${not}`)
}
