import type { Environment } from '../link/environment.ts'

/** A process. It is never hidden, and nobody tells it of networks. */
export const nodeEnvironment: Environment = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
  hasNetwork: true,
  onWake: () => () => {},
}
