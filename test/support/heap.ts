import { once } from 'node:events'
import { WebSocket } from 'ws'
import { within } from './deadline.ts'
import type { ServerProcess } from './spawn-server.ts'

/** The environment of a server whose heap can be looked at. */
export const INSPECTED = { NODE_OPTIONS: '--inspect=127.0.0.1:0' } as const

const USED = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())'

/** What a server started as `INSPECTED` has in use once everything that nobody needs was collected, in bytes. */
export async function heapOf(server: ServerProcess): Promise<number> {
  const url = server.output.map((line) => /^Debugger listening on (ws:\S+)/.exec(line)?.[1])
  const at = url.find((one) => one !== undefined)
  if (at === undefined) throw new TypeError('its heap cannot be looked at')
  const socket = new WebSocket(at)
  try {
    await once(socket, 'open')
    let id = 0
    const ask = async (method: string, params = {}): Promise<{ result?: { value: unknown } }> => {
      const asked = ++id
      socket.send(JSON.stringify({ id: asked, method, params }))
      for (;;) {
        const [message] = await once(socket, 'message')
        const answer = JSON.parse(String(message))
        if (answer.id === asked) return answer.result
      }
    }
    const used = async () => {
      // What is only finalised by the first is collected by the second.
      for (let i = 0; i < 2; i++) await ask('HeapProfiler.collectGarbage')
      return Number((await ask('Runtime.evaluate', { expression: USED })).result?.value)
    }
    return await within('a look at the heap', 20_000, used())
  } finally {
    socket.terminate()
  }
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number

/**
 * By how much each sample is above the one before, in the second half of what was measured: the
 * median of the last third against that of the middle one. What warms up is in the first.
 */
export function growthOf(samples: readonly number[]): number {
  const third = Math.floor(samples.length / 3)
  const [middle, last] = [samples.slice(-2 * third, -third), samples.slice(-third)]
  return (median(last) - median(middle)) / third
}
