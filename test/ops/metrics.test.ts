import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Counter, OpenFamily } from '../../src/ops/instruments.ts'
import {
  exposedName,
  type MetricName,
  type MetricRow,
  metricTable,
} from '../../src/ops/metric-table.ts'
import { createMetrics, type Metrics } from '../../src/ops/metrics.ts'
import { createMetricsPage, type MetricsPage } from '../../src/ops/metrics-page.ts'

let metrics: Metrics
let page: MetricsPage
beforeEach(() => {
  metrics = createMetrics()
  page = createMetricsPage(metrics)
})
afterEach(() => page.close())

/** The lines of the page that are values, by name and labels. */
async function values(): Promise<Map<string, number>> {
  const lines = (await page.text())
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ')
      return [line.slice(0, at), Number(line.slice(at + 1))]
    }),
  )
}

describe('[H10] the metrics page', () => {
  test('shows every row of the table before anything has happened', async () => {
    const text = await page.text()
    for (const [name, row] of Object.entries<MetricRow>(metricTable)) {
      const exposed = exposedName(name as MetricName)
      const kind = row.kind === 'counter' || row.kind === 'gauge' ? row.kind : 'histogram'
      expect(text).toContain(`# HELP ${exposed} ${row.what}\n# TYPE ${exposed} ${kind}\n${exposed}`)
    }
  })

  test('names follow the habits of Prometheus', () => {
    const names = Object.keys(metricTable).map((name) => exposedName(name as MetricName))
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/^tributary_[a-z]+(_[a-z]+)*$/)
    expect(names).toEqual(
      expect.arrayContaining([
        'tributary_sessions',
        'tributary_entities_open',
        'tributary_updates_in_total',
        'tributary_tick_seconds',
        'tributary_batch_updates',
        'tributary_event_loop_delay_seconds',
      ]),
    )
  })

  test('counts, moves and reads', async () => {
    metrics.updatesIn.add()
    metrics.updatesIn.add(4)
    metrics.sessions.add(3)
    metrics.sessions.add(-1)
    metrics.outboxBytes.set(17)
    metrics.entities.readFrom(() => 42)
    metrics.refusals.of('malformed').add()
    metrics.tier.of('disk').set(1)
    const shown = await values()
    expect(shown.get('tributary_updates_in_total')).toBe(5)
    expect(shown.get('tributary_sessions')).toBe(2)
    expect(shown.get('tributary_outbox_bytes')).toBe(17)
    expect(shown.get('tributary_entities_open')).toBe(42)
    expect(shown.get('tributary_refusals_total{code="malformed"}')).toBe(1)
    expect(shown.get('tributary_refusals_total{code="internal"}')).toBe(0)
    expect(shown.get('tributary_tier{tier="disk"}')).toBe(1)
    expect(shown.get('tributary_tier{tier="memory"}')).toBe(0)
    expect((await values()).get('tributary_updates_in_total')).toBe(5)
  })

  test('puts times into cumulated buckets, in seconds', async () => {
    for (const ms of [0.2, 0.5, 0.7, 3, 70_000]) metrics.appendTime.observe(ms)
    const shown = await values()
    const bucket = (le: string) => shown.get(`tributary_append_seconds_bucket{le="${le}"}`)
    expect([
      bucket('0.0005'),
      bucket('0.001'),
      bucket('0.005'),
      bucket('5'),
      bucket('+Inf'),
    ]).toEqual([2, 3, 4, 4, 5])
    expect(shown.get('tributary_append_seconds_count')).toBe(5)
    expect(shown.get('tributary_append_seconds_sum')).toBeCloseTo(70.0044, 9)
  })

  test('and amounts as they are', async () => {
    metrics.batchUpdates.observe(3)
    const shown = await values()
    expect(shown.get('tributary_batch_updates_bucket{le="2"}')).toBe(0)
    expect(shown.get('tributary_batch_updates_bucket{le="4"}')).toBe(1)
  })

  test('sees a blocked event loop, and forgets it after it was read', async () => {
    await new Promise((resolve) => setTimeout(resolve, 60))
    const until = performance.now() + 200
    while (performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve, 60))
    const worst = 'tributary_event_loop_delay_seconds{quantile="1"}'
    expect((await values()).get(worst)).toBeGreaterThan(0.1)
    expect((await values()).get(worst)).toBeLessThan(0.1)
  })

  test('tells of the process, and of this server alone', async () => {
    const other = createMetricsPage(createMetrics())
    try {
      metrics.updatesIn.add()
      expect(await other.text()).toContain('\ntributary_updates_in_total 0\n')
      const shown = await values()
      expect(shown.get('process_resident_memory_bytes')).toBeGreaterThan(1e6)
      expect(shown.get('process_cpu_seconds_total')).toBeGreaterThan(0)
    } finally {
      other.close()
      other.close()
    }
  })
})

describe('[H10] a label whose values come with the tenants', () => {
  test('tells the first apart, and counts all others as one', () => {
    const family = new OpenFamily(3, ['default'], () => new Counter())
    for (const tenant of ['a', 'b', 'c', 'd', 'a', 'default']) family.of(tenant).add()
    expect([...family].map(([label, { value }]) => [label, value])).toEqual([
      ['default', 1],
      ['a', 2],
      ['b', 1],
      ['(others)', 2],
    ])
  })
})
