import type { Clock } from '../core/clock.ts'
import { TributaryError } from '../core/errors.ts'

const FIRST_MS = 100
const MOST_MS = 2_000
/** Clients that wait longer are better sent to another node. */
const GIVE_UP_MS = 60_000

/**
 * Reads from the store, again and again while it cannot be asked: what is not known must not look
 * as if it were empty, and a client that is sent away is back in a moment and asks the same.
 *
 * @param isOver Whether nobody wants it any more; looked at before each further try.
 * @throws {TributaryError} what the last try threw; `draining` when it is over.
 */
export async function patiently<Value>(
  clock: Pick<Clock, 'monotonic' | 'after'>,
  read: () => Promise<Value>,
  isOver: () => boolean,
): Promise<Value> {
  const since = clock.monotonic()
  for (let tries = 0; ; tries++) {
    try {
      return await read()
    } catch (thrown) {
      const error = TributaryError.from(thrown)
      const isLate = clock.monotonic() - since >= GIVE_UP_MS
      if (error.code !== 'storage' || isLate) throw error
    }
    const ms = Math.min(MOST_MS, FIRST_MS * 2 ** tries)
    await new Promise<void>((resolve) => clock.after(ms, resolve))
    if (isOver()) throw new TributaryError('draining', 'this node is stopping')
  }
}
