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
const lines = failures.length > 0 ? failures : linesOf(readFileSync(log, 'utf8')).slice(-LOG_LINES)
console.log([`== failed in ${name} (exit code ${status}):`, ...lines].join('\n'))

function failedIn({ testResults }) {
  return testResults.flatMap((file) => {
    const path = relative(process.cwd(), file.name)
    const tests = file.assertionResults.filter((test) => test.status === 'failed')
    if (tests.length > 0)
      return tests.flatMap((test) => told(`${path}: ${test.fullName}`, test.failureMessages[0]))
    return file.status === 'failed' ? told(`${path}: the file itself`, file.message) : []
  })
}

function told(what, message = '') {
  return [
    what,
    ...linesOf(message)
      .slice(0, ERROR_LINES)
      .map((line) => `    ${line}`),
  ]
}

function linesOf(text) {
  return stripVTControlCharacters(text).trimEnd().split('\n')
}
