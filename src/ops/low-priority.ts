import { readdirSync } from 'node:fs'
import { constants, getPriority, setPriority } from 'node:os'

const { PRIORITY_BELOW_NORMAL } = constants.priority
/** So much below the event loop: a third of its time, where both want all of a core. */
const BELOW = 5
const LOWEST = 19

/**
 * The calling thread takes only what others leave over of the processor: a tenth of a core that is
 * wanted by one more. Of Linux alone, where a thread has a priority of its own and 0 names the
 * caller's; elsewhere it would be that of the whole process.
 */
export function lowerOwnPriority(): void {
  if (process.platform !== 'linux') return
  if (getPriority(0) < PRIORITY_BELOW_NORMAL) setPriority(0, PRIORITY_BELOW_NORMAL)
}

/**
 * The threads that Node has started for itself, V8's for garbage and for compiling above all, make room
 * for this one. A collection is four of them that want a core for 0.1 s: where it is the loop's too,
 * clients waited for up to 90 ms, and now half as long. To be called first thing, since threads that
 * are started later are others'. Of Linux alone, as above.
 */
export function lowerHelpers(): void {
  if (process.platform !== 'linux') return
  const priority = Math.min(LOWEST, getPriority(0) + BELOW)
  for (const id of otherThreads()) {
    try {
      setPriority(id, priority)
    } catch {
      // It has ended, or nobody may do that here: then all goes on as it would elsewhere.
    }
  }
}

function otherThreads(): number[] {
  try {
    return readdirSync('/proc/self/task')
      .map(Number)
      .filter((id) => id !== process.pid)
  } catch {
    return []
  }
}
