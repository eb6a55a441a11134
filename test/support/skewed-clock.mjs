// Preloaded into a server (NODE_OPTIONS=--import …): steps its wall clock. The file named by
// SKEWED_CLOCK holds by how many milliseconds, and may change at any time; each thread reads it again
// every 20 ms. What Node calls monotonic is left alone, as the system does.

import { readFileSync } from 'node:fs'

const RealDate = Date
const file = String(process.env.SKEWED_CLOCK)
let skew = 0

function look() {
  try {
    skew = Number(readFileSync(file, 'utf8')) || 0
  } catch {
    skew = 0
  }
}
look()
setInterval(look, 20).unref()

const now = () => RealDate.now() + skew
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, made) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, made),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
})
