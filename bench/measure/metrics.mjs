/**
 * What `/metrics` says, by the name of each line, labels included and `tributary_` left out.
 *
 * @param {number} port
 * @returns {Promise<(line: string) => number>} Throws for a line that is not there: a misspelt name
 *   must not read as 0.
 * @example (await readMetrics(8787))('compactions_total{result="committed"}')
 */
export async function readMetrics(port) {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`)
  /** @type {Map<string, number>} */
  const lines = new Map()
  for (const [, name = '', value] of (await answer.text()).matchAll(/^tributary_(\S+) (\S+)$/gm)) {
    lines.set(name, Number(value))
  }
  return (line) => {
    const value = lines.get(line)
    if (value === undefined) throw new Error(`no metric ${line}`)
    return value
  }
}
