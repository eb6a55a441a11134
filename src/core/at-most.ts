import type { Cancel, Clock } from './clock.ts'

/**
 * Waits for something that may never end, for a while.
 *
 * @param ms Not below 0.
 * @returns whether it has ended by then.
 * @throws what it throws by then.
 * @example await atMost(clock, 2_000, goodbye)
 */
export async function atMost(
  clock: Pick<Clock, 'after'>,
  ms: number,
  work: Promise<unknown> | null,
): Promise<boolean> {
  let cancel: Cancel = () => {}
  const late = new Promise<false>((resolve) => {
    cancel = clock.after(ms, () => resolve(false))
  })
  try {
    return await Promise.race([Promise.resolve(work).then(() => true), late])
  } finally {
    cancel()
  }
}
