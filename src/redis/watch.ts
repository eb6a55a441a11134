import type { Cancel, Clock } from '../core/clock.ts'
import type { RedisLink } from './link.ts'

/** A change of its configuration is known after this time at the latest, and a few calls more. */
const LOOK_MS = 10_000
/** While nothing can be written: how soon it is noticed that it can again. */
const TROUBLED_MS = 1_000

/**
 * Looks every now and then how the Redis of a link stands, and whether it takes anything: a node of
 * which nobody writes would not know otherwise.
 *
 * @returns what ends that.
 */
export function watchRedis(link: RedisLink, clock: Pick<Clock, 'after'>): () => void {
  let cancel: Cancel = () => {}
  let closed = false
  const look = async (): Promise<void> => {
    await Promise.all([link.examine(), link.tryWriting()])
    next()
  }
  const next = (): void => {
    cancel()
    if (closed) return
    const ms = link.trouble === null ? LOOK_MS : TROUBLED_MS
    cancel = clock.after(ms, () => void look())
  }
  next()
  const unlisten = link.onState((state) => {
    // It was looked at just now.
    if (state.is === 'ready') next()
  })
  return () => {
    closed = true
    unlisten()
    cancel()
  }
}
