/**
 * A pattern of entity ids, compared segment by segment between `/`. `*` stands for any run of
 * characters inside one segment, an empty one too; a last segment `**` for the rest, at least one
 * segment. Everything else stands for itself: no case folding, no Unicode normalisation, no escape.
 *
 * No regular expression is made of it, since a stranger's pattern could make one of exponential
 * time. A match takes time linear in the lengths of pattern and id.
 *
 * @example
 * matcherOf('notes/*')('notes/today')    // true
 * matcherOf('notes/*')('notes/2026/may') // false
 * matcherOf('notes/**')('notes/2026/may') // true
 */
export function matcherOf(pattern: string): (id: string) => boolean {
  const segments = pattern.split('/')
  const takesRest = segments.at(-1) === '**'
  if (takesRest) segments.pop()
  const matchers = segments.map(segmentMatcher)
  return (id) => {
    const parts = id.split('/')
    const enough = takesRest ? parts.length > matchers.length : parts.length === matchers.length
    return enough && matchers.every((matches, at) => matches(parts[at] as string))
  }
}

/** Between stars only texts are left: the first begins it, the last ends it, the others follow. */
function segmentMatcher(segment: string): (part: string) => boolean {
  const [first = '', ...rest] = segment.split('*')
  const last = rest.pop()
  if (last === undefined) return (part) => part === first
  const middle = rest.filter((text) => text !== '').map((text) => [text, borders(text)] as const)
  return (part) => {
    const end = part.length - last.length
    let at = first.length
    if (at > end || !part.startsWith(first) || !part.endsWith(last)) return false
    // The earliest place of each is as good as any later one.
    return middle.every(([text, table]) => {
      at = behind(part, at, end, text, table)
      return at >= 0
    })
  }
}

/** Of every beginning of `text`: the length of its longest end that also begins it. */
function borders(text: string): number[] {
  const table = [0]
  let length = 0
  for (let at = 1; at < text.length; at++) {
    while (length > 0 && text[at] !== text[length]) length = table[length - 1] as number
    if (text[at] === text[length]) length++
    table.push(length)
  }
  return table
}

/**
 * Where the first `text` in `part` from `from` to `end` is over; -1 when there is none. By Knuth,
 * Morris and Pratt: `indexOf` takes quadratic time for `aaaa…b` in `aaaa…a`.
 */
function behind(part: string, from: number, end: number, text: string, table: number[]): number {
  let length = 0
  for (let at = from; at < end; at++) {
    while (length > 0 && part[at] !== text[length]) length = table[length - 1] as number
    if (part[at] === text[length]) length++
    if (length === text.length) return at + 1
  }
  return -1
}
