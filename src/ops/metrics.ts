import { Counter, Family, Gauge, Histogram, OpenFamily } from './instruments.ts'
import { type MetricName, type MetricRow, type MetricTable, metricTable } from './metric-table.ts'

type Instrument<Row> = Row extends { most: number }
  ? OpenFamily<Row extends { kind: 'counter' } ? Counter : Gauge>
  : Row extends { values: readonly (infer Label extends string)[] }
    ? Family<Row extends { kind: 'counter' } ? Counter : Gauge, Label>
    : Row extends { kind: 'counter' }
      ? Counter
      : Row extends { kind: 'gauge' }
        ? Gauge
        : Histogram

/** An instrument per row of the table. */
export type Metrics = { readonly [name in MetricName]: Instrument<MetricTable[name]> }

/**
 * Nothing but numbers: no timer, no listener, nothing to close.
 *
 * @example
 * const metrics = createMetrics()
 * metrics.updatesIn.add()
 * metrics.refusals.of('malformed').add()
 * metrics.appendTime.observe(0.8) // milliseconds
 * metrics.entities.readFrom(() => registry.size)
 */
export function createMetrics(): Metrics {
  const rows = Object.entries<MetricRow>(metricTable)
  return Object.fromEntries(rows.map(([name, row]) => [name, instrument(row)])) as Metrics
}

function instrument(row: MetricRow): Metrics[MetricName] {
  const { kind, values, most, buckets = [] } = row
  if (kind === 'time' || kind === 'amount') return new Histogram(buckets)
  const make = kind === 'counter' ? () => new Counter() : () => new Gauge()
  if (most !== undefined) return new OpenFamily(most, values ?? [], make) as Metrics[MetricName]
  return values === undefined ? make() : (new Family(values, make) as Metrics[MetricName])
}
