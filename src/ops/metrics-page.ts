import { monitorEventLoopDelay } from 'node:perf_hooks'
import * as prom from 'prom-client'
import { Family, Histogram, OpenFamily } from './instruments.ts'
import { exposedName, type MetricName, type MetricRow, metricTable } from './metric-table.ts'
import type { Metrics } from './metrics.ts'

/** What `/metrics` answers. */
export interface MetricsPage {
  readonly contentType: string
  /** Prometheus text: `tributary_…`, and a few `process_…` and `nodejs_…` of the process. */
  text(): Promise<string>
  /** Stops watching the event loop. Idempotent. */
  close(): void
}

/** How often the event loop is looked at, in ms. Node counts this interval into the delay. */
const RESOLUTION = 20

export function createMetricsPage(metrics: Metrics): MetricsPage {
  const registry = new prom.Registry()
  for (const [name, row] of Object.entries<MetricRow>(metricTable)) {
    expose(registry, metrics[name as MetricName], exposedName(name as MetricName), row)
  }
  exposeProcess(registry)

  const loop = monitorEventLoopDelay({ resolution: RESOLUTION })
  loop.enable()
  for (const [quantile, gauge] of metrics.eventLoopDelay) {
    const percent = Number(quantile) * 100
    gauge.readFrom(() => Math.max(0, loop.percentile(percent) / 1e6 - RESOLUTION) / 1e3)
  }

  return {
    contentType: registry.contentType,
    async text() {
      const text = await registry.metrics()
      loop.reset()
      return text
    },
    close: () => {
      loop.disable()
    },
  }
}

function expose(
  registry: prom.Registry,
  instrument: Metrics[MetricName],
  name: string,
  { what: help, label, kind }: MetricRow,
): void {
  if (instrument instanceof Histogram) {
    registry.registerMetric(new ShownHistogram(name, help, instrument, kind === 'time' ? 1e-3 : 1))
    return
  }
  const shape = {
    name,
    help,
    labelNames: label === undefined ? [] : [label],
    registers: [registry],
    collect(this: prom.Counter | prom.Gauge): void {
      this.reset()
      const many = instrument instanceof Family || instrument instanceof OpenFamily
      if (!many) this.inc(instrument.value)
      else for (const [value, { value: now }] of instrument) this.inc({ [`${label}`]: value }, now)
    },
  }
  if (kind === 'counter') new prom.Counter(shape)
  else new prom.Gauge(shape)
}

/**
 * Our counts in the shape of prom-client, whose own histogram can only be filled one by one. Its
 * registry asks `getForPromString`, which the types leave out, and `get` is made from it.
 */
class ShownHistogram extends prom.Histogram {
  readonly #shown: { readonly name: string; readonly help: string }
  readonly #from: Histogram
  readonly #unit: number

  constructor(name: string, help: string, from: Histogram, unit: number) {
    super({ name, help, registers: [] })
    this.#shown = { name, help }
    this.#from = from
    this.#unit = unit
  }

  async getForPromString() {
    const { bounds, counts, sum } = this.#from
    const { name } = this.#shown
    const values: (prom.MetricValueWithName<'le'> & { metricName: string })[] = []
    let upTo = 0
    for (const [bucket, count] of counts.entries()) {
      upTo += count
      const bound = bounds[bucket]
      const le = bound === undefined ? '+Inf' : Number((bound * this.#unit).toPrecision(6))
      values.push({ metricName: `${name}_bucket`, labels: { le }, value: upTo })
    }
    values.push({ metricName: `${name}_sum`, labels: {}, value: sum * this.#unit })
    values.push({ metricName: `${name}_count`, labels: {}, value: upTo })
    return { ...this.#shown, type: 'histogram', values, aggregator: 'sum' }
  }
}

/** The names every Node dashboard knows; the dozens more that prom-client offers cost a GC observer. */
function exposeProcess(registry: prom.Registry): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    new prom.Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
  }
  const startedAt = Date.now() / 1e3 - process.uptime()
  gauge(
    'process_start_time_seconds',
    'when the process started, in seconds since 1970',
    () => startedAt,
  )
  gauge('process_resident_memory_bytes', 'memory of the process', () => process.memoryUsage.rss())
  gauge(
    'nodejs_heap_size_used_bytes',
    'JavaScript heap in use',
    () => process.memoryUsage().heapUsed,
  )
  gauge(
    'nodejs_external_memory_bytes',
    'memory outside the JavaScript heap',
    () => process.memoryUsage().external,
  )
  new prom.Counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time of the process, all threads',
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage()
      this.reset()
      this.inc((user + system) / 1e6)
    },
  })
}
