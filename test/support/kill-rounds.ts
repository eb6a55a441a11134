import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { type Author, Crowd, type CrowdOptions, PATIENCE } from './crowd.ts'
import { until } from './deadline.ts'
import { residentOf } from './resident.ts'
import { Seeded } from './seeded.ts'
import { expectClean, type Stage } from './stage.ts'
import type { TcpProxy } from './tcp-proxy.ts'

export interface KillRounds extends CrowdOptions {
  readonly rounds: number
  /** Of the server. */
  readonly flags?: readonly string[]
  /** So many snapshots are committed before each kill. */
  readonly compactions?: number
}

export interface KillResult {
  readonly written: number
  readonly acked: number
  /** Snapshots committed, by all servers together. */
  readonly compactions: number
}

/** [C7] Far above what the server needs for this, far below what a leak makes of it. */
export const MOST_MEMORY = 700 * 1024 * 1024

/**
 * Kills the server at random moments under load and looks, before any client is let near it again,
 * whether all that was acknowledged is there (C1, C3, C4); at the end, whether everybody agrees (C2,
 * C5, C6), nothing grew (C7) and nothing was said that must not be (C8).
 *
 * The clients reach the server through a proxy: while it is unplugged they edit on, and a client that
 * came back first would put back what the server had lost.
 *
 * @returns how much there was of everything: a run without it would prove nothing.
 */
export async function killRounds(stage: Stage, options: KillRounds): Promise<KillResult> {
  const random = new Seeded(options.seed)
  const data = stage.folder()
  await stage.start(options.flags ?? [], { data })
  const proxy = await stage.proxy()
  const crowd = await Crowd.gather(stage, options, proxy.port)

  let compactions = 0
  for (let round = 0; round < options.rounds; round++) {
    await pause(random.int(200, 1_500))
    const committed = async () =>
      (await stage.metrics()).sum('compactions_total', { result: 'committed' })
    // Their thread has the lowest priority: on a busy machine they take their time.
    const least = options.compactions ?? 0
    await until('it is compacted', PATIENCE, async () => (await committed()) >= least)
    compactions += await committed()
    await killAndLook(stage, proxy, crowd, `round ${round}`)
    proxy.plugInto(stage.port)
    await crowd.synced()
    await crowd.acknowledged()
  }

  await crowd.settle()
  await killAndLook(stage, proxy, crowd, 'the end', crowd.authors)
  const { written, acked } = crowd.checker
  return { written, acked, compactions }
}

export async function killAndLook(
  stage: Stage,
  proxy: TcpProxy,
  crowd: Crowd,
  when: string,
  authors: readonly Author[] = [],
): Promise<void> {
  const killed = stage.server
  expect(residentOf(killed.pid), `[C7] memory at ${when}`).toBeLessThan(MOST_MEMORY)
  await killed.kill()
  proxy.plugInto(null)
  proxy.cut()
  // Acknowledgements that were on their way arrive still: they count as well.
  await pause(30)
  expectClean(killed)
  const server = await stage.start(killed.options.flags, killed.options)
  await crowd.look(`the cold start at ${when}`, authors)
  expect(server.exited).toBe(false)
}
