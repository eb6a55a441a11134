import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/**
 * @typedef {readonly [position: number, deleted: number, inserted: string]} Patch
 *
 * @typedef {object} Transaction
 * @property {number} agent
 * @property {readonly number[]} seen How many transactions of each author it had seen, its own included.
 * @property {readonly Patch[]} patches
 *
 * @typedef {object} Recording
 * @property {number} authors
 * @property {readonly Transaction[]} transactions In an order in which each comes after what it had seen.
 * @property {number} concurrent Transactions whose author had not seen all that stand before it.
 * @property {string} endContent
 * @property {boolean} countsUnits Positions are UTF-16 units as well: nothing lies beyond U+FFFF.
 */

/**
 * A session of the format of `editing-traces`, sequential or concurrent.
 *
 * @param {string} file `.json` or `.json.gz`.
 * @returns {Recording}
 */
export function readRecording(file) {
  const bytes = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  return parseRecording(JSON.parse(text))
}

/**
 * @param {{
 *   startContent?: string,
 *   endContent: string,
 *   txns: readonly { parents?: readonly number[], agent?: number, patches: readonly Patch[] }[],
 * }} trace
 * @returns {Recording}
 */
export function parseRecording({ startContent = '', endContent, txns }) {
  if (!Array.isArray(txns) || typeof endContent !== 'string') {
    throw new Error('not a recorded session: it needs `txns` and `endContent`')
  }
  const isConcurrent = txns.some(({ parents }) => parents !== undefined)
  if (isConcurrent && startContent !== '') {
    throw new Error('a concurrent session that starts with content is not understood')
  }
  const authors = 1 + Math.max(0, ...txns.map(({ agent }) => agent ?? 0))
  const written = new Array(authors).fill(0)
  /** What each transaction had seen, itself included, as a count per author. @type {number[][]} */
  const versions = []
  let concurrent = 0
  const transactions = txns.map(({ agent = 0, parents, patches }, index) => {
    const seen = new Array(authors).fill(0)
    for (const parent of parents ?? (index === 0 ? [] : [index - 1])) {
      const version = versions[parent]
      if (version === undefined) throw new Error(`transaction ${index} comes before its parent`)
      for (const [author, count] of version.entries()) seen[author] = Math.max(seen[author], count)
    }
    // Counts per author say what was seen only as long as each author goes on from his own last.
    if (seen[agent] !== written[agent]) {
      throw new Error(`author ${agent} wrote transaction ${index} beside an own earlier one`)
    }
    if (seen.reduce((sum, count) => sum + count, 0) < index) concurrent++
    written[agent]++
    versions.push(seen.with(agent, seen[agent] + 1))
    return { agent, seen, patches }
  })
  const [first] = transactions
  if (startContent !== '' && first !== undefined) {
    first.patches = [[0, 0, startContent], ...first.patches]
  }
  const inserted = txns.flatMap(({ patches }) =>
    patches.map((/** @type {Patch} */ patch) => patch[2]),
  )
  const countsUnits = ![startContent, ...inserted].some((text) =>
    /[\u{10000}-\u{10ffff}]/u.test(text),
  )
  return { authors, transactions, concurrent, endContent, countsUnits }
}
