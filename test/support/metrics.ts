/** The samples of one `/metrics` answer. */
export class Metrics {
  readonly #samples: readonly Sample[]

  constructor(text: string) {
    this.#samples = text.split('\n').flatMap(parseSample)
  }

  /**
   * The sum of the samples of that name which carry at least these labels.
   *
   * @param name Without the prefix `tributary_`.
   * @throws {TypeError} when there is none: a misspelt name must not read as 0.
   * @example metrics.sum('refusals_total', { code: 'malformed' })
   */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const matching = this.#samples.filter(
      (sample) =>
        sample.name === `tributary_${name}` &&
        Object.entries(labels).every(([label, value]) => sample.labels.get(label) === value),
    )
    if (matching.length === 0) throw new TypeError(`no metric ${name} ${JSON.stringify(labels)}`)
    return matching.reduce((sum, sample) => sum + sample.value, 0)
  }
}

interface Sample {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g

function parseSample(line: string): Sample[] {
  const match = LINE.exec(line)
  if (match === null) return []
  const labels = [...(match[2] ?? '').matchAll(LABEL)]
  return [
    {
      name: match[1] as string,
      labels: new Map(labels.map((label) => [label[1] as string, label[2] as string])),
      value: Number(match[3]),
    },
  ]
}

/** @param url The server's address, `http://127.0.0.1:1234`. */
export async function readMetrics(url: string): Promise<Metrics> {
  const response = await fetch(`${url}/metrics`)
  if (!response.ok) throw new Error(`/metrics answered ${response.status}`)
  return new Metrics(await response.text())
}
