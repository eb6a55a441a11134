import type { Environment } from '../link/environment.ts'
import type { Surroundings } from './surroundings.ts'

/** Of one handle in a page. */
export function pageSurroundings(environment: Environment): Surroundings {
  const ask = (event: Event) => event.preventDefault()
  return {
    wall: environment.wall,
    after: environment.after,
    // A page that listens without need is not kept for the back button by some browsers.
    guard(losing) {
      const window = globalThis as Partial<
        Pick<EventTarget, 'addEventListener' | 'removeEventListener'>
      >
      window[losing ? 'addEventListener' : 'removeEventListener']?.('beforeunload', ask)
    },
  }
}
