// Loaded before every target (`node --import`). It ends the server when the bench is gone, however
// that ended, and collects the garbage when asked: what is left then is what connections hold.

import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  process.stdin.on('end', () => process.exit()).on('error', () => process.exit())
  process.stdin.resume()
  process.on('SIGUSR2', () => {
    for (let times = 0; times < 3; times++) globalThis.gc?.()
  })
}
