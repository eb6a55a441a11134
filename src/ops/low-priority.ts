import { constants, getPriority, setPriority } from 'node:os'

const { PRIORITY_BELOW_NORMAL } = constants.priority

/**
 * The calling thread takes only what others leave over of the processor: a tenth of a core that is
 * wanted by one more. Of Linux alone, where a thread has a priority of its own and 0 names the
 * caller's; elsewhere it would be that of the whole process.
 */
export function lowerOwnPriority(): void {
  if (process.platform !== 'linux') return
  if (getPriority(0) < PRIORITY_BELOW_NORMAL) setPriority(0, PRIORITY_BELOW_NORMAL)
}
