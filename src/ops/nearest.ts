/**
 * What somebody probably meant: the candidate with the fewest letters to change, if they are few.
 *
 * @example nearest('prot', ['host', 'port']) // 'port'
 */
export function nearest(word: string, candidates: readonly string[]): string | null {
  let best: string | null = null
  // A third of a word may be wrong, but never all of it.
  let fewest = Math.min(Math.max(2, Math.floor(word.length / 3)), word.length - 1) + 1
  for (const candidate of candidates) {
    const changes = distance(word, candidate)
    if (changes < fewest) {
      best = candidate
      fewest = changes
    }
  }
  return best
}

/** Letters to insert, remove or replace, row by row of the usual matrix. */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const here = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = (above[column - 1] as number) + (a[row - 1] === b[column - 1] ? 0 : 1)
      here.push(Math.min(replaced, (above[column] as number) + 1, (here[column - 1] as number) + 1))
    }
    above = here
  }
  return above[b.length] as number
}
