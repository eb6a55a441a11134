import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DEFAULT_LIMITS, DEFAULT_PACES, type Limits, type Paces } from '../../src/core/limits.ts'
import type { Conversation, Door, Wire } from '../../src/dialects/wire.ts'
import { createMetrics } from '../../src/ops/metrics.ts'
import type { TrustedProxies } from '../../src/ops/option-values.ts'
import { SYSTEM_CLOCK, SYSTEM_RANDOM } from '../../src/ops/system.ts'
import { Acceptor } from '../../src/transport/acceptor.ts'

/** A conversation that does what a test says, and keeps count. */
export class Talk implements Conversation {
  readonly wire: Wire
  heard: { data: string; binary: boolean }[] = []
  drains = 0
  ticks = 0
  isClosed = false
  onMessage: (data: Uint8Array) => Promise<void> | undefined = () => undefined

  constructor(wire: Wire) {
    this.wire = wire
  }
  message(data: Uint8Array, binary: boolean) {
    this.heard.push({ data: Buffer.from(data).toString('latin1'), binary })
    return this.onMessage(data)
  }
  drained() {
    this.drains++
  }
  tick() {
    this.ticks++
  }
  closed() {
    this.isClosed = true
  }
}

/** A real HTTP server with a real acceptor, and one door whose talk the test gives. */
export async function transportStage(
  options: {
    limits?: Partial<Limits>
    paces?: Partial<Paces>
    trustProxy?: TrustedProxies
    begin?: (talk: Talk) => Promise<void>
  } = {},
) {
  const talks: Talk[] = []
  const lines: string[] = []
  const logger = {
    error: (event: string) => void lines.push(event),
    warn: (event: string) => void lines.push(event),
    info() {},
    debug() {},
    with: () => logger,
  }
  const door: Door = {
    prefix: '/talk/',
    protocol: null,
    admit: () => async (wire) => {
      const talk = new Talk(wire)
      talks.push(talk)
      await options.begin?.(talk)
      return talk
    },
  }
  const metrics = createMetrics()
  const acceptor = new Acceptor(
    {
      clock: SYSTEM_CLOCK,
      random: SYSTEM_RANDOM,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      paces: { ...DEFAULT_PACES, ...options.paces },
      metrics,
      logger,
      trustProxy: options.trustProxy ?? null,
    },
    [door],
  )
  const server = createServer()
  acceptor.attach(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    talks,
    lines,
    metrics,
    acceptor,
    port,
    url: `ws://127.0.0.1:${port}/talk/x`,
    async close() {
      acceptor.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Waits until it holds, or fails after five seconds. */
export async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 10) {
    if (waited > 5_000) throw new Error(`did not come to hold: ${holds}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
