import type { Figures } from '../showoff/figures.ts'

/** What the panel says, in the order of its rows. */
export const FIGURE_ROWS = [
  ['Frames per second', ({ fps }) => whole(fps)],
  ['CPU per frame', ({ cpuMs }) => withUnit(cpuMs === null ? null : cpuMs.toFixed(1), 'ms')],
  ['Peer latency, p50', ({ latencyP50 }) => withUnit(whole(latencyP50), 'ms')],
  ['Peer latency, p99', ({ latencyP99 }) => withUnit(whole(latencyP99), 'ms')],
  ['In', ({ bytesIn }) => perSecond(bytesIn)],
  ['Out', ({ bytesOut }) => perSecond(bytesOut)],
  ['Round trip', ({ roundTrip }) => withUnit(whole(roundTrip), 'ms')],
  ['Changes kept here', ({ waiting }) => whole(waiting)],
  ['Shapes', ({ shapes }) => whole(shapes)],
  ['People', ({ people }) => whole(people)],
] as const satisfies readonly (readonly [string, (figures: Figures) => string])[]

const NOTHING = '–'
const numbers = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

const whole = (value: number | null) => (value === null ? NOTHING : numbers.format(value))
const withUnit = (value: string | null, unit: string) =>
  value === null || value === NOTHING ? NOTHING : `${value} ${unit}`

/** Bytes per second, in thousands: `950 B/s`, `12.3 kB/s`, `1.20 MB/s`. */
function perSecond(bytes: number | null): string {
  if (bytes === null) return NOTHING
  if (bytes < 999.5) return `${bytes.toFixed(0)} B/s`
  if (bytes < 999_950) return `${(bytes / 1_000).toFixed(1)} kB/s`
  return `${(bytes / 1_000_000).toFixed(2)} MB/s`
}
