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
    const end = new AbortController()
    globalThis.addEventListener('online', fn, end)
    const page: Document | undefined = globalThis.document
    const look = () => {
      if (page?.visibilityState === 'visible') fn()
    }
    page?.addEventListener('visibilitychange', look, end)
    return () => end.abort()
  },
}
