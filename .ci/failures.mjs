/**
 * What failed in one step of CI, in few lines: `node .ci/failures.mjs NAME STATUS REPORT LOG`.
 * From Vitest's report (JSON) each test that failed, with the first of its errors; where no test
 * is to blame (no install, a type error, an unhandled error, out of time), the end of the log.
 */
import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

/** Of an error, and of a log: enough to see where to look. */
const ERROR_LINES = 12
const LOG_LINES = 40

const [name, status, report, log] = process.argv.slice(2)
const failures = existsSync(report) ? failedIn(JSON.parse(readFileSync(report, 'utf8'))) : []
const lines = failures.length > 0 ? failures : [...first(readFileSync(log, 'utf8'), -LOG_LINES)]
console.log([`== failed in ${name} (exit code ${status}):`, ...lines].join('\n'))

function failedIn({ testResults }) {
  return testResults.flatMap((file) => {
    const path = relative(process.cwd(), file.name)
    const tests = file.assertionResults.filter((test) => test.status === 'failed')
    if (tests.length === 0 && file.status === 'failed')
      return [`${path}: the file itself`, ...indented(file.message)]
    return tests.flatMap((test) => [
      `${path}: ${test.fullName}`,
      ...indented(test.failureMessages[0] ?? ''),
    ])
  })
}

function indented(message) {
  return first(message, ERROR_LINES).map((line) => `    ${line}`)
}

/** The first `count` lines of `text` without colours; the last ones where `count` is negative. */
function first(text, count) {
  const all = stripVTControlCharacters(text).trimEnd().split('\n')
  return count < 0 ? all.slice(count) : all.slice(0, count)
}
