/** What `performance.now()` has to be raised by to count from the start of the machine. */
const OFFSET = Number(process.hrtime.bigint()) / 1e6 - performance.now()

/**
 * Milliseconds on a clock that all processes of one machine share and nobody sets. So a reader can
 * say how old an update is that another process has sent.
 */
export function now() {
  return performance.now() + OFFSET
}
