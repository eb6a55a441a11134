import type { Cancel } from '../../../src/core/clock.ts'
import type { Environment } from './environment.ts'

/** A page, or a worker of one. */
export const pageEnvironment: Environment = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
  get hasNetwork() {
    return navigator.onLine
  },
  onWake(fn) {
    const ends = [listen(globalThis, 'online', fn)]
    if (typeof document !== 'undefined') {
      ends.push(
        listen(document, 'visibilitychange', () => {
          if (document.visibilityState === 'visible') fn()
        }),
      )
    }
    return () => {
      for (const end of ends) end()
    }
  },
}

function listen(target: EventTarget, type: string, fn: () => void): Cancel {
  target.addEventListener(type, fn)
  return () => target.removeEventListener(type, fn)
}
