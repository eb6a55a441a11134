const letters = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** One or two letters that stand for a name: `QH` for `Quiet Heron`. */
export function initialsOf(name: string): string {
  const words = name.split(' ').filter((word) => word !== '')
  const [first = '', last = ''] = [words.at(0), words.length > 1 ? words.at(-1) : '']
  return (firstOf(first) + firstOf(last)).toLocaleUpperCase()
}

function firstOf(word: string): string {
  const [letter] = letters.segment(word)
  return letter?.segment ?? ''
}
