import { setTimeout as pause } from 'node:timers/promises'

/** What a wait throws when its time is up. A test against a dead port must fail with just this. */
export class Deadline extends Error {
  constructor(what: string, ms: number, options?: ErrorOptions) {
    super(`not within ${ms} ms: ${what}`, options)
    this.name = 'Deadline'
  }
}

/**
 * Looks every few milliseconds whether something holds. Real processes have no clock that a test
 * could turn, so this is the one place where an end-to-end test spends time.
 *
 * @param ms How long to look before it is a failure.
 * @param every Milliseconds between two looks: more for looks that cost something.
 * @throws {Deadline}
 */
export async function until(
  what: string,
  ms: number,
  holds: () => boolean | Promise<boolean>,
  every = 5,
): Promise<void> {
  const end = performance.now() + ms
  while (!(await holds())) {
    if (performance.now() > end) throw new Deadline(what, ms)
    await pause(every)
  }
}

/** The promise's own outcome, or a `Deadline`. */
export async function within<Value>(
  what: string,
  ms: number,
  promise: Promise<Value>,
): Promise<Value> {
  const timer = new AbortController()
  const late = pause(ms, undefined, { signal: timer.signal }).then(() => {
    throw new Deadline(what, ms)
  })
  late.catch(() => {})
  try {
    return await Promise.race([promise, late])
  } finally {
    timer.abort()
  }
}
