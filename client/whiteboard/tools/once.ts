import type { Gesture, Tool } from './tool.ts'

/**
 * The same tool, with gestures that end once. A browser tells of a lost pointer after its release
 * too, and a `cancel` then must not take back what was dropped.
 */
export function once(tool: Tool): Tool {
  return {
    ...tool,
    down(press) {
      const gesture = tool.down(press)
      return gesture && endingOnce(gesture)
    },
  }
}

function endingOnce(gesture: Gesture): Gesture {
  let over = false
  /** Whether this call is the one that ends it. */
  const ends = (): boolean => {
    if (over) return false
    over = true
    return true
  }
  return {
    move(presses) {
      if (!over && presses.length > 0) gesture.move(presses)
    },
    up(press) {
      if (ends()) gesture.up(press)
    },
    cancel() {
      if (ends()) gesture.cancel()
    },
  }
}
