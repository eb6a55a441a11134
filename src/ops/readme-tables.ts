import { type LimitName, limitTable } from '../core/limits.ts'
import { exposedName, type MetricName, type MetricRow, metricTable } from './metric-table.ts'
import { written } from './option-values.ts'
import { CONFIG_FILE, OPTIONS, type Option } from './options.ts'

/** The tables of the README, each by the name of its markers. */
const TABLES: Readonly<Record<string, () => string>> = {
  options: () => optionTable([...groupOf('options'), CONFIG_FILE]),
  paces: () => optionTable(groupOf('paces')),
  limits: () =>
    markdown(
      ['option', 'default', 'bounds', 'when reached'],
      groupOf('limits').map((option) => [
        `\`--${option.flag}\``,
        written(option.default, option.kind),
        option.what,
        limitTable[option.name as LimitName].reached,
      ]),
    ),
  metrics: () =>
    markdown(
      ['metric', 'kind', 'what'],
      Object.entries<MetricRow>(metricTable).map(([name, { kind, label, what }]) => [
        `\`${exposedName(name as MetricName)}${label === undefined ? '' : `{${label}}`}\``,
        kind === 'time' || kind === 'amount' ? 'histogram' : kind,
        what,
      ]),
    ),
}

/**
 * `text` with every table made anew between its markers.
 *
 * @throws {TypeError} When a table has no place, or a marker no table.
 * @example withTables('<!-- limits -->\n<!-- /limits -->')
 */
export function withTables(text: string): string {
  const used = new Set<string>()
  const filled = text.replace(/<!-- (\w+) -->\n.*?<!-- \/\1 -->/gs, (_, name: string) => {
    const table = TABLES[name]
    if (table === undefined) throw new TypeError(`there is no table "${name}"`)
    used.add(name)
    return `<!-- ${name} -->\n${table()}<!-- /${name} -->`
  })
  const homeless = Object.keys(TABLES).filter((name) => !used.has(name))
  if (homeless.length > 0) throw new TypeError(`no markers for ${homeless.join(', ')}`)
  return filled
}

const groupOf = (name: Option['group']) => OPTIONS.filter((option) => option.group === name)

function optionTable(options: readonly Option[]): string {
  const rows = options.map(({ flag, value, default: none, kind, what }) => [
    `\`--${flag} ${value}\``,
    written(none, kind),
    what,
  ])
  return markdown(['option', 'default', 'what'], rows)
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('')
}
