import type { Measure } from './measure.ts'

/** A word, or the space between two. */
interface Token {
  readonly text: string
  readonly width: number
  readonly isGap: boolean
  /** Its characters as people see them, once they were needed. */
  parts?: readonly Row[]
}

export interface Row {
  readonly text: string
  readonly width: number
}

const SPACE = /^\s+$/
/**
 * Texts in which every UTF-16 unit is a character of its own (Latin, Greek, Cyrillic, kana, Chinese,
 * Korean): no need to ask the segmenter, which takes 1 ms for a thousand.
 */
const SIMPLE =
  /^[\x20-\x7e\xa0-\u02ff\u0370-\u0482\u048a-\u052f\u3041-\u3096\u30a1-\u30ff\u3400-\u9fff\uac00-\ud7a3]*$/
const LINE_ENDS = /\r\n|[\n\r\u2028\u2029]/

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/**
 * A text taken to pieces and measured once, in letters of size 1: widths grow with the letters, so a
 * text can be tried at many sizes and widths at the cost of some additions.
 */
export class Words {
  readonly #measure: (text: string) => number
  readonly #lines: readonly (readonly Token[])[]

  /** `size`: the size to measure at, near the one to be painted: fonts have hints. */
  constructor(text: string, measure: Measure, size: number) {
    const known = new Map<string, number>()
    this.#measure = (part) => {
      const before = known.get(part)
      if (before !== undefined) return before
      const width = measure(part, size) / size
      known.set(part, width)
      return width
    }
    this.#lines = text
      .replaceAll('\t', '    ')
      .split(LINE_ENDS)
      .map((line) => line.split(/(\s+)/).filter((part) => part !== ''))
      .map((parts) =>
        parts.map((part) => ({
          text: part,
          width: this.#measure(part),
          isGap: SPACE.test(part),
        })),
      )
  }

  /** The width of the widest word, in letters. */
  get widest(): number {
    let widest = 0
    for (const line of this.#lines) {
      for (const { width, isGap } of line) if (!isGap && width > widest) widest = width
    }
    return widest
  }

  /**
   * Lines of at most `room` letters' sizes: broken between words, and within a word that is wider
   * than a line, between characters as people see them. A space at a break hangs out unseen.
   */
  rows(room: number): Row[] {
    // What was measured to fit must fit, whatever the arithmetic in between.
    const most = room + 1e-6 * (1 + Math.abs(room))
    return this.#lines.flatMap((line) => this.#rowsOf(line, most))
  }

  /** The same rows with a sign at the end that they are not all. */
  cut(rows: readonly Row[], room: number): Row[] {
    const last = rows.at(-1)
    if (last === undefined) return []
    const width = this.#measure('…')
    const parts = charactersOf(last.text)
    let left = last.width
    while (left + width > room && parts.length > 0) left -= this.#measure(parts.pop() ?? '')
    return [...rows.slice(0, -1), { text: `${parts.join('')}…`, width: Math.max(0, left) + width }]
  }

  #rowsOf(line: readonly Token[], room: number): Row[] {
    const rows: Row[] = []
    let row: Row = { text: '', width: 0 }
    let gap: Row = row
    const end = () => {
      rows.push(row)
      row = gap = { text: '', width: 0 }
    }
    for (const token of line) {
      if (token.isGap) {
        gap = token
        continue
      }
      if (row.text !== '' && row.width + gap.width + token.width > room) end()
      const width = row.width + gap.width + token.width
      if (width <= room || token.text.length === 1) {
        row = { text: row.text + gap.text + token.text, width }
        gap = { text: '', width: 0 }
        continue
      }
      // The word alone is too wide.
      token.parts ??= charactersOf(token.text).map((text) => ({ text, width: this.#measure(text) }))
      for (const part of token.parts) {
        if (row.text !== '' && row.width + part.width > room) end()
        row = { text: row.text + part.text, width: row.width + part.width }
      }
      gap = { text: '', width: 0 }
    }
    rows.push(row)
    return rows
  }
}

const charactersOf = (word: string): string[] =>
  SIMPLE.test(word) ? word.split('') : Array.from(segmenter.segment(word), ({ segment }) => segment)
