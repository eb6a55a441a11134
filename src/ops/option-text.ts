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
`
const BOTTOM = `
Every option but the last three is also a variable, like TRIBUTARY_LOG_LEVEL for --log-level, and,
but for --config, a key of the config file. A flag counts before a variable, a variable before the
file. Sizes are written like 64MB or 256KB, times like 30s or 250ms.
`

export function helpText(): string {
  const lineOf = (option: Option): [string, string] => [
    `--${option.flag} ${option.value}`,
    `${option.what}${option.default === null ? '' : ` (${written(option.default, option.kind)})`}`,
  ]
  const group = (name: Option['group']) => OPTIONS.filter((option) => option.group === name)
  const sections: [string, [string, string][]][] = [
    [
      'Options',
      [
        ...[...group('options'), CONFIG_FILE].map(lineOf),
        ...Object.entries(QUESTIONS).map(([flag, what]): [string, string] => [`--${flag}`, what]),
      ],
    ],
    ['Limits: what is bounded', group('limits').map(lineOf)],
    ['Paces: how often and how long', group('paces').map(lineOf)],
  ]
  const width = Math.max(...sections.flatMap(([, lines]) => lines.map(([left]) => left.length)))
  const text = sections.map(
    ([title, lines]) =>
      `\n${title}\n${lines.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('')}`,
  )
  return TOP + text.join('') + BOTTOM
}

export function printedConfig(values: ReadonlyMap<Option, Given>): string {
  const entries = [...values].map(([{ flag }, { value, from }]) => [flag, { value, from }])
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`
}
