import { readFileSync } from 'node:fs'
import { written } from './option-values.ts'
import { CONFIG_FILE, type Given, OPTIONS, type Option, QUESTIONS } from './options.ts'

/** From `package.json`, two folders up from here in the sources and in `dist/` alike. */
export function versionText(): string {
  const file = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

const TOP = `Tributary, a self-hosted server for shared state.

Usage: tributary [--option value]...
       tributary token --help     make a token for trying out
`
const BOTTOM = `
Every option but --help, --version and --print-config is also a variable, like TRIBUTARY_LOG_LEVEL
for --log-level, and, but for --config, a key of the config file. A flag counts before a variable, a variable before the
file. Sizes are written like 64MB or 256KB, times like 30s or 250ms.
`

/** Stands for the value of a secret, wherever values are shown. */
const HIDDEN = '(set)'
export const shown = (option: Option, value: unknown): unknown =>
  option.isSecret === true && value !== null ? HIDDEN : value

const lineOf = (option: Option, flag = option.flag): [string, string] => [
  `--${flag} ${option.value}`,
  `${option.what}${option.default === null ? '' : ` (${written(option.default, option.kind)})`}`,
]

export function helpText(): string {
  const group = (name: Option['group']) => OPTIONS.filter((option) => option.group === name)
  const sections: [string, [string, string][]][] = [
    [
      'Options',
      [
        ...[...group('options'), CONFIG_FILE].map((option) => lineOf(option)),
        ...Object.entries(QUESTIONS).map(([flag, what]): [string, string] => [`--${flag}`, what]),
      ],
    ],
    ['Limits: what is bounded', group('limits').map((option) => lineOf(option))],
    ['Paces: how often and how long', group('paces').map((option) => lineOf(option))],
  ]
  return TOP + sectionsText(sections) + BOTTOM
}

function sectionsText(sections: readonly [string, [string, string][]][]): string {
  const width = Math.max(...sections.flatMap(([, lines]) => lines.map(([left]) => left.length)))
  return sections
    .map(
      ([title, lines]) =>
        `\n${title}\n${lines.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('')}`,
    )
    .join('')
}

const TOKEN_TOP = `Prints a token for trying out, signed with the secret of the server (HS256).

Usage: tributary token --sub NAME --grant PATTERN:MAY [--option value]...
`
const TOKEN_BOTTOM = `
In a pattern * stands for any characters between two /, a last ** for everything from there on.
The options of the server are taken from their variables and the config file as well. A secret that
stands in the command line is seen by everyone on this machine: TRIBUTARY_AUTH_SECRET is not.
`

/** @param flags Of the command `token`, with what they mean. */
export function tokenHelpText(flags: ReadonlyMap<string, Option>): string {
  const lines = [...flags].map(([flag, option]) => lineOf(option, flag))
  return TOKEN_TOP + sectionsText([['Options', lines]]) + TOKEN_BOTTOM
}

export function printedConfig(values: ReadonlyMap<Option, Given>): string {
  const entries = [...values].map(([option, { value, from }]) => [
    option.flag,
    { value: shown(option, value), from },
  ])
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`
}
